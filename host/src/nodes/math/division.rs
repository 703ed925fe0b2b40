//! Divide, Power, Decrement: two inputs of one type.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{
    NUMERIC_TYPES,
    arithmetic::{Difference, Power, Quotient, fold},
};

const DATA_TYPE: Attribute = Attribute::choice("data_type", "Data Type", NUMERIC_TYPES);

pure! {
    DIVIDE = NodeType::action("math.divide", "Divide")
        .category("Math")
        .help(
            "Dividend by divisor, of vectors component by component. Int and Byte give the quotient of Euclidean \
             division, and 0 as divisor is an error; Float by 0 is infinite.",
        )
        .attributes(&[DATA_TYPE])
        .inputs(&[
            Socket::typed_by("dividend", "Dividend", "data_type"),
            Socket::typed_by("divisor", "Divisor", "data_type"),
        ])
        .outputs(&[Socket::typed_by("quotient", "Quotient", "data_type")]),
    |call| { fold::<Quotient>(call) };

    POWER = NodeType::action("math.power", "Power")
        .category("Math")
        .help("Base to the power of exponent. Int and Byte stay at their limits; a negative exponent needs Float.")
        .attributes(&[DATA_TYPE])
        .inputs(&[
            Socket::typed_by("base", "Base", "data_type"),
            Socket::typed_by("exponent", "Exponent", "data_type"),
        ])
        .outputs(&[Socket::typed_by("output", "Output", "data_type")]),
    |call| { fold::<Power>(call) };

    DECREMENT = NodeType::action("math.decrement", "Decrement")
        .category("Math")
        .help("The input minus Step. It keeps no state: wire a variable to it to count.")
        .attributes(&[DATA_TYPE])
        .inputs(&[
            Socket::typed_by("input", "Input", "data_type"),
            Socket::typed_by("step", "Step", "data_type").default(Literal::Int(1)),
        ])
        .outputs(&[Socket::typed_by("output", "Output", "data_type")]),
    |call| { fold::<Difference>(call) };
}
