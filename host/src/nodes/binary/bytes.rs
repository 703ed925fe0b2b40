//! Binary Value, Binary To Byte Array, Concat Binaries, Verify Checksum.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Build, COUNT, check_bytes, check_elements};

pure! {
    BINARY_VALUE = NodeType::action("binary.binary_value", "Binary Value")
        .category("Binary")
        .help("Outputs the bytes that Value spells in digits; an Input that is not empty replaces them.")
        .attributes(&[
            Attribute::choice("base", "Base", &["Hex (Base16)", "Binary (Base2)"]),
            Attribute::new("value", "Value", DataType::String).help("Digits; blanks count for nothing."),
        ])
        .inputs(&[Socket::data("input", "Input", DataType::Binary)])
        .outputs(&[Socket::data("output", "Output", DataType::Binary)]),
    with |build| digits(build)? => |bytes, call| {
        let input = call.binary(0)?;
        let output = if input.is_empty() { bytes.clone() } else { input.clone() };
        call.set(0, output);
        Ok(())
    };

    BINARY_TO_BYTE_ARRAY = NodeType::action("binary.binary_to_byte_array", "Binary To Byte Array")
        .category("Binary")
        .help("One Byte for each byte, 0 to 255.")
        .inputs(&[Socket::data("binary", "Binary", DataType::Binary)])
        .outputs(&[Socket::data("byte_array", "Byte Array", DataType::Array)]),
    |call| {
        let bytes = call.binary(0)?;
        check_elements(bytes.len())?;
        let array: Array = bytes.iter().map(|&byte| Value::Byte(byte)).collect();
        call.set(0, array);
        Ok(())
    };

    CONCAT_BINARIES = NodeType::action("binary.concat_binaries", "Concat Binaries")
        .category("Binary")
        .help("The bytes of all inputs, one after the other.")
        .attributes(&[COUNT])
        .inputs(&[Socket::data("input", "Input", DataType::Binary).repeated("count")])
        .outputs(&[Socket::data("output", "Output", DataType::Binary)]),
    |call| {
        let mut all = Vec::new();
        for input in 0..call.input_count() {
            let bytes = call.binary(input)?;
            check_bytes("the Binary", all.len() + bytes.len())?;
            all.extend_from_slice(bytes);
        }
        call.set(0, all);
        Ok(())
    };

    VERIFY_CHECKSUM = NodeType::action("binary.verify_checksum", "Verify Checksum")
        .category("Binary")
        .help("Whether the last byte of the message is the checksum of all before it: CRC-8/SMBUS, unless the attributes say another.")
        .attributes(&[
            Attribute::choice("method", "Method", &["CRC8"]),
            Attribute::new("polynomial", "Polynomial", DataType::Byte)
                .default(Literal::Int(7))
                .help("Without its highest bit."),
            Attribute::new("initial_value", "Initial Value", DataType::Byte).help("What the checksum begins with."),
            Attribute::new("final_xor", "Final XOR", DataType::Byte).help("What the checksum is combined with at its end."),
        ])
        .inputs(&[Socket::data("message", "Message", DataType::Binary)])
        .outputs(&[Socket::data("intact", "Intact", DataType::Bool)]),
    with |build| {
        let byte = |id| match build.attribute(id) {
            Value::Byte(byte) => *byte,
            _ => 0,
        };
        Crc8 { polynomial: byte("polynomial"), initial: byte("initial_value"), xor: byte("final_xor") }
    } => |crc8, call| {
        let intact = call.binary(0)?.split_last().is_some_and(|(sum, message)| crc8.of(message) == *sum);
        call.set(0, intact);
        Ok(())
    };
}

/// The attribute Value as bytes, filled up with zeros on the left.
fn digits(build: &Build<'_>) -> Result<Binary, String> {
    let (base, digits_of_a_byte) = match build.text("base") {
        "Binary (Base2)" => (2, 8),
        _ => (16, 2),
    };
    let text: Vec<char> = build.text("value").chars().filter(|digit| !digit.is_whitespace()).collect();
    let mut bytes = Vec::with_capacity(text.len() / digits_of_a_byte + 1);
    for byte in text.rchunks(digits_of_a_byte).rev() {
        let mut value = 0;
        for &digit in byte {
            let digit_value = digit.to_digit(base);
            let digit_value = digit_value.ok_or_else(|| format!("attribute `value`: `{digit}` is no digit of base {base}"))?;
            value = value * base + digit_value;
        }
        bytes.push(value as u8);
    }
    Ok(Binary::from(bytes))
}

/// A checksum of eight bits, highest bit first.
struct Crc8 {
    polynomial: u8,
    initial: u8,
    xor: u8,
}

impl Crc8 {
    fn of(&self, bytes: &[u8]) -> u8 {
        let sum = bytes.iter().fold(self.initial, |sum, byte| {
            (0..8).fold(sum ^ byte, |sum, _| (sum << 1) ^ if sum & 0x80 == 0 { 0 } else { self.polynomial })
        });
        sum ^ self.xor
    }
}
