//! Sine, Cosine, Tangent, their inverses, Arc Tangent 2, and degrees from radians.

use pulsewire_plugin_api::prelude::*;


const CATEGORY: &str = "Math / Trigonometry";
const INPUT: Socket = Socket::data("input", "Input", DataType::Float);
const IS_DEGREE: Attribute =
    Attribute::new("is_degree", "Is Degree", DataType::Bool).help("Degrees in place of radians.");
const OUTPUT: Socket = Socket::data("output", "Output", DataType::Float);

const fn function(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name)
        .category(CATEGORY)
        .attributes(&[IS_DEGREE])
        .inputs(&[INPUT])
        .outputs(&[OUTPUT])
}

pure! {
    SINE = function("math.sine", "Sine")
        .help("The sine of an angle, which is in radians unless Is Degree is set."),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let angle = call.float(0)?;
        call.set(0, to_radians(angle, is_degree).sin());
        Ok(())
    };

    COSINE = function("math.cosine", "Cosine")
        .help("The cosine of an angle, which is in radians unless Is Degree is set."),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let angle = call.float(0)?;
        call.set(0, to_radians(angle, is_degree).cos());
        Ok(())
    };

    TANGENT = function("math.tangent", "Tangent")
        .help("The tangent of an angle, which is in radians unless Is Degree is set."),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let angle = call.float(0)?;
        call.set(0, to_radians(angle, is_degree).tan());
        Ok(())
    };

    ARC_SINE = function("math.arc_sine", "Arc Sine")
        .help("The angle whose sine is the input, in radians unless Is Degree is set. An input beyond -1 and 1 has none: NaN."),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let radians = call.float(0)?.asin();
        call.set(0, from_radians(radians, is_degree));
        Ok(())
    };

    ARC_COSINE = function("math.arc_cosine", "Arc Cosine")
        .help("The angle whose cosine is the input, in radians unless Is Degree is set. An input beyond -1 and 1 has none: NaN."),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let radians = call.float(0)?.acos();
        call.set(0, from_radians(radians, is_degree));
        Ok(())
    };

    ARC_TANGENT = function("math.arc_tangent", "Arc Tangent")
        .help("The angle whose tangent is the input, in radians unless Is Degree is set."),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let radians = call.float(0)?.atan();
        call.set(0, from_radians(radians, is_degree));
        Ok(())
    };

    ARC_TANGENT_2 = NodeType::action("math.arc_tangent_2", "Arc Tangent 2")
        .category(CATEGORY)
        .help("The angle of the point x, y seen from the origin, above -π and up to π, or in degrees.")
        .attributes(&[IS_DEGREE])
        .inputs(&[
            Socket::data("y", "y", DataType::Float),
            Socket::data("x", "x", DataType::Float),
        ])
        .outputs(&[OUTPUT]),
    with |build| build.flag("is_degree") => |&is_degree, call| {
        let radians = call.float(0)?.atan2(call.float(1)?);
        call.set(0, from_radians(radians, is_degree));
        Ok(())
    };

    RADIAN_DEGREE_CONVERTER = NodeType::action("math.radian_degree_converter", "Radian-Degree Converter")
        .category(CATEGORY)
        .help("Radians as degrees, or degrees as radians.")
        .attributes(&[Attribute::choice("mode", "Mode", &["Radian_to_Degree", "Degree_to_Radian"])])
        .inputs(&[INPUT])
        .outputs(&[OUTPUT]),
    with |build| build.text("mode") == "Degree_to_Radian" => |&to_radian, call| {
        let angle = call.float(0)?;
        call.set(0, if to_radian { angle.to_radians() } else { angle.to_degrees() });
        Ok(())
    };
}

fn to_radians(angle: f64, is_degree: bool) -> f64 {
    if is_degree { angle.to_radians() } else { angle }
}

fn from_radians(radians: f64, is_degree: bool) -> f64 {
    if is_degree { radians.to_degrees() } else { radians }
}
