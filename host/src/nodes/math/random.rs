//! Random: draws a value with each pulse.
//!
//! The generators are ChaCha, whose values for a seed are the same on every machine. What is drawn from them is in
//! `distribution`.

mod distribution;

use pulsewire_plugin_api::prelude::*;
use rand::{
    Rng, SeedableRng, make_rng,
    rngs::{ChaCha8Rng, ChaCha12Rng, ChaCha20Rng},
};

use crate::nodes::{Build, Builtin};
use distribution::{ADVANCED, DISTRIBUTIONS, Draw};

const fn parameter(id: &'static str, name: &'static str) -> Attribute {
    Attribute::new(id, name, DataType::Float).default(Literal::Int(1))
}

const TYPE: NodeType = NodeType::action("math.random", "Random")
    .category("Math")
    .help(
        "A random value. Standard draws evenly from Minimum to Maximum; Advanced from a distribution, with Is \
         Deterministic the same values for the same Seed; Expert from every distribution, always from the Seed. Only the \
         attributes of the distribution count, and Data Type must be one that it gives.",
    )
    .attributes(&[
        Attribute::choice("mode", "Mode", &["Standard", "Advanced", "Expert"]),
        Attribute::choice("data_type", "Data Type", &["Int", "Float", "Byte", "Bool"]),
        Attribute::choice("generator", "Generator", &["ChaCha12", "ChaCha8", "ChaCha20"]).help("Of Expert."),
        Attribute::new("is_deterministic", "Is Deterministic", DataType::Bool).help("Of Advanced."),
        Attribute::new("seed", "Seed", DataType::Int),
        Attribute::choice("distribution", "Distribution", DISTRIBUTIONS)
            .help("Standard has Uniform only; Advanced has those up to Poisson."),
        Attribute::new("minimum", "Minimum", DataType::Any).typed_by("data_type").help("Of Uniform."),
        Attribute::new("maximum", "Maximum", DataType::Any)
            .typed_by("data_type")
            .default(Literal::Int(1))
            .help("Of Uniform: may be drawn as Int and Byte; a Float stays below."),
        Attribute::new("probability", "Probability", DataType::Float)
            .default(Literal::Json("0.5"))
            .help("Of Bernoulli, Binomial, Geometric and Negative_Binomial."),
        Attribute::new("trials", "Trials", DataType::Int).default(Literal::Int(1)).help("Of Binomial."),
        Attribute::new("failures", "Failures", DataType::Int)
            .default(Literal::Int(1))
            .help("Of Negative_Binomial, as C++ has it: which success ends the trials; those that failed are counted."),
        Attribute::new("mean", "Mean", DataType::Float).help("Of Normal, Poisson and, as logarithm, Lognormal."),
        parameter("standard_deviation", "Standard Deviation").help("Of Normal and, as logarithm, Lognormal."),
        Attribute::new("location", "Location", DataType::Float).help("Of Cauchy and Extreme_Value."),
        parameter("scale", "Scale").help("Of Cauchy, Extreme_Value, Gamma and Weibull."),
        parameter("shape", "Shape").help("Of Gamma and Weibull."),
        parameter("rate", "Rate").help("Of Exponential."),
        parameter("degrees_of_freedom", "Degrees Of Freedom").help("Of Chi_Squared and Student_T."),
        parameter("numerator_degrees_of_freedom", "Numerator Degrees Of Freedom").help("Of Fisher_F."),
        parameter("denominator_degrees_of_freedom", "Denominator Degrees Of Freedom").help("Of Fisher_F."),
    ])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let distribution = match (build.text("mode"), build.text("distribution")) {
        ("Standard", _) => "Uniform",
        ("Advanced", name) if !ADVANCED.contains(&name) => {
            return Err(format!("distribution `{name}` is of mode Expert"));
        }
        (_, name) => name,
    };
    Ok(Box::new(Random {
        generator: generator(build),
        draw: distribution::draw(distribution, build)?,
    }))
});

struct Random {
    generator: Box<dyn Rng + Send>,
    draw: Draw,
}

impl Node for Random {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let value = (self.draw)(&mut *self.generator);
        call.set(0, value);
        Ok(Flow::fire(0))
    }
}

fn generator(build: &Build<'_>) -> Box<dyn Rng + Send> {
    let seed = match build.attribute("seed") {
        Value::Int(seed) => *seed as u64,
        _ => 0,
    };
    let is_expert = build.text("mode") == "Expert";
    match build.text("generator") {
        "ChaCha8" if is_expert => Box::new(ChaCha8Rng::seed_from_u64(seed)),
        "ChaCha20" if is_expert => Box::new(ChaCha20Rng::seed_from_u64(seed)),
        _ if is_expert || build.flag("is_deterministic") && build.text("mode") == "Advanced" => {
            Box::new(ChaCha12Rng::seed_from_u64(seed))
        }
        _ => Box::new(make_rng::<ChaCha12Rng>()),
    }
}
