//! What `pulsewire settings list` shows: fields and entries, no secrets, and no credentials in URLs.

use std::fmt;

use pulsewire_plugin_api::{manifest::Field, value::Value};
use serde_json::{Map, Value as Json, json};

use super::{
    check::{self, is_secret},
    section::{Entry, ListSettings, SectionSettings},
    url,
};

/// What stands for a secret; of one length, so that it does not give away the secret's.
pub(super) const MASK: &str = "********";

impl SectionSettings {
    /// `{id, title, lists: [{id, title, fields, entries}]}`, secrets masked.
    pub fn listing(&self) -> Json {
        json!({
            "id": self.id,
            "title": self.title,
            "lists": self.lists.iter().map(ListSettings::listing).collect::<Vec<_>>(),
        })
    }
}

impl ListSettings {
    fn listing(&self) -> Json {
        json!({
            "id": self.list.id,
            "title": self.list.title,
            "fields": self.list.fields.iter().map(field).collect::<Vec<_>>(),
            "entries": self.entries.iter().map(|entry| self.entry(entry)).collect::<Vec<_>>(),
        })
    }

    fn entry(&self, entry: &Entry) -> Json {
        let mut members = Map::new();
        for (field, value) in self.list.fields.iter().zip(&entry.values) {
            let shown = match &value.value {
                set if is_secret(field) && *set != check::default(field) => Json::from(MASK),
                Value::String(url) if field.format == "url" => Json::from(url::masked(url)),
                plain => json_of(plain),
            };
            members.insert(field.id.clone(), shown);
        }
        Json::Object(members)
    }
}

/// The value as JSON, in the manner of plugin-api.
fn json_of(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// Beside what every socket and attribute has: `required`, `unit`, `min`, `max` and `secret`.
fn field(field: &Field) -> Json {
    json!({
        "id": field.id,
        "name": field.name,
        "type": field.data_type.name(),
        "default": json_of(&check::default(field)),
        "options": field.options,
        "help": field.help,
        // The name identifies the entry, whatever the descriptor says.
        "required": field.required || field.id == "name",
        "unit": field.unit,
        "min": field.min,
        "max": field.max,
        "secret": is_secret(field),
    })
}

/// As in listings, because this may end in a log.
impl fmt::Debug for SectionSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SectionSettings({})", self.listing())
    }
}

/// See [`SectionSettings`].
impl fmt::Debug for ListSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListSettings({})", self.listing())
    }
}

/// Only the name: alone, an entry does not know which of its fields are secret.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({:?})", self.name)
    }
}
