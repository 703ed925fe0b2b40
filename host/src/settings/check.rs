//! One value against what its field allows. Used for the file and for what `settings add` is given.

use std::fmt;

use pulsewire_plugin_api::{
    manifest::{Field, List},
    value::{DataType, Value},
};

use crate::{diagnostics::suggestion, literal};

/// Why a value is refused.
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    pub(super) fn new(message: String) -> Self {
        Self { message, hint: None }
    }

    pub(super) fn hint(self, hint: String) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }
}

/// Whether the field's value must never be shown, not even in a fault.
pub(super) fn is_secret(field: &Field) -> bool {
    field.format == "secret"
}

/// The value of a field that the entry doesn't set.
pub(super) fn default(field: &Field) -> Value {
    let declared = field.default.as_ref();
    declared
        .and_then(|value| literal::coerce(value, field.data_type).ok())
        .unwrap_or_else(|| Value::default_of(field.data_type))
}

/// The value as the field's type, if the field allows it.
pub(super) fn check(field: &Field, value: &Value) -> Result<Value, Problem> {
    let typed = literal::coerce(value, field.data_type).map_err(|mismatch| match is_secret(field) {
        true => {
            let expected = literal::expected(field.data_type);
            Problem::new(format!(
                "{}: expected {expected}, found {}",
                field.id,
                value.data_type()
            ))
        }
        false => Problem::new(format!("{}: {mismatch}", field.id))
            .hint(literal::how_to_write(value, field.data_type)),
    })?;
    let typed = elements(field, typed)?;
    content(field, &typed)?;
    range(field, &typed)?;
    options(field, &typed)?;
    Ok(typed)
}

/// What an entry of `list` must have: a problem for each required field that `has` denies.
pub(super) fn missing(list: &List, has: impl Fn(&str) -> bool) -> Vec<Problem> {
    list.fields
        .iter()
        .filter(|field| is_required(field) && !has(&field.id))
        .map(|field| {
            let problem = Problem::new(format!("missing key `{}`", field.id));
            match field.help.as_str() {
                "" => problem,
                help => problem.hint(help.to_owned()),
            }
        })
        .collect()
}

/// A key that the list has no field for.
pub(super) fn unknown(list: &List, key: &str) -> Problem {
    Problem {
        message: format!("unknown key `{}`", literal::shortened(key)),
        hint: suggestion(key, list.fields.iter().map(|field| field.id.as_str())),
    }
}

/// The name identifies the entry, so it is required even if the descriptor forgot to say so.
fn is_required(field: &Field) -> bool {
    field.required || field.id == "name"
}

fn content(field: &Field, value: &Value) -> Result<(), Problem> {
    match value {
        Value::String(text) if text.is_empty() && is_required(field) => {
            Err(Problem::new(format!("{} is empty", field.id)))
        }
        Value::String(text) if field.format == "url" && !text.is_empty() => {
            super::url::check(&field.id, text, &field.schemes)
        }
        Value::Float(number) if !number.is_finite() => Err(Problem::new(format!(
            "{} is {}, expected a finite number",
            field.id,
            Shown(field, value)
        ))),
        _ => Ok(()),
    }
}

/// The elements of an Array as the type that the field wants, if there are enough of them.
fn elements(field: &Field, value: Value) -> Result<Value, Problem> {
    let Value::Array(elements) = &value else {
        return Ok(value);
    };
    let (found, least) = (elements.len(), field.min_length);
    if found < least as usize {
        let s = if found == 1 { "" } else { "s" };
        let message = format!("{} has {found} element{s}, expected at least {least}", field.id);
        return Err(Problem::new(message));
    }
    let Some(data_type) = field.elements else {
        return Ok(value);
    };
    let typed = elements.iter().enumerate().map(|(at, element)| {
        literal::coerce(element, data_type).map_err(|mismatch| {
            let mismatch = match is_secret(field) {
                true => {
                    let expected = literal::expected(data_type);
                    format!("expected {expected}, found {}", element.data_type())
                }
                false => mismatch,
            };
            Problem::new(format!("{}: element {}: {mismatch}", field.id, at + 1))
        })
    });
    typed.collect::<Result<_, _>>().map(Value::Array)
}

fn range(field: &Field, value: &Value) -> Result<(), Problem> {
    let (below, above) = match value {
        Value::Int(number) => (
            field.min.is_some_and(|min| *number < min),
            field.max.is_some_and(|max| *number > max),
        ),
        Value::Byte(number) => (
            field.min.is_some_and(|min| i64::from(*number) < min),
            field.max.is_some_and(|max| i64::from(*number) > max),
        ),
        Value::Float(number) => (
            field.min.is_some_and(|min| *number < min as f64),
            field.max.is_some_and(|max| *number > max as f64),
        ),
        _ => return Ok(()),
    };
    if !below && !above {
        return Ok(());
    }
    let allowed = match (field.min, field.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return Ok(()),
    };
    let unit = match field.unit.as_str() {
        "" => String::new(),
        unit => format!(" {unit}"),
    };
    let message = format!(
        "{} is {}, expected {allowed}{unit}",
        field.id,
        Shown(field, value)
    );
    Err(Problem {
        message,
        hint: Some(field.help.clone()).filter(|help| !help.is_empty()),
    })
}

fn options(field: &Field, value: &Value) -> Result<(), Problem> {
    if field.options.is_empty() {
        return Ok(());
    }
    let chosen = match value {
        Value::Array(chosen) => chosen,
        single => std::slice::from_ref(single),
    };
    let Some(odd) = chosen
        .iter()
        .find(|value| !field.options.contains(&value.to_string()))
    else {
        return Ok(());
    };
    let options = field.options.iter().map(String::as_str);
    Err(Problem {
        message: format!("{} is {}, which is no option", field.id, Shown(field, odd)),
        hint: suggestion(&odd.to_string(), options),
    })
}

/// A value in a message, unless its field is secret.
struct Shown<'a>(&'a Field, &'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shown(field, _) if is_secret(field) => f.write_str("out of bounds"),
            Shown(field, Value::String(url)) if field.format == "url" => {
                write!(f, "`{}`", literal::shortened(&super::url::masked(url)))
            }
            Shown(_, value) if value.data_type() == DataType::String => {
                write!(f, "`{}`", literal::shortened(&value.to_string()))
            }
            Shown(_, value) => write!(f, "{}", literal::shortened(&value.to_string())),
        }
    }
}
