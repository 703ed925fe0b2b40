//! System Time: the time of day where the machine stands.

use jiff::{Zoned, civil::Time};
use pulsewire_plugin_api::prelude::*;

pure! {
    NODE = NodeType::action("datetime.system_time", "System Time")
        .category("DateTime")
        .help(
            "The time of day in the machine's zone. Degree gives rotations about Z for the hands of a clock. With Smooth \
             Float Value a part carries those below it: at 1:45 the hour is 1.75. Data Type must be what comes of that: \
             Vector3 of degree, else Float if it is smooth, else Int.",
        )
        .attributes(&[
            Attribute::choice("mode", "Mode", &["12-hour", "24-hour", "degree"]),
            Attribute::new("smooth_float_value", "Smooth Float Value", DataType::Bool),
            Attribute::choice("data_type", "Data Type", &["Int", "Float", "Vector3"]),
        ])
        .outputs(&[
            Socket::typed_by("hour", "Hour", "data_type"),
            Socket::typed_by("minute", "Minute", "data_type"),
            Socket::typed_by("second", "Second", "data_type"),
            Socket::typed_by("millisecond", "Millisecond", "data_type"),
        ]),
    with |build| {
        let shown = Shown {
            of_12: build.text("mode") != "24-hour",
            is_degree: build.text("mode") == "degree",
            is_smooth: build.flag("smooth_float_value"),
        };
        let (found, expected) = (build.text("data_type"), shown.data_type().name());
        if found != expected {
            return Err(format!("attribute `data_type` is {found}; with this mode the parts are {expected}"));
        }
        shown
    } => |shown, call| {
        for (output, part) in shown.parts(Zoned::now().time()).into_iter().enumerate() {
            call.set(output, part);
        }
        Ok(())
    };
}

struct Shown {
    of_12: bool,
    is_degree: bool,
    is_smooth: bool,
}

impl Shown {
    fn data_type(&self) -> DataType {
        match (self.is_degree, self.is_smooth) {
            (true, _) => DataType::Vector3,
            (false, true) => DataType::Float,
            (false, false) => DataType::Int,
        }
    }

    /// Hour, minute, second and millisecond.
    fn parts(&self, time: Time) -> [Value; 4] {
        let hour = match self.of_12 {
            true => (time.hour() + 11) % 12 + 1,
            false => time.hour(),
        };
        let whole = [hour.into(), time.minute().into(), time.second().into(), time.millisecond()].map(f64::from);
        let [hour, minute, second, millisecond] = whole;
        let parts = match self.is_smooth {
            true => {
                let second = second + millisecond / 1000.0;
                let minute = minute + second / 60.0;
                [hour + minute / 60.0, minute, second, millisecond]
            }
            false => whole,
        };
        // What a hand of each turns by for one of them.
        let degrees = [30.0, 6.0, 6.0, 0.36];
        std::array::from_fn(|at| match self.data_type() {
            DataType::Vector3 => Value::Vector3([0.0, 0.0, parts[at] * degrees[at] % 360.0]),
            DataType::Float => Value::Float(parts[at]),
            _ => Value::Int(parts[at] as i64),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn parts(of_12: bool, is_degree: bool, is_smooth: bool, time: Time) -> [String; 4] {
        let shown = Shown {
            of_12,
            is_degree,
            is_smooth,
        };
        shown.parts(time).map(|part| part.to_string())
    }

    #[test]
    fn parts_are_as_the_mode_says() {
        let time_at = time(13, 45, 30, 500_000_000);
        assert_eq!(parts(false, false, false, time_at), ["13", "45", "30", "500"]);
        assert_eq!(parts(true, false, false, time_at), ["1", "45", "30", "500"]);
        assert_eq!(parts(true, false, false, time(0, 0, 0, 0)), ["12", "0", "0", "0"]);
        assert_eq!(parts(true, false, true, time(1, 45, 0, 0)), ["1.75", "45.0", "0.0", "0.0"]);
    }

    #[test]
    fn hands_of_a_clock_turn_about_z() {
        let turned = parts(true, true, false, time(3, 15, 45, 500_000_000));
        assert_eq!(turned, ["[0.0, 0.0, 90.0]", "[0.0, 0.0, 90.0]", "[0.0, 0.0, 270.0]", "[0.0, 0.0, 180.0]"]);
        let noon = parts(true, true, true, time(12, 30, 0, 0));
        assert_eq!(noon[..2], ["[0.0, 0.0, 15.0]", "[0.0, 0.0, 180.0]"]);
    }
}
