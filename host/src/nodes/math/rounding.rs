//! Absolute, Ceil, Floor.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{MATRIX_TYPES, arithmetic::each_component};

const DATA_TYPE: Attribute = Attribute::choice("data_type", "Data Type", MATRIX_TYPES);
const INPUT: Socket = Socket::typed_by("input", "Input", "data_type");
const OUTPUT: Socket = Socket::typed_by("output", "Output", "data_type");

const fn one_number(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name)
        .category("Math")
        .attributes(&[DATA_TYPE])
        .inputs(&[INPUT])
        .outputs(&[OUTPUT])
}

pure! {
    ABSOLUTE = one_number("math.absolute", "Absolute")
        .help("The input without its sign, of vectors and matrices component by component. The smallest Int becomes the largest."),
    |call| {
        let result = match call.input(0) {
            Value::Int(value) => Value::Int(value.saturating_abs()),
            other => each_component(other, f64::abs)?,
        };
        call.set(0, result);
        Ok(())
    };

    CEIL = one_number("math.ceil", "Ceil")
        .help("The input rounded up to a whole number, of vectors and matrices component by component."),
    |call| {
        let result = each_component(call.input(0), f64::ceil)?;
        call.set(0, result);
        Ok(())
    };

    FLOOR = one_number("math.floor", "Floor")
        .help("The input rounded down to a whole number, of vectors and matrices component by component."),
    |call| {
        let result = each_component(call.input(0), f64::floor)?;
        call.set(0, result);
        Ok(())
    };
}
