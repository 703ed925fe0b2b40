//! Is Greater Equal, Is Less Equal.

use std::cmp::Ordering;

use pulsewire_plugin_api::prelude::*;

use crate::nodes::order::order;

const DATA_TYPE: Attribute = Attribute::choice("data_type", "Data Type", &["Int", "Float", "Byte"]);
const INPUTS: &[Socket] = &[Socket::typed_by("a", "A", "data_type"), Socket::typed_by("b", "B", "data_type")];
const C: Socket = Socket::data("c", "C", DataType::Bool);

pure! {
    IS_GREATER_EQUAL = NodeType::action("flow_control.is_greater_equal", "Is Greater Equal")
        .category("Flow Control")
        .help("Whether A is greater than B, or with Mode IsGreaterEqual greater or equal. Nothing is to NaN.")
        .attributes(&[DATA_TYPE, Attribute::choice("mode", "Mode", &["IsGreater", "IsGreaterEqual"])])
        .inputs(INPUTS)
        .outputs(&[C]),
    with |build| build.text("mode") == "IsGreaterEqual" => |&or_equal, call| {
        let order = order(call.input(0), call.input(1))?;
        call.set(0, order == Some(Ordering::Greater) || (or_equal && order == Some(Ordering::Equal)));
        Ok(())
    };

    IS_LESS_EQUAL = NodeType::action("flow_control.is_less_equal", "Is Less Equal")
        .category("Flow Control")
        .help("Whether A is less than B, or with Mode IsLessEqual less or equal. Nothing is to NaN.")
        .attributes(&[DATA_TYPE, Attribute::choice("mode", "Mode", &["IsLess", "IsLessEqual"])])
        .inputs(INPUTS)
        .outputs(&[C]),
    with |build| build.text("mode") == "IsLessEqual" => |&or_equal, call| {
        let order = order(call.input(0), call.input(1))?;
        call.set(0, order == Some(Ordering::Less) || (or_equal && order == Some(Ordering::Equal)));
        Ok(())
    };
}
