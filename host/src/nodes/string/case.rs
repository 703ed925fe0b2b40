//! Capitalize, Lower, Upper, IsLower, IsUpper, Reverse.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::check_bytes;

const STRING: Socket = Socket::data("string", "String", DataType::String);

const fn of_text(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name).category("String").inputs(&[STRING])
}

pure! {
    CAPITALIZE = of_text("string.capitalize", "Capitalize")
        .help("The first letter in upper case, or with All Words that of each word; all others as they are.")
        .inputs(&[
            STRING,
            Socket::data("all_words", "All Words", DataType::Bool),
        ])
        .outputs(&[Socket::data("capitalized", "Capitalized", DataType::String)]),
    |call| {
        let (text, all_words) = (call.text(0)?, call.bool(1)?);
        let mut capitalized = String::with_capacity(text.len());
        let mut is_due = true;
        for character in text.chars() {
            if is_due && character.is_alphanumeric() {
                capitalized.extend(character.to_uppercase());
                is_due = false;
            } else {
                capitalized.push(character);
                is_due |= all_words && character.is_whitespace();
            }
        }
        check_bytes("the text", capitalized.len())?;
        call.set(0, capitalized);
        Ok(())
    };

    LOWER = of_text("string.lower", "Lower")
        .help("The text in lower case.")
        .outputs(&[Socket::data("result", "Result", DataType::String)]),
    |call| {
        let lower = call.text(0)?.to_lowercase();
        check_bytes("the text", lower.len())?;
        call.set(0, lower);
        Ok(())
    };

    UPPER = of_text("string.upper", "Upper")
        .help("The text in upper case.")
        .outputs(&[Socket::data("result", "Result", DataType::String)]),
    |call| {
        let upper = call.text(0)?.to_uppercase();
        check_bytes("the text", upper.len())?;
        call.set(0, upper);
        Ok(())
    };

    IS_LOWER = of_text("string.is_lower", "IsLower")
        .help("Whether there are letters and all of them are lower case.")
        .outputs(&[Socket::data("is_lower", "IsLower", DataType::Bool)]),
    |call| {
        let is_lower = all_letters(call.text(0)?, char::is_lowercase);
        call.set(0, is_lower);
        Ok(())
    };

    IS_UPPER = of_text("string.is_upper", "IsUpper")
        .help("Whether there are letters and all of them are upper case.")
        .outputs(&[Socket::data("is_upper", "IsUpper", DataType::Bool)]),
    |call| {
        let is_upper = all_letters(call.text(0)?, char::is_uppercase);
        call.set(0, is_upper);
        Ok(())
    };

    REVERSE = of_text("string.reverse", "Reverse")
        .help("The characters in reverse order.")
        .outputs(&[Socket::data("reversed", "Reversed", DataType::String)]),
    |call| {
        let reversed: String = call.text(0)?.chars().rev().collect();
        call.set(0, reversed);
        Ok(())
    };
}

/// Whether there is a letter, and all of them are of one case.
fn all_letters(text: &str, is_case: fn(char) -> bool) -> bool {
    let mut letters = text.chars().filter(|character| character.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(is_case)
}
