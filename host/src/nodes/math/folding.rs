//! Subtract, Multiply, Minimum, Maximum: one operation over all inputs, from first to last.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{
    COUNT, MATRIX_TYPES, NUMERIC_TYPES,
    arithmetic::{Difference, Greatest, Least, Product, fold},
};

const NUMBERS: &[Attribute] = &[Attribute::choice("data_type", "Data Type", NUMERIC_TYPES), COUNT];
const MATRICES: &[Attribute] = &[Attribute::choice("data_type", "Data Type", MATRIX_TYPES), COUNT];
const INPUT: Socket = Socket::typed_by("input", "Input", "data_type").repeated("count");
const OUTPUT: Socket = Socket::typed_by("output", "Output", "data_type");

const fn folding(id: &'static str, name: &'static str, attributes: &'static [Attribute]) -> NodeType {
    NodeType::action(id, name)
        .category("Math")
        .attributes(attributes)
        .inputs(&[INPUT])
        .outputs(&[OUTPUT])
}

pure! {
    SUBTRACT = folding("math.subtract", "Subtract", MATRICES)
        .help("The first input minus all others, of vectors and matrices component by component. Int and Byte stay at their limits instead of wrapping."),
    |call| { fold::<Difference>(call) };

    MULTIPLY = folding("math.multiply", "Multiply", MATRICES)
        .help("The product of all inputs, of vectors component by component. Of matrices it is the matrix product: what the \
              last does to a point comes first. Int and Byte stay at their limits."),
    |call| { fold::<Product>(call) };

    MINIMUM = folding("math.minimum", "Minimum", NUMBERS)
        .outputs(&[Socket::typed_by("minimum", "Minimum", "data_type")])
        .help("The smallest input, of vectors component by component. NaN is passed over."),
    |call| { fold::<Least>(call) };

    MAXIMUM = folding("math.maximum", "Maximum", NUMBERS)
        .outputs(&[Socket::typed_by("maximum", "Maximum", "data_type")])
        .help("The largest input, of vectors component by component. NaN is passed over."),
    |call| { fold::<Greatest>(call) };
}
