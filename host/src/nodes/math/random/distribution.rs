//! The distributions of Random: those of C++'s `<random>`, whose names they bear.

use std::fmt::Display;

use pulsewire_plugin_api::value::{DataType, Value};
use rand::{Rng, RngExt};
use rand_distr::{
    Bernoulli, Binomial, Cauchy, ChiSquared, Distribution, Exp, FisherF, Gamma, Geometric, Gumbel, LogNormal, Normal,
    Poisson, StudentT, Uniform, Weibull,
};

use crate::nodes::Build;

/// All of them; the first [`ADVANCED`] ones are known to the mode Advanced too.
pub(super) const DISTRIBUTIONS: &[&str] = &[
    "Uniform",
    "Bernoulli",
    "Binomial",
    "Normal",
    "Poisson",
    "Cauchy",
    "Chi_Squared",
    "Exponential",
    "Extreme_Value",
    "Fisher_F",
    "Gamma",
    "Geometric",
    "Lognormal",
    "Negative_Binomial",
    "Student_T",
    "Weibull",
];

pub(super) const ADVANCED: &[&str] = DISTRIBUTIONS.split_at(5).0;

/// Draws one value.
pub(super) type Draw = Box<dyn Fn(&mut dyn Rng) -> Value + Send>;

/// The most trials, and successes to wait for.
const MOST_TRIALS: i64 = i32::MAX as i64;

/// What draws from the distribution with the parameters that the attributes set.
pub(super) fn draw(name: &str, build: &Build<'_>) -> Result<Draw, String> {
    let parameters = Parameters { name, build };
    let number = |id| parameters.number(id);
    let probability = || parameters.probability();
    match name {
        "Uniform" => parameters.uniform(),
        "Bernoulli" => {
            parameters.gives(&[DataType::Bool])?;
            let distribution = parameters.made(Bernoulli::new(probability()?))?;
            Ok(Box::new(move |rng| Value::Bool(distribution.sample(rng))))
        }
        "Binomial" => {
            let trials = parameters.count("trials", 0)?;
            parameters.whole(Binomial::new(trials, probability()?), |drawn: u64| drawn)
        }
        "Geometric" => parameters.whole(Geometric::new(probability()?), |drawn: u64| drawn),
        "Poisson" => parameters.whole(Poisson::new(number("mean")?), |drawn: f64| drawn as u64),
        "Negative_Binomial" => parameters.negative_binomial(),
        "Normal" => parameters.float(Normal::new(number("mean")?, number("standard_deviation")?)),
        "Lognormal" => parameters.float(LogNormal::new(number("mean")?, number("standard_deviation")?)),
        "Cauchy" => parameters.float(Cauchy::new(number("location")?, number("scale")?)),
        "Extreme_Value" => parameters.float(Gumbel::new(number("location")?, number("scale")?)),
        "Exponential" => parameters.float(Exp::new(number("rate")?)),
        "Gamma" => parameters.float(Gamma::new(number("shape")?, number("scale")?)),
        "Weibull" => parameters.float(Weibull::new(number("scale")?, number("shape")?)),
        "Chi_Squared" => parameters.float(ChiSquared::new(number("degrees_of_freedom")?)),
        "Student_T" => parameters.float(StudentT::new(number("degrees_of_freedom")?)),
        "Fisher_F" => parameters.float(FisherF::new(
            number("numerator_degrees_of_freedom")?,
            number("denominator_degrees_of_freedom")?,
        )),
        other => Err(format!("there is no distribution `{other}`")),
    }
}

/// The attributes of a Random with this distribution.
struct Parameters<'a> {
    name: &'a str,
    build: &'a Build<'a>,
}

impl Parameters<'_> {
    fn number(&self, id: &str) -> Result<f64, String> {
        match self.build.attribute(id) {
            Value::Float(number) if number.is_finite() => Ok(*number),
            other => Err(format!("attribute `{id}` is {other}, expected a finite number")),
        }
    }

    fn probability(&self) -> Result<f64, String> {
        let probability = self.number("probability")?;
        match (0.0..=1.0).contains(&probability) {
            true => Ok(probability),
            false => Err(format!("attribute `probability` is {probability}, expected 0 to 1")),
        }
    }

    fn count(&self, id: &str, least: i64) -> Result<u64, String> {
        match self.build.attribute(id) {
            Value::Int(count) if (least..=MOST_TRIALS).contains(count) => Ok(*count as u64),
            other => Err(format!("attribute `{id}` is {other}, expected {least} to {MOST_TRIALS}")),
        }
    }

    /// The attribute Data Type, if the distribution gives it.
    fn gives(&self, types: &[DataType]) -> Result<DataType, String> {
        let data_type = self.build.text("data_type").parse().unwrap_or(DataType::Any);
        if types.contains(&data_type) {
            return Ok(data_type);
        }
        let types: Vec<&str> = types.iter().map(|given| given.name()).collect();
        Err(format!("attribute `data_type` is {data_type}; {} gives {}", self.name, types.join(" or ")))
    }

    fn float<D>(&self, distribution: Result<D, impl Display>) -> Result<Draw, String>
    where
        D: Distribution<f64> + Send + 'static,
    {
        self.gives(&[DataType::Float])?;
        let distribution = self.made(distribution)?;
        Ok(Box::new(move |rng| Value::Float(distribution.sample(rng))))
    }

    /// Whole numbers stay at the limits of their type.
    fn whole<T, D>(&self, distribution: Result<D, impl Display>, to_whole: fn(T) -> u64) -> Result<Draw, String>
    where
        T: 'static,
        D: Distribution<T> + Send + 'static,
    {
        let data_type = self.gives(&[DataType::Int, DataType::Byte])?;
        let distribution = self.made(distribution)?;
        Ok(Box::new(move |rng| whole(to_whole(distribution.sample(rng)), data_type)))
    }

    /// A Poisson distribution whose mean is drawn from a Gamma distribution.
    fn negative_binomial(&self) -> Result<Draw, String> {
        let data_type = self.gives(&[DataType::Int, DataType::Byte])?;
        let (successes, probability) = (self.count("failures", 1)?, self.probability()?);
        if probability == 0.0 {
            return Err("attribute `probability` is 0, so that no success ends the trials".into());
        }
        if probability == 1.0 {
            return Ok(Box::new(move |_| whole(0, data_type)));
        }
        let means = self.made(Gamma::new(successes as f64, (1.0 - probability) / probability))?;
        Ok(Box::new(move |rng| {
            let mean: f64 = means.sample(rng);
            let drawn = match Poisson::new(mean) {
                Ok(failures) => failures.sample(rng) as u64,
                // A mean that has no distribution is too small or too large for one.
                Err(_) => mean as u64,
            };
            whole(drawn, data_type)
        }))
    }

    fn uniform(&self) -> Result<Draw, String> {
        self.gives(&[DataType::Int, DataType::Float, DataType::Byte])?;
        let (minimum, maximum) = (self.build.attribute("minimum"), self.build.attribute("maximum"));
        match (minimum, maximum) {
            (&Value::Int(minimum), &Value::Int(maximum)) if minimum <= maximum => {
                Ok(Box::new(move |rng| Value::Int(rng.random_range(minimum..=maximum))))
            }
            (&Value::Byte(minimum), &Value::Byte(maximum)) if minimum <= maximum => {
                Ok(Box::new(move |rng| Value::Byte(rng.random_range(minimum..=maximum))))
            }
            (&Value::Float(minimum), &Value::Float(maximum)) if minimum < maximum => {
                self.gives(&[DataType::Float])?;
                let distribution = self.made(Uniform::new(minimum, maximum))?;
                // Rounding may reach the maximum.
                Ok(Box::new(move |rng| {
                    loop {
                        let drawn = distribution.sample(rng);
                        if drawn < maximum {
                            return Value::Float(drawn);
                        }
                    }
                }))
            }
            _ => Err(format!("attribute `minimum` is {minimum}, `maximum` {maximum}; there is nothing between them")),
        }
    }

    fn made<D>(&self, distribution: Result<D, impl Display>) -> Result<D, String> {
        distribution.map_err(|error| format!("{} has no such parameters: {error}", self.name))
    }
}

fn whole(number: u64, data_type: DataType) -> Value {
    match data_type {
        DataType::Byte => Value::Byte(u8::try_from(number).unwrap_or(u8::MAX)),
        _ => Value::Int(i64::try_from(number).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use pulsewire_plugin_api::value::Dictionary;
    use rand::{SeedableRng, rngs::ChaCha12Rng};

    use super::*;
    use crate::engine::Events;

    fn drawing(name: &str, data_type: &str, parameters: &[(&str, Value)]) -> Result<Draw, String> {
        let mut attributes = Dictionary::default();
        attributes.insert("data_type", data_type);
        for (id, value) in parameters {
            attributes.insert(*id, value.clone());
        }
        draw(name, &Build::new(&attributes, &Events::default()))
    }

    /// The median of many draws; unlike the mean, every distribution has one.
    fn median(name: &str, data_type: &str, parameters: &[(&str, Value)]) -> f64 {
        let draw = drawing(name, data_type, parameters).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(7);
        let mut drawn: Vec<f64> = (0..20_001)
            .map(|_| match draw(&mut rng) {
                Value::Int(number) => number as f64,
                Value::Byte(number) => f64::from(number),
                Value::Float(number) => number,
                other => panic!("{other:?}"),
            })
            .collect();
        drawn.sort_by(f64::total_cmp);
        drawn[10_000]
    }

    #[test]
    fn every_distribution_has_its_median() {
        let float = Value::Float;
        let one = [("scale", float(1.0)), ("shape", float(1.0)), ("location", float(0.0)), ("mean", float(0.0))];
        let one = [one.as_slice(), &[("standard_deviation", float(1.0)), ("rate", float(2.0))]].concat();
        for (name, expected) in [
            ("Normal", 0.0),
            ("Lognormal", 1.0),
            ("Cauchy", 0.0),
            ("Extreme_Value", 0.3665),
            ("Exponential", 0.3466),
            ("Gamma", LN_2),
            ("Weibull", LN_2),
        ] {
            let found = median(name, "Float", &one);
            assert!((found - expected).abs() < 0.05, "{name}: {found}");
        }
        let freedom = [
            ("degrees_of_freedom", float(2.0)),
            ("numerator_degrees_of_freedom", float(2.0)),
            ("denominator_degrees_of_freedom", float(2.0)),
        ];
        for (name, expected) in [("Chi_Squared", 1.386), ("Student_T", 0.0), ("Fisher_F", 1.0)] {
            let found = median(name, "Float", &freedom);
            assert!((found - expected).abs() < 0.05, "{name}: {found}");
        }
        let whole = [
            ("probability", float(0.25)),
            ("trials", Value::Int(100)),
            ("mean", float(30.0)),
            ("failures", Value::Int(10)),
        ];
        for (name, expected) in [
            ("Binomial", 25.0),
            ("Geometric", 2.0),
            ("Poisson", 30.0),
            ("Negative_Binomial", 29.0),
        ] {
            assert_eq!(median(name, "Int", &whole), expected, "{name}");
            assert_eq!(median(name, "Byte", &whole), expected, "{name}");
        }
        let range = [("minimum", float(2.0)), ("maximum", float(4.0))];
        assert!((median("Uniform", "Float", &range) - 3.0).abs() < 0.05);
        let range = [("minimum", Value::Int(-5)), ("maximum", Value::Int(5))];
        assert_eq!(median("Uniform", "Int", &range), 0.0);
    }

    #[test]
    fn uniform_draws_both_ends_of_whole_numbers() {
        let draw = drawing("Uniform", "Int", &[("minimum", Value::Int(1)), ("maximum", Value::Int(3))]).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let drawn: std::collections::BTreeSet<String> = (0..100).map(|_| draw(&mut rng).to_string()).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), ["1", "2", "3"]);
    }

    #[test]
    fn uniform_floats_stay_below_the_maximum() {
        let (least, most) = (1.0, 1.0_f64.next_up());
        let draw = drawing("Uniform", "Float", &[("minimum", Value::Float(least)), ("maximum", Value::Float(most))]).unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        assert!((0..100).all(|_| draw(&mut rng) == Value::Float(least)));
    }

    #[test]
    fn parameters_without_a_distribution_are_named() {
        let fault = |name, data_type, parameters: &[(&str, Value)]| drawing(name, data_type, parameters).err().unwrap();
        let between = [("minimum", Value::Int(2)), ("maximum", Value::Int(1))];
        assert!(fault("Uniform", "Int", &between).contains("nothing between them"));
        let endless = [("minimum", Value::Float(f64::MIN)), ("maximum", Value::Float(f64::MAX))];
        assert!(fault("Uniform", "Float", &endless).contains("no such parameters"));
        assert!(fault("Bernoulli", "Int", &[]).contains("Bernoulli gives Bool"));
        assert!(fault("Bernoulli", "Bool", &[("probability", Value::Float(1.5))]).contains("expected 0 to 1"));
        assert!(fault("Poisson", "Int", &[("mean", Value::Float(f64::NAN))]).contains("a finite number"));
        assert!(fault("Poisson", "Int", &[("mean", Value::Float(1e300))]).contains("too large"));
        assert!(fault("Gamma", "Float", &[("shape", Value::Float(0.0)), ("scale", Value::Float(1.0))]).contains("Gamma"));
        let never = [("failures", Value::Int(1)), ("probability", Value::Float(0.0))];
        assert!(fault("Negative_Binomial", "Int", &never).contains("no success"));
    }

    #[test]
    fn extreme_parameters_draw_something() {
        let mut rng = ChaCha12Rng::seed_from_u64(3);
        let tiny = Value::Float(f64::MIN_POSITIVE);
        for (name, parameters) in [
            ("Geometric", vec![("probability", tiny.clone())]),
            ("Negative_Binomial", vec![("probability", tiny.clone()), ("failures", Value::Int(MOST_TRIALS))]),
            ("Binomial", vec![("probability", tiny.clone()), ("trials", Value::Int(MOST_TRIALS))]),
            ("Binomial", vec![("probability", Value::Float(0.5)), ("trials", Value::Int(MOST_TRIALS))]),
            ("Poisson", vec![("mean", tiny)]),
        ] {
            let draw = drawing(name, "Int", &parameters).unwrap();
            for _ in 0..100 {
                assert!(matches!(draw(&mut rng), Value::Int(0..)), "{name}");
            }
        }
    }
}
