//! The easings of easings.net: how far a value has come after a part of its time, both from 0 to 1. Some go beyond 1 or
//! below 0 on their way.

use std::f64::consts::{PI, TAU};

/// Their names, as that page has them.
pub(super) const EASINGS: &[&str] = &[
    "linear",
    "easeInSine",
    "easeOutSine",
    "easeInOutSine",
    "easeInQuad",
    "easeOutQuad",
    "easeInOutQuad",
    "easeInCubic",
    "easeOutCubic",
    "easeInOutCubic",
    "easeInQuart",
    "easeOutQuart",
    "easeInOutQuart",
    "easeInQuint",
    "easeOutQuint",
    "easeInOutQuint",
    "easeInExpo",
    "easeOutExpo",
    "easeInOutExpo",
    "easeInCirc",
    "easeOutCirc",
    "easeInOutCirc",
    "easeInBack",
    "easeOutBack",
    "easeInOutBack",
    "easeInElastic",
    "easeOutElastic",
    "easeInOutElastic",
    "easeInBounce",
    "easeOutBounce",
    "easeInOutBounce",
];

/// A curve, by its way in, and which ends it eases.
#[derive(Clone, Copy)]
pub(super) struct Easing {
    way_in: fn(f64) -> f64,
    /// Of easeInOut, where the page has a curve of its own.
    way_in_of_both: fn(f64) -> f64,
    ends: Ends,
}

#[derive(Clone, Copy)]
enum Ends {
    In,
    Out,
    Both,
}

impl Easing {
    /// The easing of that name; `linear` for any other.
    pub(super) fn named(name: &str) -> Self {
        let (ends, curve) = [("easeInOut", Ends::Both), ("easeIn", Ends::In), ("easeOut", Ends::Out)]
            .into_iter()
            .find_map(|(prefix, ends)| Some((ends, name.strip_prefix(prefix)?)))
            .unwrap_or((Ends::In, ""));
        let way_in: fn(f64) -> f64 = match curve {
            "Sine" => |x| 1.0 - (x * PI / 2.0).cos(),
            "Quad" => |x| x.powi(2),
            "Cubic" => |x| x.powi(3),
            "Quart" => |x| x.powi(4),
            "Quint" => |x| x.powi(5),
            "Expo" => |x| if x == 0.0 { 0.0 } else { (10.0 * x - 10.0).exp2() },
            "Circ" => |x| 1.0 - (1.0 - x.powi(2)).sqrt(),
            "Back" => |x| back(x, BACK),
            "Elastic" => |x| elastic(x, TAU / 3.0, 10.75),
            "Bounce" => |x| 1.0 - bounce_out(1.0 - x),
            _ => |x| x,
        };
        let way_in_of_both: fn(f64) -> f64 = match curve {
            "Back" => |x| back(x, BACK * 1.525),
            "Elastic" => |x| elastic(x, TAU / 4.5, 11.125),
            _ => way_in,
        };
        Self {
            way_in,
            way_in_of_both,
            ends,
        }
    }

    /// How far the value has come after the part `x` of its time.
    pub(super) fn at(self, x: f64) -> f64 {
        match self.ends {
            Ends::In => (self.way_in)(x),
            Ends::Out => 1.0 - (self.way_in)(1.0 - x),
            Ends::Both if x < 0.5 => (self.way_in_of_both)(2.0 * x) / 2.0,
            Ends::Both => 1.0 - (self.way_in_of_both)(2.0 - 2.0 * x) / 2.0,
        }
    }
}

/// How far Back goes beyond its ends.
const BACK: f64 = 1.70158;

fn back(x: f64, beyond: f64) -> f64 {
    (beyond + 1.0) * x.powi(3) - beyond * x.powi(2)
}

fn elastic(x: f64, turn: f64, shift: f64) -> f64 {
    match x == 0.0 {
        true => 0.0,
        false => -(10.0 * x - 10.0).exp2() * ((10.0 * x - shift) * turn).sin(),
    }
}

/// Four parabolas, each a jump lower than the one before.
fn bounce_out(x: f64) -> f64 {
    let jump = |middle: f64, height: f64| 7.5625 * (x - middle / 2.75).powi(2) + height;
    match x * 2.75 {
        ..1.0 => jump(0.0, 0.0),
        ..2.0 => jump(1.5, 0.75),
        ..2.5 => jump(2.25, 0.9375),
        _ => jump(2.625, 0.984375),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_easing_goes_from_0_to_1() {
        for name in EASINGS {
            let easing = Easing::named(name);
            assert!(easing.at(0.0).abs() < 1e-12, "{name}");
            assert!((easing.at(1.0) - 1.0).abs() < 1e-12, "{name}");
        }
    }

    /// Computed with the formulas of easings.net.
    #[test]
    fn easings_are_those_of_the_page() {
        for (name, quarter, three_quarters) in [
            ("linear", 0.25, 0.75),
            ("easeInSine", 0.076_120, 0.617_317),
            ("easeOutQuad", 0.4375, 0.9375),
            ("easeInOutCubic", 0.0625, 0.9375),
            ("easeInExpo", 0.005_524, 0.176_777),
            ("easeOutCirc", 0.661_438, 0.968_246),
            ("easeInBack", -0.064_137, 0.182_590),
            ("easeInOutBack", -0.099_682, 1.099_682),
            ("easeInElastic", -0.005_524, 0.088_388),
            ("easeOutElastic", 0.911_612, 1.005_524),
            ("easeInOutElastic", 0.011_969, 0.988_031),
            ("easeOutBounce", 0.472_656, 0.972_656),
            ("easeInOutBounce", 0.117_188, 0.882_813),
        ] {
            let easing = Easing::named(name);
            assert!((easing.at(0.25) - quarter).abs() < 1e-6, "{name}: {}", easing.at(0.25));
            assert!((easing.at(0.75) - three_quarters).abs() < 1e-6, "{name}: {}", easing.at(0.75));
        }
    }
}
