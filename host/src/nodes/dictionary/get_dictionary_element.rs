//! Get Dictionary Element: looks keys up.

use crate::{literal::coerce, nodes::{ALL_TYPES, Builtin, count}};
use pulsewire_plugin_api::prelude::*;

const TYPE: NodeType = NodeType::action("dictionary.get_dictionary_element", "Get Dictionary Element")
    .category("Dictionary")
    .help("Looks up the values under one or more keys. A missing key is an error.")
    .attributes(&[
        count(1, "How many keys."),
        Attribute::choice("data_type", "Data Type", ALL_TYPES).repeated("count"),
    ])
    .inputs(&[
        Socket::data("dictionary", "Dictionary", DataType::Dictionary),
        Socket::data("key", "Key", DataType::String).repeated("count"),
    ])
    .outputs(&[
        Socket::data("dictionary", "Dictionary", DataType::Dictionary).help("The dictionary, unchanged."),
        Socket::typed_by("value", "Value", "data_type").repeated("count"),
    ]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(GetDictionaryElement { types: build.row_types() }))
});

struct GetDictionaryElement {
    types: Vec<DataType>,
}

impl Node for GetDictionaryElement {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let dictionary = call.dictionary(0)?.clone();
        for (row, &data_type) in self.types.iter().enumerate() {
            let key = call.text(row + 1)?;
            let found = dictionary.get(key).ok_or_else(|| format!("the dictionary has no key `{key}`"))?;
            let value = coerce(found, data_type).map_err(|reason| format!("key `{key}`: {reason}"))?;
            call.set(row + 1, value);
        }
        call.set(0, dictionary);
        Ok(Flow::fire(0))
    }
}
