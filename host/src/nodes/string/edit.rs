//! Join, PaddingLeft, PaddingRight, RemoveCharacters, Replace, Split, Trim, TrimLeft, TrimRight.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{check_bytes, check_elements};

const STRING: Socket = Socket::data("string", "String", DataType::String);
const CHARACTERS: Socket = Socket::data("characters", "Characters", DataType::String).help("Any of these characters.");
const TRIMMED: Socket = Socket::data("trimmed", "Trimmed", DataType::String);
const PADDING: &[Socket] = &[
    STRING,
    Socket::data("padding_character", "Padding Character", DataType::String).help("Its first character counts."),
    Socket::data("padding_size", "Padding Size", DataType::Int).help("How many are added."),
];

const fn trim(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name)
        .category("String")
        .inputs(&[STRING, CHARACTERS])
        .outputs(&[TRIMMED])
}

pure! {
    JOIN = NodeType::action("string.join", "Join")
        .category("String")
        .help("The elements of an array as one text, the separator between them. All of them must be Strings.")
        .inputs(&[
            Socket::data("array_of_strings", "Array Of Strings", DataType::Array),
            Socket::data("separator", "Separator", DataType::String),
        ])
        .outputs(&[Socket::data("joined_string", "Joined String", DataType::String)]),
    |call| {
        let (array, separator) = (call.array(0)?, call.text(1)?);
        let mut joined = String::new();
        for (at, element) in array.iter().enumerate() {
            let Value::String(text) = element else {
                return Err(format!("element {at} is {}, expected String", element.data_type()).into());
            };
            if at > 0 {
                joined.push_str(separator);
            }
            joined.push_str(text);
            check_bytes("the text", joined.len())?;
        }
        call.set(0, joined);
        Ok(())
    };

    PADDING_LEFT = NodeType::action("string.padding_left", "PaddingLeft")
        .category("String")
        .help("Adds the padding character so many times in front of the text.")
        .inputs(PADDING)
        .outputs(&[Socket::data("padded_left", "Padded Left", DataType::String)]),
    |call| {
        let padded = padding(call)? + call.text(0)?;
        call.set(0, padded);
        Ok(())
    };

    PADDING_RIGHT = NodeType::action("string.padding_right", "PaddingRight")
        .category("String")
        .help("Adds the padding character so many times behind the text.")
        .inputs(PADDING)
        .outputs(&[Socket::data("padded_right", "Padded Right", DataType::String)]),
    |call| {
        let padding = padding(call)?;
        let padded = [call.text(0)?.as_str(), padding.as_str()].concat();
        call.set(0, padded);
        Ok(())
    };

    REMOVE_CHARACTERS = NodeType::action("string.remove_characters", "RemoveCharacters")
        .category("String")
        .help("The text without any of the characters.")
        .inputs(&[STRING, CHARACTERS])
        .outputs(&[Socket::data("output", "Output", DataType::String)]),
    |call| {
        let (text, characters) = (call.text(0)?, call.text(1)?);
        let kept: String = text.chars().filter(|&character| !characters.contains(character)).collect();
        call.set(0, kept);
        Ok(())
    };

    REPLACE = NodeType::action("string.replace", "Replace")
        .category("String")
        .help("The text with To in place of every From. An empty From is nowhere.")
        .inputs(&[
            STRING,
            Socket::data("from", "From", DataType::String),
            Socket::data("to", "To", DataType::String),
        ])
        .outputs(&[Socket::data("result", "Result", DataType::String)]),
    |call| {
        let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
        let replaced = if from.is_empty() {
            text.clone()
        } else {
            let count = text.matches(from.as_str()).count();
            let left = text.len() - count * from.len();
            check_bytes("the text", count.saturating_mul(to.len()).saturating_add(left))?;
            Text::from(text.replace(from.as_str(), to))
        };
        call.set(0, replaced);
        Ok(())
    };

    SPLIT = NodeType::action("string.split", "Split")
        .category("String")
        .help("The parts between the delimiters; the whole text if there is none, or the delimiter is empty.")
        .inputs(&[STRING, Socket::data("delimiter", "Delimiter", DataType::String)])
        .outputs(&[Socket::data("array", "Array", DataType::Array)]),
    |call| {
        let (text, delimiter) = (call.text(0)?, call.text(1)?);
        let parts: Vec<Value> = match delimiter.is_empty() {
            true => vec![Value::String(text.clone())],
            false => {
                check_elements(text.matches(delimiter.as_str()).count() + 1)?;
                text.split(delimiter.as_str()).map(Value::from).collect()
            }
        };
        call.set(0, parts);
        Ok(())
    };

    TRIM = trim("string.trim", "Trim").help("The text without the characters at both of its ends."),
    |call| {
        let characters = call.text(1)?;
        let trimmed = call.text(0)?.trim_matches(|character| characters.contains(character)).to_owned();
        call.set(0, trimmed);
        Ok(())
    };

    TRIM_LEFT = trim("string.trim_left", "TrimLeft").help("The text without the characters at its beginning."),
    |call| {
        let characters = call.text(1)?;
        let trimmed = call.text(0)?.trim_start_matches(|character| characters.contains(character)).to_owned();
        call.set(0, trimmed);
        Ok(())
    };

    TRIM_RIGHT = trim("string.trim_right", "TrimRight").help("The text without the characters at its end."),
    |call| {
        let characters = call.text(1)?;
        let trimmed = call.text(0)?.trim_end_matches(|character| characters.contains(character)).to_owned();
        call.set(0, trimmed);
        Ok(())
    };
}

/// What the two padding nodes add.
fn padding(call: &Call<'_>) -> Result<String, NodeError> {
    let (text, padding, size) = (call.text(0)?, call.text(1)?, call.int(2)?);
    let size = usize::try_from(size).map_err(|_| format!("the padding size is {size}"))?;
    let character = padding.chars().next().ok_or("the padding character is empty")?;
    check_bytes("the text", size.saturating_mul(character.len_utf8()).saturating_add(text.len()))?;
    Ok(character.to_string().repeat(size))
}
