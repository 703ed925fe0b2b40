//! Literals: what may stand in a file for a value of a type, and what may not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use pulsewire_host::literal::{coerce, value};
use pulsewire_plugin_api::value::{DataType, Value};
use toml::de::DeValue;

fn read(toml: &str) -> Value {
    value(&DeValue::parse(toml).unwrap()).unwrap()
}

#[test]
fn what_may_stand_for_a_type_becomes_that_type() {
    for (toml, to, shown) in [
        ("3", DataType::Float, "Float(3.0)"),
        ("-9007199254740992", DataType::Float, "Float(-9007199254740992.0)"),
        ("255", DataType::Byte, "Byte(255)"),
        ("7", DataType::CustomId, "CustomId(7)"),
        ("'#80FF0010'", DataType::Color, "Color(80FF0010)"),
        ("'80ff0010'", DataType::Color, "Color(80FF0010)"),
        ("'00fF'", DataType::Binary, "Binary(00FF)"),
        ("''", DataType::Binary, "Binary()"),
        ("[1, 2.5]", DataType::Vector2, "Vector2([1.0, 2.5])"),
        ("[1, 2, 3]", DataType::Vector3, "Vector3([1.0, 2.0, 3.0])"),
        ("[1, 2, 3, 4]", DataType::Vector4, "Vector4([1.0, 2.0, 3.0, 4.0])"),
        (
            "[1, 'a', {b = true}]",
            DataType::Any,
            "Array([1,\"a\",{\"b\":true}])",
        ),
        ("0x10", DataType::Int, "Int(16)"),
        ("-9223372036854775808", DataType::Int, "Int(-9223372036854775808)"),
        ("inf", DataType::Float, "Float(inf)"),
        (
            "{ b = 1, a = 2 }",
            DataType::Dictionary,
            "Dictionary({\"b\":1,\"a\":2})",
        ),
    ] {
        assert_eq!(
            format!("{:?}", coerce(&read(toml), to).unwrap()),
            shown,
            "{toml} for {to}"
        );
    }
    let matrix = coerce(
        &read("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]"),
        DataType::Matrix4x4,
    )
    .unwrap();
    assert_eq!(matrix.data_type(), DataType::Matrix4x4);
    assert_eq!(
        matrix.to_json(),
        "[1.0,2.0,3.0,4.0,5.0,6.0,7.0,8.0,9.0,10.0,11.0,12.0,13.0,14.0,15.0,16.0]"
    );
}

#[test]
fn everything_else_is_refused_in_the_designers_words() {
    for (toml, to, expected) in [
        ("'five'", DataType::Int, "expected Int, found String `five`"),
        ("'5'", DataType::Int, "expected Int, found String `5`"),
        ("5.0", DataType::Int, "expected Int, found Float `5.0`"),
        ("5", DataType::String, "expected String, found Int `5`"),
        ("1", DataType::Bool, "expected Bool, found Int `1`"),
        ("'true'", DataType::Bool, "expected Bool, found String `true`"),
        ("256", DataType::Byte, "expected Byte (0 to 255), found Int `256`"),
        ("-1", DataType::Byte, "expected Byte (0 to 255), found Int `-1`"),
        (
            "-1",
            DataType::CustomId,
            "expected CustomID (a whole number from 0), found Int `-1`",
        ),
        (
            "9007199254740993",
            DataType::Float,
            "expected Float, found Int `9007199254740993`",
        ),
        (
            "'red'",
            DataType::Color,
            "expected Color (`#AARRGGBB`), found String `red`",
        ),
        (
            "'#FF0000'",
            DataType::Color,
            "expected Color (`#AARRGGBB`), found String `#FF0000`",
        ),
        (
            "'##FF00000'",
            DataType::Color,
            "expected Color (`#AARRGGBB`), found String `##FF00000`",
        ),
        (
            "'+F'",
            DataType::Binary,
            "expected Binary (hexadecimal text), found String `+F`",
        ),
        (
            "'123'",
            DataType::Binary,
            "expected Binary (hexadecimal text), found String `123`",
        ),
        (
            "[1, 2]",
            DataType::Vector3,
            "expected Vector3 (3 numbers), found Array of 2",
        ),
        (
            "[1, 'x', 3]",
            DataType::Vector3,
            "expected Vector3 (3 numbers), found Array of 3 with String `x`",
        ),
        ("{}", DataType::Array, "expected Array, found Dictionary"),
        (
            "[]",
            DataType::Dictionary,
            "expected Dictionary, found Array of 0",
        ),
    ] {
        assert_eq!(coerce(&read(toml), to).unwrap_err(), expected);
    }
}

#[test]
fn long_texts_are_cut_and_stay_on_one_line() {
    let long = Value::from(format!("a\n\"é\"{}", "x".repeat(100)));
    assert_eq!(
        coerce(&long, DataType::Int).unwrap_err(),
        format!("expected Int, found String `a\\n\"é\"{}…`", "x".repeat(35))
    );
}

#[test]
fn dates_and_numbers_beyond_64_bits_are_no_values() {
    for (toml, at, message) in [
        (
            "[1, 1979-05-27]",
            4..14,
            "there is no type for the date `1979-05-27`",
        ),
        (
            "{ a = 9223372036854775808 }",
            6..25,
            "`9223372036854775808` does not fit an Int",
        ),
        ("1e999", 0..5, "`1e999` does not fit a Float"),
    ] {
        let refused = value(&DeValue::parse(toml).unwrap()).unwrap_err();
        assert_eq!(
            (refused.span.clone(), refused.to_string().as_str()),
            (at, message)
        );
    }
}
