//! A piece of the file as it stands there, with the places of all its parts.

use pulsewire_plugin_api::value::{Array, Dictionary, Text, Value};
use toml::{Spanned as TomlSpanned, de::DeValue};

use crate::{
    literal::{self, NotAValue},
    logic::Spanned,
};

/// What may stand in a section.
#[derive(Clone)]
pub(super) enum Item {
    /// Something without tables in it.
    Plain(Result<Value, NotAValue>),
    /// An array with tables in it.
    List(Vec<Spanned<Item>>),
    /// A table, in the order of the file.
    Table(Members),
}

/// The keys of a table with what they hold.
pub(super) type Members = Vec<(Spanned<String>, Spanned<Item>)>;

impl Item {
    pub(super) fn new(item: &TomlSpanned<DeValue<'_>>) -> Spanned<Self> {
        let value = match item.get_ref() {
            DeValue::Table(table) => Self::Table(
                literal::in_file_order(table)
                    .into_iter()
                    .map(|(key, item)| {
                        let key = Spanned {
                            value: key.get_ref().to_string(),
                            span: key.span(),
                        };
                        (key, Self::new(item))
                    })
                    .collect(),
            ),
            DeValue::Array(elements) if elements.iter().any(|element| element.get_ref().is_table()) => {
                Self::List(elements.iter().map(Self::new).collect())
            }
            _ => Self::Plain(literal::value(item)),
        };
        Spanned {
            value,
            span: item.span(),
        }
    }

    /// All of it as one value.
    pub(super) fn to_value(&self) -> Result<Value, NotAValue> {
        match self {
            Item::Plain(value) => value.clone(),
            Item::List(elements) => elements
                .iter()
                .map(|element| element.value.to_value())
                .collect::<Result<Array, _>>()
                .map(Value::Array),
            Item::Table(members) => members
                .iter()
                .map(|(key, item)| Ok((Text::from(key.value.as_str()), item.value.to_value()?)))
                .collect::<Result<Dictionary, _>>()
                .map(Value::Dictionary),
        }
    }

    /// What it is, for messages about what should stand there instead; never its content.
    pub(super) fn kind(&self) -> String {
        match self {
            Item::Plain(Ok(value)) => value.data_type().to_string(),
            Item::Plain(Err(_)) => "something else".to_owned(),
            Item::List(_) => "Array".to_owned(),
            Item::Table(_) => "a table".to_owned(),
        }
    }
}
