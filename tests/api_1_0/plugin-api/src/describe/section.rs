//! A section of the Project Settings.

use super::item::Field;

/// A section that a plugin adds to the Project Settings: `[settings.ID]`.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) lists: &'static [List],
}

impl Section {
    /// A section of named lists. `id` is the plugin's own id.
    pub const fn new(id: &'static str, title: &'static str, lists: &'static [List]) -> Self {
        Self { id, title, lists }
    }

    /// The id of the section.
    pub const fn id(&self) -> &'static str {
        self.id
    }
}

/// A list of entries in a section: `[[settings.SECTION.ID]]`. The field `name` identifies an entry.
#[derive(Clone, Copy, Debug)]
pub struct List {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) fields: &'static [Field],
}

impl List {
    /// A list whose entries have `fields`; a required String field `name` must be among them.
    pub const fn new(id: &'static str, title: &'static str, fields: &'static [Field]) -> Self {
        Self { id, title, fields }
    }
}
