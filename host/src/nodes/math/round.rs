//! Round: to so many decimals.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::Builtin;

const TYPE: NodeType = NodeType::action("math.round", "Round")
    .category("Math")
    .help("The input rounded to so many decimals; a half goes away from zero: 5.45 with one decimal is 5.5.")
    .attributes(&[Attribute::new("precision", "Precision", DataType::Int).help("How many decimals, 0 to 15.")])
    .inputs(&[Socket::data("input", "Input", DataType::Float)])
    .outputs(&[Socket::data("output", "Output", DataType::Float)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| match build.attribute("precision") {
    Value::Int(precision @ 0..=15) => Ok(Box::new(Round {
        precision: *precision
    })),
    Value::Int(other) => Err(format!("attribute `precision` is {other}, expected 0 to 15")),
    _ => Ok(Box::new(Round { precision: 0 })),
});

struct Round {
    precision: i64,
}

impl Node for Round {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let value = call.float(0)?;
        call.set(0, round(value, self.precision));
        Ok(Flow::fire(0))
    }
}

/// Rounds the decimal text of the value, as a person would: 1.005 is a little less in binary.
fn round(value: f64, precision: i64) -> f64 {
    let shifted = |value: f64, by: i64| format!("{value}e{by}").parse::<f64>().ok();
    let rounded = shifted(value, precision).and_then(|value| shifted(value.round(), -precision));
    // Neither NaN and infinity nor what is too large to be shifted has decimals.
    rounded.filter(|value| value.is_finite()).unwrap_or(value)
}
