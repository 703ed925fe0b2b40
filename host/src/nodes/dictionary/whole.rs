//! Clear Dictionary, Dictionary Value, Get Dictionary Keys and Values, Merge Dictionaries, Size of Dictionary.

use pulsewire_plugin_api::prelude::*;

use crate::{
    literal::shortened,
    nodes::{ALL_TYPES, COUNT, check_pairs},
};

const DICTIONARY: Socket = Socket::data("dictionary", "Dictionary", DataType::Dictionary);

pure! {
    CLEAR_DICTIONARY = NodeType::action("dictionary.clear_dictionary", "Clear Dictionary")
        .category("Dictionary")
        .help("Outputs a dictionary without pairs; the one that comes in stays as it is.")
        .inputs(&[DICTIONARY])
        .outputs(&[Socket::data("empty_dictionary", "Empty Dictionary", DataType::Dictionary)]),
    |call| {
        call.set(0, Dictionary::default());
        Ok(())
    };

    DICTIONARY_VALUE = NodeType::action("dictionary.dictionary_value", "Dictionary Value")
        .category("Dictionary")
        .help("Outputs a dictionary of the pairs set on it; an Input that is not empty replaces them.")
        .attributes(&[
            Attribute::new("count", "Count", DataType::Int).help("How many pairs."),
            Attribute::new("key", "Key", DataType::String).repeated("count"),
            Attribute::choice("data_type", "Value Type", ALL_TYPES).repeated("count"),
            Attribute::new("value", "Value", DataType::Any).typed_by("data_type").repeated("count"),
        ])
        .inputs(&[Socket::data("input", "Input", DataType::Dictionary)])
        .outputs(&[Socket::data("output", "Output", DataType::Dictionary)]),
    with |build| {
        let keys = build.rows("key").map(ToString::to_string);
        let mut pairs = Dictionary::default();
        for (at, (key, value)) in keys.zip(build.rows("value")).enumerate() {
            if pairs.get(&key).is_some() {
                return Err(format!("attribute `key_{}`: the key `{}` stands twice", at + 1, shortened(&key)));
            }
            pairs.insert(key, value.clone());
        }
        pairs
    } => |pairs, call| {
        let input = call.dictionary(0)?;
        let output = if input.is_empty() { pairs.clone() } else { input.clone() };
        call.set(0, output);
        Ok(())
    };

    GET_DICTIONARY_KEYS = NodeType::action("dictionary.get_dictionary_keys", "Get Dictionary Keys")
        .category("Dictionary")
        .help("All keys, in the order in which they were first set.")
        .inputs(&[DICTIONARY])
        .outputs(&[DICTIONARY, Socket::data("keys", "Keys", DataType::Array)]),
    |call| {
        let dictionary = call.dictionary(0)?.clone();
        let keys: Array = dictionary.iter().map(|(key, _)| Value::String(key.clone())).collect();
        call.set(0, dictionary);
        call.set(1, keys);
        Ok(())
    };

    GET_DICTIONARY_VALUES = NodeType::action("dictionary.get_dictionary_values", "Get Dictionary Values")
        .category("Dictionary")
        .help("All values, in the order of their keys.")
        .inputs(&[DICTIONARY])
        .outputs(&[DICTIONARY, Socket::data("values", "Values", DataType::Array)]),
    |call| {
        let dictionary = call.dictionary(0)?.clone();
        let values: Array = dictionary.iter().map(|(_, value)| value.clone()).collect();
        call.set(0, dictionary);
        call.set(1, values);
        Ok(())
    };

    MERGE_DICTIONARIES = NodeType::action("dictionary.merge_dictionaries", "Merge Dictionaries")
        .category("Dictionary")
        .help("The pairs of all dictionaries; of a key that several have, the first one's value counts.")
        .attributes(&[COUNT])
        .inputs(&[DICTIONARY.repeated("count")])
        .outputs(&[Socket::data("new_dictionary", "New Dictionary", DataType::Dictionary)]),
    |call| {
        let mut merged = Dictionary::default();
        for input in 0..call.input_count() {
            for (key, value) in call.dictionary(input)?.iter() {
                if merged.get(key).is_none() {
                    check_pairs(merged.len() + 1)?;
                    merged.insert(key.clone(), value.clone());
                }
            }
        }
        call.set(0, merged);
        Ok(())
    };

    SIZE_OF_DICTIONARY = NodeType::action("dictionary.size_of_dictionary", "Size of Dictionary")
        .category("Dictionary")
        .help("How many pairs the dictionary has.")
        .inputs(&[DICTIONARY])
        .outputs(&[DICTIONARY, Socket::data("size", "Size", DataType::Int)]),
    |call| {
        let dictionary = call.dictionary(0)?.clone();
        let size = dictionary.len() as i64;
        call.set(0, dictionary);
        call.set(1, size);
        Ok(())
    };
}
