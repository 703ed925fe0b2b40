//! Edits `settings.toml` for the command line: the plugins config, and entries of a section's lists.
//!
//! An edit is a splice: the parser says where things stand, and only those bytes change. Printing the parsed document
//! back would be simpler, but it normalises line ends, drops a byte order mark and reorders dotted keys, and the file
//! is somebody's work. Where a table or list is written inline, that one value is printed anew.
//!
//! What was asked is checked first; then the new text is read back, and written only if it says what was meant. Nothing
//! else in the file needs to be sound: a plugin can be disabled because its section is at fault.
//!
//! Two edits at once both count: they lock the project's folder, one after the other. Whoever does not ask for the lock,
//! such as an editor, is noticed by what the file holds right before it is replaced; then the edit starts over.

mod entry;
mod layout;
mod migrate;
mod plugin;
mod save;

use std::{
    io,
    path::{Path, PathBuf},
};

use pulsewire_plugin_api::{manifest::Section, value::Dictionary};
use toml_edit::{Document, Item, Table};

use super::{FILE, RawSettings, Schema};
use crate::{
    diagnostics::{Fault, Faults, Severity, Source, Span},
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
    edit(folder, |text| {
        let Some(splice) = plugin::splice(text, id, enabled)? else {
            return Ok(None);
        };
        let is_meant = |new: &Table| plugin::is_enabled(new, id) == enabled;
        text.with(splice, is_meant).map(Some)
    })
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
    edit(folder, |text| {
        let list = entry::find_list(section, list)?;
        check_schema(text, section)?;
        let before = entry::names(&text.document(), section, list);
        let (name, splice) = entry::add(text, section, list, members)?;
        let is_meant = |new: &Table| {
            let mut after = entry::names(new, section, list);
            after
                .pop()
                .is_some_and(|last| last.as_deref() == Some(name.as_str()))
                && after == before
        };
        text.with(splice, is_meant).map(Some)
    })
    .map(drop)
}

/// Removes the entry `name` from a list of a section.
///
/// # Errors
/// See [`EditError`].
pub fn remove_entry(folder: &Path, section: &Section, list: &str, name: &str) -> Result<(), EditError> {
    edit(folder, |text| {
        let list = entry::find_list(section, list)?;
        check_schema(text, section)?;
        let mut expected = entry::names(&text.document(), section, list);
        let (at, splices) = entry::remove(text, section, list, name)?;
        expected.remove(at);
        let is_meant = |new: &Table| entry::names(new, section, list) == expected;
        text.with(splices, is_meant).map(Some)
    })
    .map(drop)
}

/// Brings a section of a lower schema version up to date: `change` gets that version and what stands in the section, and
/// gives what is to stand there. Says whether the file had to be changed.
///
/// # Errors
/// See [`EditError`]; also when `change` fails, or what it gives is not what `section` allows.
pub fn migrate_section(
    folder: &Path,
    section: &Section,
    mut change: impl FnMut(u32, Dictionary) -> Result<Dictionary, String>,
) -> Result<bool, EditError> {
    edit(folder, |text| {
        let migrated = migrate::text(text, section, &mut change)?;
        Ok(migrated.map(|settings| settings.text().to_owned()))
    })
}

/// What [`migrate_section`] would make of the file; it is not written. `None` if it would stay as it is.
///
/// # Errors
/// As of [`migrate_section`].
pub fn preview_migration(
    settings: &RawSettings,
    section: &Section,
    mut change: impl FnMut(u32, Dictionary) -> Result<Dictionary, String>,
) -> Result<Option<RawSettings>, EditError> {
    let source = settings.source().clone();
    migrate::text(&SettingsText { source }, section, &mut change)
}

/// Refuses to edit a section that is written for another version of its plugin.
fn check_schema(text: &SettingsText, section: &Section) -> Result<(), EditError> {
    let id = &section.id;
    let Some(settings) = RawSettings::parse(text.source.clone(), &mut Faults::default()) else {
        return Err(unsupported().into());
    };
    let (written, hint) = match settings.schema(section) {
        Schema::Current => return Ok(()),
        Schema::Older(written) => (written, "`pulsewire run` brings it up to date"),
        Schema::Newer(written) => (written, "install the newer plugin, or edit the file by hand"),
    };
    let known = section.version;
    let message = format!("the section `{id}` has schema version {written}, the plugin has {known}");
    let fault = settings.schema_warning(id, message).hint(hint);
    Err(Fault {
        severity: Severity::Error,
        ..fault
    }
    .into())
}

/// How often an edit starts over because somebody else wrote the file meanwhile.
const TRIES: u32 = 10;

/// Replaces the file by what `change` makes of it; `false` if that is nothing, and the file stays.
fn edit(
    folder: &Path,
    mut change: impl FnMut(&SettingsText) -> Result<Option<String>, EditError>,
) -> Result<bool, EditError> {
    let _lock = save::lock(folder);
    for _ in 0..TRIES {
        let text = SettingsText::read(folder)?;
        let Some(new) = change(&text)? else {
            return Ok(false);
        };
        if save::replace(&folder.join(FILE), text.str(), &new)? {
            return Ok(true);
        }
    }
    let fault = Fault::file(
        FILE,
        "was changed by somebody else each time it was about to be written",
    );
    Err(fault.hint("end what writes it, then try again").into())
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

    /// The text with `splices` made, if that `is_meant`.
    fn with(&self, splices: Vec<Splice>, is_meant: impl FnOnce(&Table) -> bool) -> Result<String, EditError> {
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
        Ok(new)
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "format = 1\n").unwrap();
        folder
    }

    fn appended(text: &SettingsText) -> Result<Option<String>, EditError> {
        Ok(Some(format!("{}# ours\n", text.str())))
    }

    #[test]
    fn edit_starts_over_when_somebody_else_wrote_meanwhile() {
        let folder = project();
        let file = folder.path().join(FILE);
        let mut runs = 0;
        let changed = edit(folder.path(), |text| {
            runs += 1;
            if runs == 1 {
                fs::write(&file, "format = 1\n# theirs\n").unwrap();
            }
            appended(text)
        });
        assert!(changed.unwrap());
        assert_eq!(runs, 2);
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "format = 1\n# theirs\n# ours\n"
        );
    }

    #[test]
    fn edit_gives_up_when_somebody_else_never_rests() {
        let folder = project();
        let file = folder.path().join(FILE);
        let mut runs = 0;
        let refused = edit(folder.path(), |text| {
            runs += 1;
            fs::write(&file, format!("format = 1\n# {runs}\n")).unwrap();
            appended(text)
        });
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("was changed by somebody else"), "{message}");
        assert_eq!(runs, TRIES);
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            format!("format = 1\n# {TRIES}\n")
        );
        assert_eq!(
            folder.path().read_dir().unwrap().count(),
            1,
            "nothing is left behind"
        );
    }
}
