//! Color Value, Create CustomID, Is Data Type; and Vector Value, of the category Math.

use std::sync::atomic::{AtomicU64, Ordering};

use pulsewire_plugin_api::prelude::*;

use crate::nodes::ALL_TYPES;

pure! {
    COLOR_VALUE = NodeType::action("utilities.color_value", "Color Value")
        .category("Utilities")
        .help("Outputs the colour set on it, eight digits for alpha, red, green and blue, or the input if one is wired.")
        .inputs(&[Socket::data("input", "Input", DataType::Color)])
        .outputs(&[Socket::data("output", "Output", DataType::Color)]),
    |call| {
        let color = call.input(0).clone();
        call.set(0, color);
        Ok(())
    };

    CREATE_CUSTOM_ID = NodeType::action("utilities.create_custom_id", "Create CustomID")
        .category("Utilities")
        .help("A number that no other Create CustomID of this run has given.")
        .outputs(&[Socket::data("output", "Output", DataType::CustomId)]),
    |call| {
        // Apart from the small numbers that timers count.
        static NEXT: AtomicU64 = AtomicU64::new(1 << 62);
        call.set(0, Value::CustomId(NEXT.fetch_add(1, Ordering::Relaxed)));
        Ok(())
    };

    IS_DATA_TYPE = NodeType::action("utilities.is_data_type", "Is Data Type")
        .category("Utilities")
        .help("Whether the input is of the type.")
        .attributes(&[Attribute::choice("data_type", "Data Type", TYPES)])
        .inputs(&[Socket::data("input", "Input", DataType::Any)])
        .outputs(&[Socket::data("output", "Output", DataType::Bool)]),
    with |build| build.text("data_type").parse().unwrap_or(DataType::Any) => |&data_type, call| {
        let is_type = call.input(0).data_type() == data_type;
        call.set(0, is_type);
        Ok(())
    };

    VECTOR_VALUE = NodeType::action("math.vector_value", "Vector Value")
        .category("Math")
        .help("Outputs the vector set on it, or the input if one is wired.")
        .attributes(&[Attribute::choice("data_type", "Data Type", &["Vector2", "Vector3", "Vector4"])])
        .inputs(&[Socket::typed_by("input", "Input", "data_type")])
        .outputs(&[Socket::typed_by("output", "Output", "data_type")]),
    |call| {
        let vector = call.input(0).clone();
        call.set(0, vector);
        Ok(())
    };
}

/// All but `Any`, which every value is.
const TYPES: &[&str] = ALL_TYPES.split_at(1).1;
