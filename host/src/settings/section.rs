//! The validated stage: one section against what its plugin declares.

use std::collections::HashMap;

use pulsewire_plugin_api::{
    manifest::{Field, List, Section},
    value::Value,
};

use super::{
    RawSettings,
    check::{self, Problem},
    item::{Item, Members},
    version::{self, Schema, VERSION},
};
use crate::{
    diagnostics::{Fault, Faults, Source, Span, suggestion},
    literal::shortened,
    logic::Spanned,
};

/// A section whose every entry has every field, of its type and within its bounds.
///
/// It holds secrets as the file has them; see [`to_json`](Self::to_json) and [`listing`](Self::listing).
#[derive(Clone)]
pub struct SectionSettings {
    pub(super) source: Source,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) lists: Vec<ListSettings>,
}

/// A list of a section.
#[derive(Clone)]
pub struct ListSettings {
    pub(super) list: List,
    pub(super) entries: Vec<Entry>,
}

/// An entry of a list.
#[derive(Clone)]
pub struct Entry {
    pub(super) name: String,
    /// One for each field of the list, in the order of the fields.
    pub(super) values: Vec<Spanned<Value>>,
}

impl SectionSettings {
    /// The section's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its title for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Its lists, as declared.
    pub fn lists(&self) -> &[ListSettings] {
        &self.lists
    }

    /// The list `id`.
    pub fn list(&self, id: &str) -> Option<&ListSettings> {
        self.lists.iter().find(|list| list.list.id == id)
    }

    /// The names of the entries of the list `id`; none if there is no such list.
    pub fn names(&self, id: &str) -> Vec<String> {
        let list = self.list(id).into_iter();
        list.flat_map(ListSettings::names).map(str::to_owned).collect()
    }
}

impl ListSettings {
    /// The list's id.
    pub fn id(&self) -> &str {
        &self.list.id
    }

    /// Its entries in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The names of its entries: the options of a `configuration`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(Entry::name)
    }

    /// The value that the entry `name` has in `field`; a secret as the file has it.
    pub fn value(&self, name: &str, field: &str) -> Option<&Value> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        let at = self.list.fields.iter().position(|known| known.id == field)?;
        entry.values.get(at).map(|value| &value.value)
    }
}

impl Entry {
    /// What identifies the entry in its list.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Checks the section of `raw` that `section` describes, and fills in the defaults; an absent section has empty lists.
///
/// A section of a later schema version gives what is known of it, with a warning; an older one must have been brought up to date.
/// Every fault is added; a variable of the environment that a secret names and that is not set here is a warning, because
/// it may be set where the project runs. With an error among them the result must not be given to a plugin: a value at fault is
/// replaced by its default, an entry without a name or with one that stands twice is left out.
pub fn validate_section(raw: &RawSettings, section: &Section, faults: &mut Faults) -> SectionSettings {
    let mut validation = Validation {
        source: &raw.source,
        section,
        is_newer: false,
        faults,
    };
    let written = raw.sections.iter().find(|(id, _)| id.value == section.id);
    let members = written.map_or(&[][..], |(_, item)| validation.members(item));
    let newer = match raw.schema(section) {
        Schema::Newer(version) => Some(version),
        _ => None,
    };
    if let Some(version) = newer {
        let (id, known) = (&section.id, section.version);
        let message = format!(
            "the section `{id}` has schema version {version}, the plugin knows versions up to {known}: what it does not \
             know is left out"
        );
        let warning = raw.schema_warning(id, message);
        validation.faults.push(warning.hint("install the newer plugin"));
    }
    validation.is_newer = newer.is_some();
    for (key, item) in members {
        if key.value == VERSION {
            if version::read(item).is_none() {
                let problem = Problem::new("version: expected a whole number from 1".to_owned());
                let hint = format!("the plugin has version {} of the section", section.version);
                validation.problem(&item.span, problem.hint(hint));
            }
        } else if !validation.is_newer && !section.lists.iter().any(|list| list.id == key.value) {
            let known = section.lists.iter().map(|list| list.id.as_str());
            validation.problem(
                &key.span,
                Problem {
                    message: format!("unknown list `{}` in `settings.{}`", key.value, section.id),
                    hint: suggestion(&key.value, known),
                },
            );
        }
    }
    let lists = section
        .lists
        .iter()
        .map(|list| ListSettings {
            list: list.clone(),
            entries: find(members, &list.id).map_or(Vec::new(), |item| validation.entries(list, item)),
        })
        .collect();
    let settings = SectionSettings {
        source: raw.source.clone(),
        id: section.id.clone(),
        title: section.title.clone(),
        lists,
    };
    settings.warn_unset(faults);
    settings
}

fn find<'a>(members: &'a [(Spanned<String>, Spanned<Item>)], key: &str) -> Option<&'a Spanned<Item>> {
    let (_, item) = members.iter().find(|(known, _)| known.value == key)?;
    Some(item)
}

struct Validation<'a> {
    source: &'a Source,
    section: &'a Section,
    /// The section is written for a later version of the plugin, so it may hold what nobody here knows.
    is_newer: bool,
    faults: &'a mut Faults,
}

impl Validation<'_> {
    fn problem(&mut self, span: &Span, problem: Problem) {
        self.faults
            .push(Fault::error(self.source, span, problem.message).maybe_hint(problem.hint));
    }

    fn members<'i>(&mut self, item: &'i Spanned<Item>) -> &'i [(Spanned<String>, Spanned<Item>)] {
        if let Item::Table(members) = &item.value {
            return members;
        }
        let message = format!("expected a table, found {}", item.value.kind());
        let hint = format!("write `[settings.{}]`", self.section.id);
        self.problem(&item.span, Problem::new(message).hint(hint));
        &[]
    }

    fn entries(&mut self, list: &List, item: &Spanned<Item>) -> Vec<Entry> {
        let header = format!("begin each with `[[settings.{}.{}]]`", self.section.id, list.id);
        let elements = match &item.value {
            Item::List(elements) => elements,
            // An empty array has no tables in it, and is an empty list.
            Item::Plain(Ok(Value::Array(elements))) if elements.is_empty() => return Vec::new(),
            other => {
                let message = format!("expected a list of entries, found {}", other.kind());
                self.problem(&item.span, Problem::new(message).hint(header));
                return Vec::new();
            }
        };
        let mut entries: Vec<Entry> = Vec::with_capacity(elements.len());
        let mut names: HashMap<String, usize> = HashMap::new();
        for element in elements {
            let Item::Table(members) = &element.value else {
                let message = format!("expected an entry, found {}", element.value.kind());
                self.problem(&element.span, Problem::new(message).hint(header.clone()));
                continue;
            };
            let values = self.entry(list, members, &element.span);
            let Some((name, span)) = name(list, members, &values) else {
                continue;
            };
            match names.get(&name) {
                Some(first) => self.duplicate(&name, *first, &span),
                None => {
                    names.insert(name.clone(), span.start);
                    entries.push(Entry { name, values });
                }
            }
        }
        entries
    }

    fn duplicate(&mut self, name: &str, first: usize, span: &Span) {
        let (line, again) = (self.source.line(first), self.source.line(span.start));
        let message = format!("duplicate name `{}` in lines {line} and {again}", shortened(name));
        self.problem(span, Problem::new(message).hint("rename one of them".to_owned()));
    }

    fn entry(&mut self, list: &List, members: &Members, span: &Span) -> Vec<Spanned<Value>> {
        for (key, _) in members {
            if !self.is_newer && !list.fields.iter().any(|field| field.id == key.value) {
                self.problem(&key.span, check::unknown(list, &key.value));
            }
        }
        for problem in check::missing(list, |field| find(members, field).is_some()) {
            self.problem(span, problem);
        }
        list.fields
            .iter()
            .map(|field| match find(members, &field.id) {
                Some(item) => self.field(field, item),
                None => Spanned {
                    value: check::default(field),
                    span: span.clone(),
                },
            })
            .collect()
    }

    fn field(&mut self, field: &Field, item: &Spanned<Item>) -> Spanned<Value> {
        let checked = match item.value.to_value() {
            Ok(value) => check::check(field, &value).map_err(|problem| (item.span.clone(), problem)),
            Err(refused) => {
                // What is refused may be part of a secret.
                let message = match check::is_secret(field) {
                    true => format!("{} is no value", field.id),
                    false => format!("{}: {}", field.id, refused.message),
                };
                Err((refused.span, Problem::new(message).hint(refused.hint.to_owned())))
            }
        };
        let value = checked.unwrap_or_else(|(span, problem)| {
            self.problem(&span, problem);
            check::default(field)
        });
        Spanned {
            value,
            span: item.span.clone(),
        }
    }
}

/// The name of an entry and where it stands, if it has one.
fn name(list: &List, members: &Members, values: &[Spanned<Value>]) -> Option<(String, Span)> {
    let at = list.fields.iter().position(|field| field.id == "name")?;
    find(members, "name")?;
    let name = values.get(at)?;
    let text = name.value.to_string();
    (!text.is_empty()).then(|| (text, name.span.clone()))
}
