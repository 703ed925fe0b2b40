//! Entries of a section's lists.

use pulsewire_plugin_api::{
    manifest::{Field, List, Section},
    value::{DataType, Value},
};
use toml_edit::{Array, InlineTable, Item, Key, Table};

use super::{
    EditError, SettingsText, Splice, find,
    layout::{Layout, Step, append, rewrite},
    unsupported,
};
use crate::{
    diagnostics::{Fault, Faults, suggestion},
    literal::{self, shortened},
    settings::{
        FILE, VERSION,
        check::{self, Problem, is_secret},
    },
};

/// The list `id` of the section.
pub(super) fn find_list<'s>(section: &'s Section, id: &str) -> Result<&'s List, EditError> {
    let found = section.lists.iter().find(|list| list.id == id);
    found.ok_or_else(|| {
        let known = section.lists.iter().map(|list| list.id.as_str());
        Fault::file(
            FILE,
            format!("the section `{}` has no list `{}`", section.id, shortened(id)),
        )
        .maybe_hint(suggestion(id, known))
        .into()
    })
}

/// The names of the list's entries as the file has them; `None` for an entry without one.
pub(super) fn names(document: &Table, section: &Section, list: &List) -> Vec<Option<String>> {
    let name = |item: Option<&Item>| item.and_then(Item::as_str).map(str::to_owned);
    match find(document, &["settings", &section.id, &list.id]) {
        Some(Item::ArrayOfTables(entries)) => entries.iter().map(|entry| name(entry.get("name"))).collect(),
        Some(Item::Value(toml_edit::Value::Array(entries))) => entries
            .iter()
            .map(|entry| {
                let name = entry.as_inline_table()?.get("name")?;
                name.as_str().map(str::to_owned)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Name and splice of a new entry.
pub(super) fn add(
    text: &SettingsText,
    section: &Section,
    list: &List,
    members: &[(&str, &str)],
) -> Result<(String, Vec<Splice>), EditError> {
    let members = checked(list, members)?;
    let name = members.iter().find(|(key, _)| key == "name");
    let name = name.and_then(|(_, value)| value.as_str());
    let name = name.unwrap_or_default().to_owned();
    let document = text.document();
    if names(&document, section, list).contains(&Some(name.clone())) {
        return Err(
            Fault::file(FILE, format!("`{}` has an entry `{name}` already", list.id))
                .hint("remove it first, or take another name")
                .into(),
        );
    }
    let path = ["settings", section.id.as_str(), list.id.as_str()];
    // A section without a version would count as one of the first.
    let is_new = find(&document, &path[..2]).is_none();
    let version = (is_new && section.version > 1).then_some(i64::from(section.version));
    let layout = Layout::new(text);
    let splice = match find(&document, &path) {
        Some(Item::ArrayOfTables(_)) => {
            let at = layout.end_of(&steps(&path)).unwrap_or(layout.text.len());
            Some(layout.insert(at, &lines(&path, &members)))
        }
        Some(Item::Value(_)) => rewrite(text, &path, |value| {
            push(value.as_array_mut()?, inline(&members));
            Some(())
        }),
        Some(_) => None,
        None => match inline_ancestor(&document, &path) {
            Some(depth) => rewrite(text, &path[..depth], |value| {
                let mut entries = Array::new();
                entries.push(inline(&members));
                if let Some(version) = version {
                    insert_below(value, &[&path[depth..2], &[VERSION]].concat(), version.into())?;
                }
                insert_below(value, &path[depth..], entries.into())
            }),
            None => {
                let of_section = steps(&path[..2]);
                let at = layout.end_of(&of_section).unwrap_or(layout.text.len());
                let header = version.map(|version| {
                    let section = Key::new(path[1]).display_repr().into_owned();
                    let header = format!("[settings.{section}]");
                    [header, format!("{VERSION} = {version}"), String::new()]
                });
                let lines = header.into_iter().flatten().chain(lines(&path, &members));
                Some(layout.insert(at, &lines.collect::<Vec<_>>()))
            }
        },
    };
    let splice = splice.ok_or_else(unsupported)?;
    Ok((name, vec![splice]))
}

/// Number and splices of the entry `name`.
pub(super) fn remove(
    text: &SettingsText,
    section: &Section,
    list: &List,
    name: &str,
) -> Result<(usize, Vec<Splice>), EditError> {
    let document = text.document();
    let names = names(&document, section, list);
    let Some(at) = names.iter().position(|known| known.as_deref() == Some(name)) else {
        let message = format!("`{}` has no entry `{}`", list.id, shortened(name));
        let hint = suggestion(name, names.iter().flatten().map(String::as_str));
        return Err(Fault::file(FILE, message).maybe_hint(hint).into());
    };
    let path = ["settings", section.id.as_str(), list.id.as_str()];
    if let Some(Item::ArrayOfTables(_)) = find(&document, &path) {
        let mut entry = steps(&path);
        entry.push(Step::Entry(at));
        return Ok((at, Layout::new(text).remove(&entry)));
    }
    let splice = rewrite(text, &path, |value| {
        value.as_array_mut()?.remove(at);
        Some(())
    });
    Ok((at, vec![splice.ok_or_else(unsupported)?]))
}

/// The members as values, in the order of the fields, if the list allows the entry.
fn checked(list: &List, members: &[(&str, &str)]) -> Result<Vec<(String, toml_edit::Value)>, EditError> {
    let mut problems = Vec::new();
    for (number, (key, _)) in members.iter().enumerate() {
        if !list.fields.iter().any(|field| field.id == *key) {
            problems.push(check::unknown(list, key));
        } else if members[..number].iter().any(|(earlier, _)| earlier == key) {
            problems.push(Problem::new(format!("`{key}` is given twice")));
        }
    }
    problems.extend(check::missing(list, |field| {
        members.iter().any(|(key, _)| *key == field)
    }));
    let mut values = Vec::with_capacity(members.len());
    for field in &list.fields {
        let Some((_, text)) = members.iter().find(|(key, _)| *key == field.id) else {
            continue;
        };
        match read(field, text).and_then(|value| check::check(field, &value).map(|_| value)) {
            Ok(value) => values.push((field.id.clone(), literal(&value))),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        return Ok(values);
    }
    let mut faults = Faults::default();
    faults.extend(
        problems
            .into_iter()
            .map(|problem| Fault::file(FILE, problem.message).maybe_hint(problem.hint)),
    );
    Err(EditError::Faults(faults))
}

/// What a text on the command line means for a field: texts as they are, everything else as in the file.
fn read(field: &Field, text: &str) -> Result<Value, Problem> {
    let as_text = || Ok(Value::from(text));
    if matches!(
        field.data_type,
        DataType::String | DataType::Color | DataType::Binary
    ) {
        return as_text();
    }
    let parsed = toml::de::DeValue::parse(text.trim());
    match (
        parsed.ok().and_then(|item| literal::value(&item).ok()),
        field.data_type,
    ) {
        (Some(value), _) => Ok(value),
        (None, DataType::Array | DataType::Dictionary) => {
            let shown = match is_secret(field) {
                true => String::new(),
                false => format!(", found `{}`", shortened(text)),
            };
            let problem = Problem::new(format!("{}: expected {}{shown}", field.id, field.data_type));
            Err(problem.hint("write it as in the file: `[1, 2]`, `{ key = \"value\" }`".to_owned()))
        }
        (None, _) => as_text(),
    }
}

pub(super) fn literal(value: &Value) -> toml_edit::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Array(elements) => elements.iter().map(literal).collect::<Array>().into(),
        Value::Dictionary(pairs) => pairs
            .iter()
            .map(|(key, value)| (key.to_string(), literal(value)))
            .collect::<InlineTable>()
            .into(),
        // Nothing else comes from a text.
        other => other.to_string().into(),
    }
}

fn steps(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::Key((*key).to_owned())).collect()
}

fn lines(path: &[&str], members: &[(String, toml_edit::Value)]) -> Vec<String> {
    let keys: Vec<String> = path.iter().map(|key| Key::new(*key).to_string()).collect();
    let header = format!("[[{}]]", keys.join("."));
    let members = members
        .iter()
        .map(|(key, value)| format!("{} = {value}", Key::new(key)));
    std::iter::once(header).chain(members).collect()
}

fn inline(members: &[(String, toml_edit::Value)]) -> toml_edit::Value {
    members.iter().cloned().collect::<InlineTable>().into()
}

/// Adds an element in the manner of those before it: on a line of its own if they stand so.
fn push(entries: &mut Array, entry: toml_edit::Value) {
    let last = entries.iter().last().and_then(|last| last.decor().prefix());
    let prefix = last.and_then(|prefix| prefix.as_str()).unwrap_or_default();
    match prefix.rfind('\n') {
        // Comments above the last element stay its own.
        Some(at) => {
            let indent = prefix[at + 1..].to_owned();
            entries.push_formatted(entry.decorated(format!("\n{indent}"), ""));
        }
        None => entries.push(entry),
    }
}

/// How many keys of the path lead to an inline table, if any does.
fn inline_ancestor(document: &Table, path: &[&str]) -> Option<usize> {
    (1..path.len()).find(|depth| find(document, &path[..*depth]).is_some_and(Item::is_value))
}

fn insert_below(table: &mut toml_edit::Value, path: &[&str], value: toml_edit::Value) -> Option<()> {
    let (first, rest) = path.split_first()?;
    let table = table.as_inline_table_mut()?;
    if rest.is_empty() {
        append(table, first, value);
        return Some(());
    }
    if !table.contains_key(first) {
        append(table, first, InlineTable::new().into());
    }
    insert_below(table.get_mut(first)?, rest, value)
}
