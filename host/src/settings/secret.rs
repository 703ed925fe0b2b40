//! `${NAME}` in secrets, and the JSON that a plugin gets.
//!
//! A variable is read when the JSON is made and goes nowhere else: not into the settings, a listing or a log.

use pulsewire_plugin_api::{
    manifest::Field,
    value::{Array, Dictionary, Text, Value},
};

use super::{
    check::is_secret,
    section::{Entry, ListSettings, SectionSettings},
};
use crate::diagnostics::{Fault, Faults, Severity, Span};

impl SectionSettings {
    /// The section as its plugin gets it: an object of lists of entries, secrets included, in which `${NAME}` is
    /// replaced by the environment variable of that name.
    ///
    /// # Errors
    /// A fault for each field and variable that is not set or no UTF-8.
    pub fn to_json(&self) -> Result<String, Faults> {
        self.to_json_with(|name| std::env::var(name).ok())
    }

    /// As [`to_json`](Self::to_json), with other variables than the environment's.
    pub fn to_json_with(&self, variable: impl Fn(&str) -> Option<String>) -> Result<String, Faults> {
        let mut faults = Faults::default();
        let mut lists = Dictionary::default();
        for list in &self.lists {
            let entries: Array = list
                .entries
                .iter()
                .map(|entry| self.entry(list, entry, &variable, &mut faults))
                .collect();
            lists.insert(list.id(), Value::Array(entries));
        }
        if faults.has_errors() {
            return Err(faults);
        }
        Ok(Value::Dictionary(lists).to_json())
    }

    /// Warns of what [`to_json`](Self::to_json) would refuse.
    pub(super) fn warn_unset(&self, faults: &mut Faults) {
        let unset = self.to_json().err().into_iter().flatten();
        for fault in unset {
            faults.push(Fault {
                severity: Severity::Warning,
                ..fault
            });
        }
    }

    fn entry(
        &self,
        list: &ListSettings,
        entry: &Entry,
        variable: &impl Fn(&str) -> Option<String>,
        faults: &mut Faults,
    ) -> Value {
        let mut members = Vec::with_capacity(entry.values.len());
        for (field, value) in list.list.fields.iter().zip(&entry.values) {
            let resolved = match is_secret(field) {
                false => value.value.clone(),
                true => resolve(&value.value, &mut |name| {
                    variable(name).unwrap_or_else(|| {
                        let unset = self.unset(field, &value.span, name);
                        if !faults.iter().any(|known| *known == unset) {
                            faults.push(unset);
                        }
                        String::new()
                    })
                }),
            };
            members.push((field.id.as_str(), resolved));
        }
        Value::Dictionary(members.into_iter().collect())
    }

    fn unset(&self, field: &Field, span: &Span, variable: &str) -> Fault {
        let message = format!(
            "{} names the environment variable `{variable}`, which is not set",
            field.id
        );
        Fault::error(&self.source, span, message).hint(format!("set `{variable}` where pulsewire is started"))
    }
}

/// The value with every `${NAME}` in its texts replaced.
fn resolve(value: &Value, variable: &mut impl FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::from(resolve_text(text, variable)),
        Value::Array(elements) => Value::Array(
            elements
                .iter()
                .map(|element| resolve(element, variable))
                .collect(),
        ),
        Value::Dictionary(pairs) => {
            let pairs: Vec<(Text, Value)> = pairs
                .iter()
                .map(|(key, value)| (key.clone(), resolve(value, variable)))
                .collect();
            Value::Dictionary(pairs.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// What looks like a variable but is none, such as `${}` or `${a b}`, stays as it is; so does what a variable holds.
fn resolve_text(text: &str, variable: &mut impl FnMut(&str) -> String) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, reference) = rest.split_at(at);
        resolved.push_str(before);
        match reference[2..].split_once('}') {
            Some((name, after)) if is_variable(name) => {
                resolved.push_str(&variable(name));
                rest = after;
            }
            _ => {
                resolved.push_str("${");
                rest = &reference[2..];
            }
        }
    }
    resolved.push_str(rest);
    resolved
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
