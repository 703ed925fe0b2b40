//! Create CustomID, Is Data Type.

use std::sync::atomic::{AtomicU64, Ordering};

use pulsewire_plugin_api::prelude::*;

use crate::nodes::ALL_TYPES;

pure! {
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
}

/// All but `Any`, which every value is.
const TYPES: &[&str] = ALL_TYPES.split_at(1).1;
