//! Clamp and Range Mapper.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{
    NUMERIC_TYPES,
    arithmetic::{Greatest, Least, join},
};

pure! {
    CLAMP = NodeType::action("math.clamp", "Clamp")
        .category("Math")
        .help("Limits the value to From and To, of vectors component by component. From must not be above To.")
        .attributes(&[Attribute::choice("data_type", "Data Type", NUMERIC_TYPES)])
        .inputs(&[
            Socket::typed_by("value", "Value", "data_type"),
            Socket::typed_by("from", "From", "data_type"),
            Socket::typed_by("to", "To", "data_type"),
        ])
        .outputs(&[Socket::typed_by("result", "Result", "data_type")]),
    |call| {
        let (from, to) = (call.input(1), call.input(2));
        if join::<Least>(from, to)? != *from {
            return Err(format!("`from` is {from}, above `to`, which is {to}").into());
        }
        let result = join::<Least>(&join::<Greatest>(call.input(0), from)?, to)?;
        call.set(0, result);
        Ok(())
    };

    RANGE_MAPPER = NodeType::action("math.range_mapper", "Range Mapper")
        .category("Math")
        .help(
            "Maps the input from one range to another, in proportion; either range may be reversed: 20 in 0 to 100 is \
             80 in 100 to 0. An input range without width is an error. Int and Byte are rounded.",
        )
        .attributes(&[
            Attribute::choice("input_data_type", "Input Data Type", NUMBERS),
            Attribute::choice("output_data_type", "Output Data Type", NUMBERS),
            Attribute::new("clamp", "Clamp", DataType::Bool).help("Whether the output stays within its range."),
        ])
        .inputs(&[
            Socket::typed_by("input", "Input", "input_data_type"),
            Socket::typed_by("input_from", "Input From", "input_data_type"),
            Socket::typed_by("input_to", "Input To", "input_data_type").default(Literal::Int(1)),
            Socket::typed_by("output_from", "Output From", "output_data_type"),
            Socket::typed_by("output_to", "Output To", "output_data_type").default(Literal::Int(1)),
        ])
        .outputs(&[Socket::typed_by("output", "Output", "output_data_type")]),
    with |build| build.flag("clamp") => |&clamp, call| {
        let (input, from, to) = (number(call, 0)?, number(call, 1)?, number(call, 2)?);
        let (output_from, output_to) = (number(call, 3)?, number(call, 4)?);
        if from == to {
            return Err(format!("the input range has no width; both ends are {from}").into());
        }
        let part = (input - from) / (to - from);
        let part = if clamp { part.clamp(0.0, 1.0) } else { part };
        let output = output_from + part * (output_to - output_from);
        // `as` stays at the limits of the type.
        let output = match call.input(3) {
            Value::Int(_) => Value::Int(output.round() as i64),
            Value::Byte(_) => Value::Byte(output.round() as u8),
            _ => Value::Float(output),
        };
        call.set(0, output);
        Ok(())
    };
}

const NUMBERS: &[&str] = &["Float", "Int", "Byte"];

fn number(call: &Call<'_>, input: usize) -> Result<f64, NodeError> {
    match call.input(input) {
        Value::Int(value) => Ok(*value as f64),
        Value::Byte(value) => Ok(f64::from(*value)),
        _ => call.float(input),
    }
}
