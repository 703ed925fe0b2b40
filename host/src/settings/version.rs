//! The schema versions of a section: the one in the file, `[settings.ID] version = N`, and the one that its plugin knows.
//!
//! Bringing an older section up to date is an edit, see [`edit::migrate_section`](super::edit::migrate_section).

use pulsewire_plugin_api::{
    manifest::Section,
    value::{Dictionary, Value},
};

use super::{
    RawSettings,
    item::{Item, Members},
};
use crate::{
    diagnostics::{Fault, Span},
    logic::Spanned,
};

/// The key of a section's schema version; no list may have this id.
pub(crate) const VERSION: &str = "version";

/// How the section in a file stands to what its plugin knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// It has the plugin's version, or is not in the file.
    Current,
    /// It has this lower version and must be brought up to date before it is used.
    Older(u32),
    /// It has this higher version: the plugin was replaced by an older one, which gets what it knows.
    Newer(u32),
}

impl RawSettings {
    /// How the section stands to `section`. One without a version has version 1; a version at fault counts as the right one,
    /// because the fault is told when the section is validated.
    pub fn schema(&self, section: &Section) -> Schema {
        let written = match self.version_in(&section.id) {
            None => return Schema::Current,
            Some((_, Err(()))) => section.version,
            Some((_, Ok(version))) => version,
        };
        match written.cmp(&section.version) {
            std::cmp::Ordering::Less => Schema::Older(written),
            std::cmp::Ordering::Equal => Schema::Current,
            std::cmp::Ordering::Greater => Schema::Newer(written),
        }
    }

    /// A warning about the section's version, at its place.
    pub(crate) fn schema_warning(&self, section: &str, message: String) -> Fault {
        let at = self.version_in(section).map_or(0..0, |(span, _)| span);
        Fault::warning(&self.source, &at, message)
    }

    /// The section as it stands in the file, without its version.
    ///
    /// # Errors
    /// It is no table, or something in it is no value.
    pub(super) fn dictionary(&self, section: &str) -> Result<Dictionary, Box<Fault>> {
        let written = self.sections.iter().find(|(id, _)| id.value == section);
        let Some((id, item)) = written else {
            return Ok(Dictionary::default());
        };
        match item.value.to_value() {
            Ok(Value::Dictionary(mut members)) => {
                members.remove(VERSION);
                Ok(members)
            }
            Ok(_) => {
                let message = format!("`settings.{section}` is no table");
                Err(Box::new(Fault::error(&self.source, &id.span, message)))
            }
            Err(refused) => Err(Box::new(Fault::error(
                &self.source,
                &refused.span,
                refused.message,
            ))),
        }
    }

    /// Where the section's version stands, or else the section, and the version; nothing if the file has no such section.
    fn version_in(&self, section: &str) -> Option<(Span, Result<u32, ()>)> {
        let (id, item) = self.sections.iter().find(|(id, _)| id.value == section)?;
        let Item::Table(members) = &item.value else {
            return Some((id.span.clone(), Err(())));
        };
        Some(match in_members(members) {
            Some(written) => (written.span.clone(), read(written).ok_or(())),
            None => (id.span.clone(), Ok(1)),
        })
    }
}

fn in_members(members: &Members) -> Option<&Spanned<Item>> {
    let (_, item) = members.iter().find(|(key, _)| key.value == VERSION)?;
    Some(item)
}

/// The version that is written, if it is one.
pub(super) fn read(item: &Spanned<Item>) -> Option<u32> {
    match &item.value {
        Item::Plain(Ok(Value::Int(version))) => u32::try_from(*version).ok().filter(|version| *version > 0),
        _ => None,
    }
}
