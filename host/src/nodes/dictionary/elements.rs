//! Erase and Set Dictionary Element. Dictionaries are values: the one that comes in stays as it is.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{ALL_TYPES, check_element, check_pairs, count};

const COUNT: Attribute = count(1, "How many keys.");
const DICTIONARY: Socket = Socket::data("dictionary", "Dictionary", DataType::Dictionary);
const KEY: Socket = Socket::data("key", "Key", DataType::String).repeated("count");

pure! {
    ERASE = NodeType::action("dictionary.erase_dictionary_element", "Erase Dictionary Element")
        .category("Dictionary")
        .help("The dictionary without the keys. A key that it does not have is no error.")
        .attributes(&[COUNT])
        .inputs(&[DICTIONARY, KEY])
        .outputs(&[DICTIONARY]),
    |call| {
        let mut dictionary = call.dictionary(0)?.clone();
        for row in 1..call.input_count() {
            dictionary.remove(call.text(row)?);
        }
        call.set(0, dictionary);
        Ok(())
    };

    SET = NodeType::action("dictionary.set_dictionary_element", "Set Dictionary Element")
        .category("Dictionary")
        .help("The dictionary with other values under the keys; a new key comes last.")
        .attributes(&[COUNT, Attribute::choice("data_type", "Data Type", ALL_TYPES).repeated("count")])
        .inputs(&[DICTIONARY, KEY, Socket::typed_by("value", "Value", "data_type").repeated("count")])
        .outputs(&[DICTIONARY]),
    |call| {
        let rows = (call.input_count() - 1) / 2;
        let mut dictionary = call.dictionary(0)?.clone();
        for row in 0..rows {
            let (key, value) = (call.text(1 + row)?.clone(), call.input(1 + rows + row).clone());
            check_element(&value)?;
            if dictionary.get(&key).is_none() {
                check_pairs(dictionary.len() + 1)?;
            }
            dictionary.insert(key, value);
        }
        call.set(0, dictionary);
        Ok(())
    };
}
