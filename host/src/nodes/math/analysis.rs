//! Average, Logarithm, Root.

use std::f64::consts::E;

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Build, COUNT};

const OUTPUT: Socket = Socket::data("output", "Output", DataType::Float);

pure! {
    AVERAGE = NodeType::action("math.average", "Average")
        .category("Math")
        .help("The arithmetic mean of all inputs.")
        .attributes(&[COUNT])
        .inputs(&[Socket::data("input", "Input", DataType::Float).repeated("count")])
        .outputs(&[OUTPUT]),
    |call| {
        let count = call.input_count();
        if count == 0 {
            return Err("there is no input; `count` is 0".into());
        }
        let mut sum = 0.0;
        for input in 0..count {
            sum += call.float(input)?;
        }
        call.set(0, sum / count as f64);
        Ok(())
    };

    LOGARITHM = NodeType::action("math.logarithm", "Logarithm")
        .category("Math")
        .help("To which power the base must be raised to give the input. Of a negative input it is NaN.")
        .attributes(&[
            Attribute::choice("base", "Base", &["2", "e", "10", "Custom"]),
            Attribute::new("base_value", "Base Value", DataType::Float).help("The base, if Base is Custom."),
        ])
        .inputs(&[Socket::data("input", "Input", DataType::Float)])
        .outputs(&[Socket::data("exponent", "Exponent", DataType::Float)]),
    with |build| base(build) => |&base, call| {
        let input = call.float(0)?;
        let exponent = match base {
            2.0 => input.log2(),
            10.0 => input.log10(),
            E => input.ln(),
            _ => input.log(base),
        };
        call.set(0, exponent);
        Ok(())
    };

    ROOT = NodeType::action("math.root", "Root")
        .category("Math")
        .help("The root of the base; degree 2 is the square root. An odd root of a negative base is negative.")
        .inputs(&[
            Socket::data("base", "Base", DataType::Float),
            Socket::data("degree", "Degree", DataType::Float).default(Literal::Json("2.0")),
        ])
        .outputs(&[OUTPUT]),
    |call| {
        let (base, degree) = (call.float(0)?, call.float(1)?);
        if degree == 0.0 {
            return Err("the degree is 0".into());
        }
        let root = match degree {
            2.0 => base.sqrt(),
            3.0 => base.cbrt(),
            _ if base < 0.0 && degree.rem_euclid(2.0) == 1.0 => -(-base).powf(1.0 / degree),
            _ => base.powf(1.0 / degree),
        };
        call.set(0, root);
        Ok(())
    };
}

fn base(build: &Build<'_>) -> f64 {
    match (build.text("base"), build.attribute("base_value")) {
        ("2", _) => 2.0,
        ("e", _) => E,
        ("10", _) => 10.0,
        (_, Value::Float(base)) => *base,
        _ => 0.0,
    }
}
