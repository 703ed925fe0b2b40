//! Edits `settings.toml` for the command line: the plugins config, and entries of a section's lists.
//!
//! An edit is a splice: the parser says where things stand, and only those bytes change. Printing the parsed document
//! back would be simpler, but it normalises line ends, drops a byte order mark and reorders dotted keys, and the file
//! is somebody's work. Where a table or list is written inline, that one value is printed anew.
//!
//! What was asked is checked first; then the new text is read back, and written only if it says what was meant. Nothing
//! else in the file needs to be sound: a plugin can be disabled because its section is at fault.

mod entry;
mod layout;
mod plugin;
mod save;

use std::{
    io,
    path::{Path, PathBuf},
};

use pulsewire_plugin_api::manifest::Section;
use toml_edit::{Document, Item, Table};

use super::FILE;
use crate::{
    diagnostics::{Fault, Faults, Source, Span},
    literal::reader::{self, Reader},
};

/// Why an edit was not made; the file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file can't be edited as it is, or what was asked for is at fault.
    #[error("{}", messages(.0))]
    Faults(Faults),
    /// The file can't be read or written.
    #[error("can't {action} `{path}`")]
    Io {
        /// What failed.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What is wrong, without hints; who prints an error should take the faults.
fn messages(faults: &Faults) -> String {
    let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    messages.join("; ")
}

impl From<Fault> for EditError {
    fn from(fault: Fault) -> Self {
        Self::Faults(fault.into())
    }
}

/// Enables or disables a plugin in the plugins config; `true` if the file had to be changed.
///
/// # Errors
/// See [`EditError`].
pub fn set_plugin_enabled(folder: &Path, id: &str, enabled: bool) -> Result<bool, EditError> {
    let text = SettingsText::read(folder)?;
    let Some(splice) = plugin::splice(&text, id, enabled)? else {
        return Ok(false);
    };
    text.save(folder, splice, |new| plugin::is_enabled(new, id) == enabled)?;
    Ok(true)
}

/// Adds an entry to a list of a section: keys with their values as the command line has them, such as
/// `("port", "3000")`. Each text is read as its field's type and must be what the field allows.
///
/// # Errors
/// See [`EditError`]; all faults of the entry at once.
pub fn add_entry(
    folder: &Path,
    section: &Section,
    list: &str,
    members: &[(&str, &str)],
) -> Result<(), EditError> {
    let text = SettingsText::read(folder)?;
    let list = entry::find_list(section, list)?;
    let before = entry::names(&text.document(), section, list);
    let (name, splice) = entry::add(&text, section, list, members)?;
    text.save(folder, splice, |new| {
        let mut after = entry::names(new, section, list);
        after
            .pop()
            .is_some_and(|last| last.as_deref() == Some(name.as_str()))
            && after == before
    })
}

/// Removes the entry `name` from a list of a section.
///
/// # Errors
/// See [`EditError`].
pub fn remove_entry(folder: &Path, section: &Section, list: &str, name: &str) -> Result<(), EditError> {
    let text = SettingsText::read(folder)?;
    let list = entry::find_list(section, list)?;
    let mut expected = entry::names(&text.document(), section, list);
    let (at, splices) = entry::remove(&text, section, list, name)?;
    expected.remove(at);
    text.save(folder, splices, |new| {
        entry::names(new, section, list) == expected
    })
}

/// Replaces a stretch of the text; several of them in the order of the text, apart from each other.
type Splice = (Span, String);

/// The file as it was read; it is TOML and of this release's format.
struct SettingsText {
    source: Source,
}

impl SettingsText {
    fn read(folder: &Path) -> Result<Self, EditError> {
        let source = match reader::read_file(folder, Path::new(FILE)) {
            Ok(Some(source)) => source,
            Ok(None) => {
                return Err(Fault::file(FILE, "not found")
                    .hint("`--project DIR` names another folder")
                    .into());
            }
            Err(fault) => return Err((*fault).into()),
        };
        let mut faults = Faults::default();
        let file = reader::parse(&source, &mut faults);
        if !file.is_some_and(|file| Reader::new(&source, None, &mut faults).format(&file)) {
            return Err(EditError::Faults(faults));
        }
        Ok(Self { source })
    }

    fn str(&self) -> &str {
        &self.source.text
    }

    /// The file's tables, with their places.
    fn document(&self) -> Table {
        parse(self.str()).unwrap_or_default()
    }

    /// An error about what stands at `span`.
    fn fault(&self, span: Option<Span>, message: String) -> Fault {
        match span {
            Some(span) => Fault::error(&self.source, &span, message),
            None => Fault::file(FILE, message),
        }
    }

    /// Writes the text with `splices` made, if that `is_meant`.
    fn save(
        &self,
        folder: &Path,
        splices: Vec<Splice>,
        is_meant: impl FnOnce(&Table) -> bool,
    ) -> Result<(), EditError> {
        let mut new = String::with_capacity(self.str().len() + 256);
        let mut at = 0;
        for (span, text) in splices {
            new.push_str(&self.str()[at..span.start]);
            new.push_str(&text);
            at = span.end;
        }
        new.push_str(&self.str()[at..]);
        if !parse(&new).is_some_and(|document| is_meant(&document)) {
            return Err(unsupported().into());
        }
        save::save(&folder.join(FILE), &new)
    }
}

fn parse(text: &str) -> Option<Table> {
    Some(Document::parse(text).ok()?.into_table())
}

fn unsupported() -> Fault {
    Fault::file(FILE, "is written in a way that can't be edited for you").hint("edit it by hand")
}

/// What stands under keys that follow each other, whether they are headers, dotted or inline.
fn find<'d>(document: &'d Table, path: &[&str]) -> Option<&'d Item> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(document.get(first)?, |item, key| item.as_table_like()?.get(key))
}
