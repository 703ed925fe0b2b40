//! A section of the Project Settings.

use super::item::Field;

/// A section that a plugin adds to the Project Settings: `[settings.ID]`.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) lists: &'static [List],
    pub(super) version: u32,
}

impl Section {
    /// A section of named lists. `id` is the plugin's own id.
    pub const fn new(id: &'static str, title: &'static str, lists: &'static [List]) -> Self {
        Self {
            id,
            title,
            lists,
            version: 1,
        }
    }

    /// The version of its schema, from 1, which it has without this call: `[settings.ID] version = N`. Raise it when
    /// older sections must be changed to be understood, and bring them up to date in
    /// [`Plugin::migrate`](crate::Plugin::migrate).
    pub const fn version(self, version: u32) -> Self {
        assert!(version > 0, "schema versions count from 1");
        Self { version, ..self }
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
