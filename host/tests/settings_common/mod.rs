//! A project's folder to edit, and the section that its plugin declares.

use std::{fs, path::Path};

use pulsewire_host::settings::edit::{EditError, add_entry, remove_entry, set_plugin_enabled};
use pulsewire_plugin_api::manifest::Section;

const SECTION: &str = r#"{
    "id": "socketio", "title": "Socket.IO", "lists": [{ "id": "connections", "title": "Connections", "fields": [
        { "id": "name", "type": "String", "required": true },
        { "id": "url", "type": "String", "format": "url", "required": true },
        { "id": "port", "type": "Int", "default": 80, "min": 1, "max": 65535 },
        { "id": "reconnect", "type": "Bool" },
        { "id": "factor", "type": "Float" },
        { "id": "transports", "type": "Array", "options": ["polling", "websocket"] },
        { "id": "headers", "type": "Dictionary" },
        { "id": "tint", "type": "Color" },
        { "id": "password", "type": "String", "format": "secret" }
    ] }]
}"#;

pub(crate) fn section() -> Section {
    serde_json::from_str(SECTION).unwrap()
}

/// A project's folder that holds nothing but its settings.
pub(crate) struct Project(tempfile::TempDir);

impl Project {
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings.toml"), text).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.path().join("settings.toml")).unwrap()
    }

    pub(crate) fn enable(&self, id: &str, enabled: bool) -> bool {
        set_plugin_enabled(self.path(), id, enabled).unwrap()
    }

    pub(crate) fn add(&self, members: &[(&str, &str)]) -> Result<(), EditError> {
        add_entry(self.path(), &section(), "connections", members)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), EditError> {
        remove_entry(self.path(), &section(), "connections", name)
    }
}
