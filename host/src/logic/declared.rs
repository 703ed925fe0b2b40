//! What a graph declares: variables, custom events with their parameters, and what a function takes and gives.

use pulsewire_plugin_api::value::{DataType, Value};
use toml::{
    Spanned as TomlSpanned,
    de::{DeTable, DeValue},
};

use super::{
    CustomEvent, Parameter, Spanned, Unsound, Variable,
    keys::{EVENT, OUTPUT, PARAMETER, VARIABLE},
    parse::{Unique, id, spanned},
};
use crate::{
    compile::EVENT_ID,
    diagnostics::{Span, suggestion},
    literal::{self, reader::Reader},
};

/// What a list of parameters is.
struct Parameters {
    /// Where it stands, for messages.
    list: &'static str,
    /// One of it, with its article.
    one: &'static str,
    keys: &'static [&'static str],
    /// The attribute of the nodes whose sockets the parameters become.
    attribute: &'static str,
}

const OF_EVENT: Parameters = Parameters {
    list: "event.parameters",
    one: "a parameter",
    keys: PARAMETER,
    attribute: "event",
};
const INPUTS: Parameters = Parameters {
    list: "input",
    one: "an input",
    keys: PARAMETER,
    attribute: "function",
};
const OUTPUTS: Parameters = Parameters {
    list: "output",
    one: "an output",
    keys: OUTPUT,
    attribute: "function",
};

/// The sound variables; the names of the others go to `unsound`.
pub(super) fn variables(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
    unsound: &mut Unsound,
) -> Vec<Variable> {
    let tables = reader.tables(item, "variable");
    let mut unique = Unique::new("variable", tables.len());
    let mut variables = Vec::with_capacity(tables.len());
    for (table, span) in tables {
        let before = reader.faults_so_far();
        let mut persistent = false;
        for (key, item) in table {
            match key.get_ref().as_ref() {
                "persistent" => persistent = reader.boolean(item).unwrap_or(persistent),
                known if VARIABLE.contains(&known) => {}
                _ => reader.unknown(key, VARIABLE),
            }
        }
        reader.require(table, &span, "a variable", &["name", "type"]);
        let name = table.get("name").and_then(|item| name(reader, &mut unique, item));
        let typed = typed(reader, table, "value");
        let Some(name) = name else {
            unsound.lists.insert("variable".to_owned());
            continue;
        };
        match typed {
            Some((data_type, value)) if reader.faults_so_far() == before => variables.push(Variable {
                name,
                data_type,
                value,
                persistent,
            }),
            _ => drop(unsound.variables.insert(name.value)),
        }
    }
    variables
}

/// The sound events; the names of the others go to `unsound`.
pub(super) fn events(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
    unsound: &mut Unsound,
) -> Vec<CustomEvent> {
    let tables = reader.tables(item, "event");
    let mut unique = Unique::new("event", tables.len());
    let mut events = Vec::with_capacity(tables.len());
    for (table, span) in tables {
        let before = reader.faults_so_far();
        let mut event_name = None;
        let mut parameters = Vec::new();
        for (key, item) in table {
            match key.get_ref().as_ref() {
                "name" => event_name = name(reader, &mut unique, item),
                "parameters" => parameters = self::parameters(reader, item, &OF_EVENT),
                _ => reader.unknown(key, EVENT),
            }
        }
        reader.require(table, &span, "an event", &["name"]);
        let Some(name) = event_name else {
            unsound.lists.insert("event".to_owned());
            continue;
        };
        match reader.faults_so_far() == before {
            true => events.push(CustomEvent { name, parameters }),
            false => drop(unsound.events.insert(name.value)),
        }
    }
    events
}

/// `[[input]]` of a function.
pub(super) fn inputs(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
    unsound: &mut Unsound,
) -> Vec<Parameter> {
    sides(reader, item, &INPUTS, unsound)
}

/// `[[output]]` of a function.
pub(super) fn outputs(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
    unsound: &mut Unsound,
) -> Vec<Parameter> {
    sides(reader, item, &OUTPUTS, unsound)
}

fn sides(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
    kind: &Parameters,
    unsound: &mut Unsound,
) -> Vec<Parameter> {
    let before = reader.faults_so_far();
    let parameters = parameters(reader, item, kind);
    if reader.faults_so_far() > before {
        unsound.lists.insert(kind.list.to_owned());
    }
    parameters
}

fn parameters(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>, kind: &Parameters) -> Vec<Parameter> {
    let word = kind.one.split_once(' ').map_or(kind.one, |(_, word)| word);
    let tables = reader.tables(item, kind.list);
    let mut unique = Unique::new(word, tables.len());
    let mut parameters = Vec::with_capacity(tables.len());
    for (table, span) in tables {
        for (key, _) in table {
            if !kind.keys.contains(&key.get_ref().as_ref()) {
                reader.unknown(key, kind.keys);
            }
        }
        reader.require(table, &span, kind.one, &["name", "type"]);
        let name = table.get("name").and_then(|item| {
            let text = id(reader, &format!("{word} name"), item)?;
            unique.check(reader, text, &item.span());
            // The nodes that have the parameters as sockets have these beside them.
            let what = match text {
                "in" | "out" => Some("a socket"),
                EVENT_ID if kind.attribute == OF_EVENT.attribute => Some("a socket"),
                _ => (text == kind.attribute).then_some("an attribute"),
            };
            if let Some(what) = what {
                let message = format!("`{text}` is the name of {what} already");
                reader.fault(&item.span(), message, Some(format!("rename the {word}")));
            }
            Some(spanned(text, item))
        });
        let typed = typed(reader, table, "default");
        if let (Some(name), Some((data_type, default))) = (name, typed) {
            parameters.push(Parameter {
                name,
                data_type,
                default,
            });
        }
    }
    parameters
}

/// A name that people gave: it may hold spaces, but not at its ends.
fn name<'t>(
    reader: &mut Reader<'_>,
    unique: &mut Unique<'t>,
    item: &'t TomlSpanned<DeValue<'_>>,
) -> Option<Spanned<String>> {
    let text = reader.text(item)?;
    if text.is_empty() || text != text.trim() || text.contains(char::is_control) {
        let message = match text.trim() {
            "" => "the name is empty".to_owned(),
            _ => format!("`{}` is no name", literal::shortened(text)),
        };
        reader.fault(
            &item.span(),
            message,
            Some("a name has no spaces at its ends and no line breaks".to_owned()),
        );
        return None;
    }
    unique.check(reader, text, &item.span());
    Some(spanned(text, item))
}

/// The key `type`, and the value under `key` as that type, or the type's default.
fn typed(reader: &mut Reader<'_>, table: &DeTable<'_>, key: &str) -> Option<(DataType, Value)> {
    let data_type = data_type(reader, table.get("type")?)?;
    let Some(item) = table.get(key) else {
        return Some((data_type, Value::default_of(data_type)));
    };
    let span: Span = item.span();
    let value = match literal::value(item) {
        Ok(value) => value,
        Err(refused) => {
            reader.fault(&refused.span, refused.message, Some(refused.hint.to_owned()));
            return None;
        }
    };
    match literal::coerce(&value, data_type) {
        Ok(value) => Some((data_type, value)),
        Err(message) => {
            let hint = literal::how_to_write(&value, data_type);
            reader.fault(&span, message, Some(hint));
            None
        }
    }
}

fn data_type(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>) -> Option<DataType> {
    let text = reader.text(item)?;
    let data_type = text.parse().ok();
    if data_type.is_none() {
        let names = DataType::ALL.iter().map(|data_type| data_type.name());
        let hint = suggestion(text, names.clone())
            .unwrap_or_else(|| format!("known: `{}`", names.collect::<Vec<_>>().join("`, `")));
        reader.fault(
            &item.span(),
            format!("unknown type `{}`", literal::shortened(text)),
            Some(hint),
        );
    }
    data_type
}
