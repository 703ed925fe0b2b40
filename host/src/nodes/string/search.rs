//! CharCodeAt, Compare, StartsWith, EndsWith, IndexOf, LastIndexOf, Length, Substring. Positions count characters
//! (Unicode scalar values) from 0.

use pulsewire_plugin_api::prelude::*;

use super::characters::{place, position, range};

const STRING: Socket = Socket::data("string", "String", DataType::String);
const PATTERN: Socket = Socket::data("pattern", "Pattern", DataType::String);
const SEARCHED: &[Socket] = &[
    STRING,
    PATTERN,
    Socket::data("start_index", "Start Index", DataType::Int).help("Where the search begins."),
    Socket::data("end_index", "End Index", DataType::Int)
        .help("Before which character it ends; 0 or less is the end of the text."),
];
const FOUND: Socket = Socket::data("found", "Found", DataType::Bool);

const fn of_text(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name).category("String").inputs(&[STRING, PATTERN])
}

pure! {
    CHAR_CODE_AT = of_text("string.char_code_at", "CharCodeAt")
        .help("The Unicode number of the character at a position; -1 if there is none.")
        .inputs(&[STRING, Socket::data("at", "At", DataType::Int)])
        .outputs(&[Socket::data("char_code", "Char Code", DataType::Int)]),
    |call| {
        let at = usize::try_from(call.int(1)?).ok();
        let character = at.and_then(|at| call.text(0).ok()?.chars().nth(at));
        call.set(0, character.map_or(-1, |character| i64::from(u32::from(character))));
        Ok(())
    };

    COMPARE = of_text("string.compare", "Compare")
        .help("Whether two texts are the same: Result is 0 if they are, otherwise -1.")
        .inputs(&[
            Socket::data("string_1", "String 1", DataType::String),
            Socket::data("string_2", "String 2", DataType::String),
        ])
        .outputs(&[
            Socket::data("result", "Result", DataType::Int),
            Socket::data("equal", "Equal", DataType::Bool),
        ]),
    |call| {
        let equal = call.text(0)? == call.text(1)?;
        call.set(0, if equal { 0_i64 } else { -1 });
        call.set(1, equal);
        Ok(())
    };

    STARTS_WITH = of_text("string.starts_with", "StartsWith")
        .help("Whether the text begins with the pattern.")
        .outputs(&[Socket::data("starts_with", "StartsWith", DataType::Bool)]),
    |call| {
        let starts_with = call.text(0)?.starts_with(call.text(1)?.as_str());
        call.set(0, starts_with);
        Ok(())
    };

    ENDS_WITH = of_text("string.ends_with", "EndsWith")
        .help("Whether the text ends with the pattern.")
        .outputs(&[Socket::data("ends_with", "EndsWith", DataType::Bool)]),
    |call| {
        let ends_with = call.text(0)?.ends_with(call.text(1)?.as_str());
        call.set(0, ends_with);
        Ok(())
    };

    INDEX_OF = of_text("string.index_of", "IndexOf")
        .help("Where the pattern occurs first; -1 if it does not.")
        .inputs(SEARCHED)
        .outputs(&[Socket::data("index_of", "IndexOf", DataType::Int), FOUND]),
    |call| {
        let index = search(call, |text, pattern| text.find(pattern))?;
        call.set(0, index);
        call.set(1, index >= 0);
        Ok(())
    };

    LAST_INDEX_OF = of_text("string.last_index_of", "LastIndexOf")
        .help("Where the pattern occurs last; -1 if it does not.")
        .inputs(SEARCHED)
        .outputs(&[Socket::data("last_index_of", "LastIndexOf", DataType::Int), FOUND]),
    |call| {
        let index = search(call, |text, pattern| text.rfind(pattern))?;
        call.set(0, index);
        call.set(1, index >= 0);
        Ok(())
    };

    LENGTH = of_text("string.length", "Length")
        .help("How many characters the text has.")
        .inputs(&[STRING])
        .outputs(&[Socket::data("length", "Length", DataType::Int)]),
    |call| {
        let length = call.text(0)?.chars().count() as i64;
        call.set(0, length);
        Ok(())
    };

    SUBSTRING = of_text("string.substring", "Substring")
        .help("So many characters from a position on; fewer where the text ends.")
        .inputs(&[
            Socket::data("source", "Source", DataType::String),
            Socket::data("start_index", "Start Index", DataType::Int),
            Socket::data("length", "Length", DataType::Int),
        ])
        .outputs(&[Socket::data("substring", "Substring", DataType::String)]),
    |call| {
        let (text, start, length) = (call.text(0)?, call.int(1)?, call.int(2)?);
        let start = usize::try_from(start).map_err(|_| format!("the start index is {start}"))?;
        let length = usize::try_from(length).map_err(|_| format!("the length is {length}"))?;
        let first = place(text, start);
        let part = &text[first..];
        let part = &part[..place(part, length)];
        let part = part.to_owned();
        call.set(0, part);
        Ok(())
    };
}

/// The position of what `find` finds in the range that the inputs name, or -1.
fn search(call: &Call<'_>, find: fn(&str, &str) -> Option<usize>) -> Result<i64, NodeError> {
    let (text, pattern, start, end) = (call.text(0)?, call.text(1)?, call.int(2)?, call.int(3)?);
    let start = usize::try_from(start).map_err(|_| format!("the start index is {start}"))?;
    let (first, range) = range(text, start, end);
    let found = range.and_then(|range| find(range, pattern));
    Ok(found.map_or(-1, |at| position(text, first + at)))
}
