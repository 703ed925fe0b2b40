//! A section of a lower schema version, replaced by what its plugin makes of it.
//!
//! What did not change keeps its form and its comments. A key or list that alone came in place of another of its kind counts
//! as renamed. Comments of keys and entries that went away go with them.

use pulsewire_plugin_api::{
    manifest::Section,
    value::{Dictionary, Value},
};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

use super::{EditError, SettingsText, entry::literal, unsupported};
use crate::{
    diagnostics::{Fault, Faults, SourceFile},
    settings::{FILE, RawSettings, Schema, validate_section, version::VERSION},
};

/// The new text of the file, read; nothing if the section is not older than `section`.
pub(super) fn text(
    text: &SettingsText,
    section: &Section,
    change: &mut dyn FnMut(u32, Dictionary) -> Result<Dictionary, String>,
) -> Result<Option<RawSettings>, EditError> {
    let raw = read(text.source.clone())?;
    let Schema::Older(from) = raw.schema(section) else {
        return Ok(None);
    };
    let old = raw.dictionary(&section.id).map_err(|fault| *fault)?;
    let mut new = change(from, old).map_err(|reason| Fault::file(FILE, reason))?;
    new.remove(VERSION);
    let new = plain(&new);
    let printed = rewritten(text.str(), section, &new).ok_or_else(unsupported)?;
    let migrated = read(SourceFile::new(FILE, printed).into())?;
    let mut faults = Faults::default();
    validate_section(&migrated, section, &mut faults);
    if faults.has_errors() {
        // The lines of a file that nobody sees would mislead.
        let errors = faults.into_sorted().into_iter();
        let first = errors.map(|fault| fault.message).next().unwrap_or_default();
        let message = format!("what the plugin made of it is not valid: {first}");
        return Err(Fault::file(FILE, message).into());
    }
    let read_again = migrated.dictionary(&section.id).map_err(|fault| *fault)?;
    match read_again == new && migrated.schema(section) == Schema::Current {
        true => Ok(Some(migrated)),
        false => Err(unsupported().into()),
    }
}

fn read(source: crate::diagnostics::Source) -> Result<RawSettings, EditError> {
    let mut faults = Faults::default();
    match RawSettings::parse(source, &mut faults) {
        Some(raw) if !faults.has_errors() => Ok(raw),
        _ => Err(EditError::Faults(faults)),
    }
}

/// The values as a file can have them; empty ones are left out.
fn plain(values: &Dictionary) -> Dictionary {
    let kept = values.iter().filter(|(_, value)| !matches!(value, Value::Empty));
    kept.map(|(key, value)| (key.clone(), plain_value(value)))
        .collect()
}

fn plain_value(value: &Value) -> Value {
    let numbers =
        |numbers: &[f64]| Value::Array(numbers.iter().map(|number| Value::Float(*number)).collect());
    match value {
        Value::Byte(number) => Value::Int(i64::from(*number)),
        Value::CustomId(number) => i64::try_from(*number).map_or(Value::Empty, Value::Int),
        Value::Array(elements) => Value::Array(elements.iter().map(plain_value).collect()),
        Value::Dictionary(members) => Value::Dictionary(plain(members)),
        Value::Vector2(vector) => numbers(vector),
        Value::Vector3(vector) => numbers(vector),
        Value::Vector4(vector) => numbers(vector),
        Value::Matrix4x4(matrix) => numbers(matrix.components()),
        Value::Binary(bytes) => {
            let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            Value::from(hexadecimal)
        }
        Value::Color(color) => Value::from(format!("#{color}")),
        other => other.clone(),
    }
}

/// The text with the section's content replaced, and nothing else; `None` if it can't be written so.
fn rewritten(text: &str, section: &Section, new: &Dictionary) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let form = Form::of(text, &document.to_string())?;
    let settings = document.get_mut("settings")?.as_table_like_mut()?;
    let item = settings.get_mut(&section.id)?;
    let table = item.as_table_like_mut()?;
    let (version, mut new) = (i64::from(section.version), new.clone());
    let has_version = table.contains_key(VERSION);
    if has_version {
        new.insert(VERSION, Value::Int(version));
    }
    update(table, &new, true);
    if !has_version {
        table.insert(VERSION, toml_edit::value(version));
    }
    if let Item::Table(table) = item
        && table.is_implicit()
        && !table.is_dotted()
    {
        // Its header comes to stand before those of its lists.
        table.set_implicit(false);
        table.set_position(first_position(table));
        table.decor_mut().set_prefix("\n");
    }
    Some(form.restore(&document.to_string()))
}

/// What printing a document loses of a text.
struct Form {
    mark: &'static str,
    has_returns: bool,
}

impl Form {
    /// `None` if it loses more than can be restored.
    fn of(text: &str, printed: &str) -> Option<Self> {
        let is_marked = text.starts_with('\u{feff}') && !printed.starts_with('\u{feff}');
        let mark = if is_marked { "\u{feff}" } else { "" };
        [false, true]
            .map(|has_returns| Self { mark, has_returns })
            .into_iter()
            .find(|form| form.restore(printed) == text)
    }

    fn restore(&self, printed: &str) -> String {
        match self.has_returns {
            // Texts of several lines keep theirs.
            true => {
                let lines = printed.replace("\r\n", "\n");
                format!("{}{}", self.mark, lines.replace('\n', "\r\n"))
            }
            false => format!("{}{printed}", self.mark),
        }
    }
}

/// Where the first table below `table` stands.
fn first_position(table: &Table) -> Option<isize> {
    let below = table.iter().flat_map(|(_, item)| match item {
        Item::Table(table) => vec![table.position().or_else(|| first_position(table))],
        Item::ArrayOfTables(entries) => entries.iter().map(Table::position).collect(),
        _ => Vec::new(),
    });
    below.flatten().min()
}

/// Makes the table say `new`; directly in a section, lists of tables have headers of their own.
fn update(table: &mut dyn TableLike, new: &Dictionary, is_section: bool) {
    let gone: Vec<String> = table
        .iter()
        .filter(|(key, _)| new.get(key).is_none())
        .map(|(key, _)| key.to_owned())
        .collect();
    let added: Vec<&str> = new
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| !table.contains_key(key))
        .collect();
    if let ([gone], [added]) = (&*gone, &*added) {
        rename(table, gone, added, new);
    }
    for key in &gone {
        table.remove(key);
    }
    for (key, value) in new.iter() {
        match table.get_mut(key) {
            Some(item) => apply(item, value),
            None => drop(table.insert(key, item(value, is_section))),
        }
    }
}

/// One key came in place of another: what stands there, and its comments, stay, if they are of a kind.
fn rename(table: &mut dyn TableLike, gone: &str, added: &str, new: &Dictionary) {
    let is_list = matches!(new.get(added), Some(Value::Array(elements)) if are_entries(elements));
    let was_list = table.get(gone).is_some_and(|item| match item {
        Item::ArrayOfTables(_) => true,
        Item::Value(toml_edit::Value::Array(elements)) => {
            !elements.is_empty() && elements.iter().all(toml_edit::Value::is_inline_table)
        }
        _ => false,
    });
    let decor = table.key(gone).map(|key| key.leaf_decor().clone());
    if is_list == was_list
        && let Some(item) = table.remove(gone)
    {
        table.insert(added, item);
        if let (Some(mut key), Some(decor)) = (table.key_mut(added), decor) {
            *key.leaf_decor_mut() = decor;
        }
    }
}

fn apply(item: &mut Item, new: &Value) {
    match (item, new) {
        (Item::Value(value), _) => apply_value(value, new),
        (Item::ArrayOfTables(entries), Value::Array(elements)) if are_entries(elements) => {
            update_entries(entries, elements);
        }
        (Item::Table(table), Value::Dictionary(members)) => update(table, members, false),
        (item, _) => *item = self::item(new, false),
    }
}

fn apply_value(value: &mut toml_edit::Value, new: &Value) {
    if holds(value, new) {
        return;
    }
    match (&mut *value, new) {
        (toml_edit::Value::InlineTable(table), Value::Dictionary(members)) => update(table, members, false),
        (toml_edit::Value::Array(old), Value::Array(elements)) if old.len() == elements.len() => {
            old.iter_mut()
                .zip(elements.iter())
                .for_each(|(old, new)| apply_value(old, new));
        }
        _ => {
            let decor = value.decor().clone();
            *value = literal(new);
            *value.decor_mut() = decor;
        }
    }
}

/// Whether the file says this already, in whatever way it is written.
fn holds(value: &toml_edit::Value, new: &Value) -> bool {
    match new {
        Value::Bool(flag) => value.as_bool() == Some(*flag),
        Value::Int(number) => value.as_integer() == Some(*number),
        Value::Float(number) => value.as_float() == Some(*number),
        Value::String(text) => value.as_str() == Some(text.as_str()),
        _ => false,
    }
}

/// Entries are known by their names; one whose name is new takes the place of one whose name is gone.
fn update_entries(entries: &mut ArrayOfTables, elements: &[Value]) {
    let mut old: Vec<Option<Table>> = std::mem::take(entries).into_iter().map(Some).collect();
    let mut positions: Vec<isize> = old.iter().flatten().filter_map(Table::position).collect();
    positions.sort_unstable();
    let name_of = |table: &Option<Table>| Some(table.as_ref()?.get("name")?.as_str()?.to_owned());
    let names: Vec<Option<String>> = elements.iter().map(name).collect();
    let mut positions = positions.into_iter();
    for (at, (element, name)) in elements.iter().zip(&names).enumerate() {
        let same = old
            .iter()
            .position(|table| name.is_some() && name_of(table) == *name);
        let replaced = || (at < old.len() && !names.contains(&name_of(&old[at]))).then_some(at);
        let found = same.or_else(replaced).and_then(|at| old[at].take());
        let mut table = found.unwrap_or_default();
        if table.position().is_some() {
            table.set_position(positions.next());
        }
        if let Value::Dictionary(members) = element {
            update(&mut table, members, false);
        }
        entries.push(table);
    }
}

fn name(entry: &Value) -> Option<String> {
    match entry {
        Value::Dictionary(members) => members.get("name").map(Value::to_string),
        _ => None,
    }
}

/// Whether these are the entries of a list.
fn are_entries(elements: &[Value]) -> bool {
    !elements.is_empty()
        && elements
            .iter()
            .all(|element| matches!(element, Value::Dictionary(_)))
}

fn item(value: &Value, is_list: bool) -> Item {
    match value {
        Value::Array(elements) if is_list && are_entries(elements) => {
            let mut entries = ArrayOfTables::new();
            update_entries(&mut entries, elements);
            Item::ArrayOfTables(entries)
        }
        other => Item::Value(literal(other)),
    }
}
