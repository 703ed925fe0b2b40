//! Array Value, Clear Array, Concat Arrays, Length of Array.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{ALL_TYPES, COUNT, check_elements};

const ARRAY: Socket = Socket::data("array", "Array", DataType::Array);

pure! {
    ARRAY_VALUE = NodeType::action("array.array_value", "Array Value")
        .category("Array")
        .help("Outputs an array of the values set on it, each of its own type; an Input that is not empty replaces them.")
        .attributes(&[
            Attribute::new("count", "Count", DataType::Int).help("How many values."),
            Attribute::choice("data_type", "Data Type", ALL_TYPES).repeated("count"),
            Attribute::new("value", "Value", DataType::Any).typed_by("data_type").repeated("count"),
        ])
        .inputs(&[Socket::data("input", "Input", DataType::Array)])
        .outputs(&[Socket::data("output", "Output", DataType::Array)]),
    with |build| build.rows("value").cloned().collect::<Array>() => |values, call| {
        let input = call.array(0)?;
        let output = if input.is_empty() { values.clone() } else { input.clone() };
        call.set(0, output);
        Ok(())
    };

    CLEAR_ARRAY = NodeType::action("array.clear_array", "Clear Array")
        .category("Array")
        .help("Outputs an array without elements; the one that comes in stays as it is.")
        .inputs(&[ARRAY])
        .outputs(&[Socket::data("empty_array", "Empty Array", DataType::Array)]),
    |call| {
        call.set(0, Array::default());
        Ok(())
    };

    CONCAT_ARRAYS = NodeType::action("array.concat_arrays", "Concat Arrays")
        .category("Array")
        .help("The elements of all arrays, one array after the other.")
        .attributes(&[COUNT])
        .inputs(&[ARRAY.repeated("count")])
        .outputs(&[Socket::data("new_array", "New Array", DataType::Array)]),
    |call| {
        let mut all = Vec::new();
        for input in 0..call.input_count() {
            let array = call.array(input)?;
            check_elements(all.len() + array.len())?;
            all.extend_from_slice(array);
        }
        call.set(0, all);
        Ok(())
    };

    LENGTH_OF_ARRAY = NodeType::action("array.length_of_array", "Length of Array")
        .category("Array")
        .help("How many elements the array has.")
        .inputs(&[ARRAY])
        .outputs(&[Socket::data("length", "Length", DataType::Int), ARRAY]),
    |call| {
        let array = call.array(0)?.clone();
        call.set(0, array.len() as i64);
        call.set(1, array);
        Ok(())
    };
}
