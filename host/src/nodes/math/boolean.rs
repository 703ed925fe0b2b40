//! AND, OR, Negate.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::COUNT;

const INPUTS: &[Socket] = &[Socket::data("input", "Input", DataType::Bool).repeated("count")];
const OUTPUT: Socket = Socket::data("output", "Output", DataType::Bool);

pure! {
    AND = NodeType::action("math.and", "AND")
        .category("Math / Boolean")
        .help("Whether all inputs are true. Without inputs it is true.")
        .attributes(&[COUNT])
        .inputs(INPUTS)
        .outputs(&[OUTPUT]),
    |call| {
        let all = call.inputs().all(|input| matches!(input, Value::Bool(true)));
        call.set(0, all);
        Ok(())
    };

    OR = NodeType::action("math.or", "OR")
        .category("Math / Boolean")
        .help("Whether at least one input is true. Without inputs it is false.")
        .attributes(&[COUNT])
        .inputs(INPUTS)
        .outputs(&[OUTPUT]),
    |call| {
        let any = call.inputs().any(|input| matches!(input, Value::Bool(true)));
        call.set(0, any);
        Ok(())
    };

    NEGATE = NodeType::action("math.negate", "Negate")
        .category("Math / Boolean")
        .help("True for false, and false for true.")
        .inputs(&[Socket::data("input", "Input", DataType::Bool)])
        .outputs(&[OUTPUT]),
    |call| {
        let negated = !call.bool(0)?;
        call.set(0, negated);
        Ok(())
    };
}
