//! Interpolate: a value on its way from one to another, in time.

mod easing;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, TimerId, World, seconds},
    nodes::{Builtin, MOST_SECONDS, utilities::start_interval::next_tick},
};
use easing::{EASINGS, Easing};

/// The least time between two ticks, and the least duration.
const LEAST: Duration = Duration::from_millis(1);

const TYPE: NodeType = NodeType::action("math.interpolate", "Interpolate")
    .category("Math")
    .help(
        "From Start on the value goes from From to To; OnStart fires at once, the output every Interval Time and at the \
         end, then OnEnd. Repeat begins at From again, alternate goes back; Count says how many ways there are in all. \
         Reset ends it. Each Instance ID runs on its own; to start one that runs is to start it anew.",
    )
    .attributes(&[
        Attribute::choice("data_type", "Data Type", &["Float", "Int", "Byte", "Vector2", "Vector3", "Vector4"]),
        Attribute::new("interval_time_s", "Interval Time (s)", DataType::Float)
            .default(Literal::Json("0.0167"))
            .help("At least 0.001."),
        Attribute::choice("type", "Type", EASINGS).help("The easing, as easings.net shows it."),
        Attribute::choice("mode", "Mode", &["once", "repeat", "alternate"]),
        Attribute::new("infinite", "Infinite", DataType::Bool).help("Repeat or alternate until Reset."),
    ])
    .pulse_inputs(&[Socket::pulse("start", "Start"), Socket::pulse("reset", "Reset")])
    .inputs(&[
        Socket::data("instance_id", "Instance ID", DataType::CustomId),
        Socket::data("duration_s", "Duration (s)", DataType::Float)
            .default(Literal::Int(1))
            .range(Literal::Json("0.001"), Literal::Int(MOST_SECONDS))
            .help("Of one way. At least 0.001."),
        Socket::data("count", "Count", DataType::Int)
            .default(Literal::Int(1))
            .help("Of repeat and alternate. At least 1."),
        Socket::typed_by("from", "From", "data_type"),
        Socket::typed_by("to", "To", "data_type").default(Literal::Int(1)),
    ])
    .pulse_outputs(&[
        Socket::pulse("out", ""),
        Socket::pulse("on_start", "OnStart"),
        Socket::pulse("on_reset", "OnReset"),
        Socket::pulse("on_end", "OnEnd"),
    ])
    .outputs(&[
        Socket::data("instance_id", "Instance ID", DataType::CustomId),
        Socket::typed_by("value", "Value", "data_type"),
    ]);

const START: usize = 0;

const OUT: usize = 0;
const ON_START: usize = 1;
const ON_RESET: usize = 2;
const ON_END: usize = 3;

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let interval = match build.attribute("interval_time_s") {
        Value::Float(interval) => at_least(*interval).map_err(|error| format!("attribute `interval_time_s`: {}", error.reason()))?,
        _ => LEAST,
    };
    Ok(Box::new(Interpolate {
        way: Way {
            easing: Easing::named(build.text("type")),
            alternates: build.text("mode") == "alternate",
        },
        interval,
        goes: match build.text("mode") {
            "once" => Goes::Once,
            _ if build.flag("infinite") => Goes::ForEver,
            _ => Goes::Counted,
        },
        runs: HashMap::new(),
    }))
});

struct Interpolate {
    way: Way,
    interval: Duration,
    goes: Goes,
    runs: HashMap<TimerId, Run>,
}

enum Goes {
    Once,
    Counted,
    ForEver,
}

/// How the value gets there.
struct Way {
    easing: Easing,
    alternates: bool,
}

struct Run {
    instance: u64,
    from: Value,
    to: Value,
    began: Instant,
    due: Instant,
    duration: Duration,
    /// How many ways it goes.
    count: f64,
    /// What is left is to fire On End.
    has_arrived: bool,
}

impl EngineNode for Interpolate {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let instance = call.custom_id(0)?;
        let (from, to) = (call.input(3).clone(), call.input(4).clone());
        if call.pulse() != START {
            self.end(instance, world)?;
            call.set(0, Value::CustomId(instance));
            call.set(1, from);
            return Ok(Flow::fire(ON_RESET));
        }
        let duration = at_least(call.float(1)?)?;
        let count = match (&self.goes, call.int(2)?) {
            (Goes::Once, _) => 1.0,
            (Goes::ForEver, _) => f64::INFINITY,
            (Goes::Counted, count @ 1..) => count as f64,
            (Goes::Counted, count) => return Err(format!("the count is {count}, expected at least 1").into()),
        };
        self.end(instance, world)?;
        call.set(0, Value::CustomId(instance));
        call.set(1, from.clone());
        let began = Instant::now();
        let mut run = Run {
            instance,
            from,
            to,
            began,
            due: began,
            duration,
            count,
            has_arrived: false,
        };
        run.due = run.next_due(self.interval, began);
        self.runs.insert(world.set_timer(run.due), run);
        Ok(Flow::fire(ON_START))
    }

    fn on_timer(&mut self, call: &mut Call<'_>, world: &mut World, timer: TimerId) -> NodeResult {
        let Some(run) = self.runs.get_mut(&timer) else { return Ok(Flow::end()) };
        call.set(0, Value::CustomId(run.instance));
        if run.has_arrived {
            self.runs.remove(&timer);
            return Ok(Flow::fire(ON_END));
        }
        let now = Instant::now();
        let value = run.value(&self.way, now.saturating_duration_since(run.began))?;
        call.set(1, value);
        // On End begins a branch of its own, so that this one may start or reset the node.
        run.due = if run.has_arrived { now } else { run.next_due(self.interval, now) };
        world.set_timer_again(timer, run.due);
        Ok(Flow::fire(OUT))
    }
}

impl Interpolate {
    /// Ends the run of the instance, if there is one.
    fn end(&mut self, instance: u64, world: &mut World) -> Result<(), NodeError> {
        let running = self.runs.iter().find(|(_, run)| run.instance == instance);
        if let Some(timer) = running.map(|(timer, _)| *timer) {
            world.cancel_timer(timer)?;
            self.runs.remove(&timer);
        }
        Ok(())
    }
}

impl Run {
    /// The value after this time; notices that it has arrived.
    fn value(&mut self, way: &Way, elapsed: Duration) -> Result<Value, NodeError> {
        let ways = elapsed.div_duration_f64(self.duration);
        let is_back = |number: f64| way.alternates && number % 2.0 == 1.0;
        if ways >= self.count {
            self.has_arrived = true;
            return Ok(if is_back(self.count - 1.0) { &self.from } else { &self.to }.clone());
        }
        let part = ways.fract();
        let part = if is_back(ways.floor()) { 1.0 - part } else { part };
        mix(&self.from, &self.to, way.easing.at(part))
    }

    /// The next tick, which the end comes before if it is nearer.
    fn next_due(&self, interval: Duration, now: Instant) -> Instant {
        let tick = next_tick(self.due, interval, now);
        let all = Duration::try_from_secs_f64(self.duration.as_secs_f64() * self.count).ok();
        let end = all.and_then(|all| self.began.checked_add(all));
        end.map_or(tick, |end| tick.min(end.max(now)))
    }
}

fn at_least(value: f64) -> Result<Duration, NodeError> {
    let time = seconds(value)?;
    match time < LEAST {
        true => Err(format!("{value} seconds are too short, expected at least 0.001").into()),
        false => Ok(time),
    }
}

/// The value so far on the way; whole numbers are rounded and stay at the limits of their type.
fn mix(from: &Value, to: &Value, part: f64) -> Result<Value, NodeError> {
    let mix = |from: f64, to: f64| from * (1.0 - part) + to * part;
    fn each<const N: usize>(from: &[f64; N], to: &[f64; N], mix: impl Fn(f64, f64) -> f64) -> [f64; N] {
        std::array::from_fn(|at| mix(from[at], to[at]))
    }
    Ok(match (from, to) {
        (Value::Float(from), Value::Float(to)) => Value::Float(mix(*from, *to)),
        (Value::Int(from), Value::Int(to)) => Value::Int(mix(*from as f64, *to as f64).round() as i64),
        (Value::Byte(from), Value::Byte(to)) => Value::Byte(mix((*from).into(), (*to).into()).round() as u8),
        (Value::Vector2(from), Value::Vector2(to)) => Value::Vector2(each(from, to, mix)),
        (Value::Vector3(from), Value::Vector3(to)) => Value::Vector3(each(from, to, mix)),
        (Value::Vector4(from), Value::Vector4(to)) => Value::Vector4(each(from, to, mix)),
        (from, to) => return Err(format!("there is nothing between {} and {}", from.data_type(), to.data_type()).into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(from: Value, to: Value, count: f64) -> Run {
        let now = Instant::now();
        Run {
            instance: 0,
            from,
            to,
            began: now,
            due: now,
            duration: Duration::from_secs(2),
            count,
            has_arrived: false,
        }
    }

    fn values(alternates: bool, count: f64, seconds: &[f64]) -> Vec<(String, bool)> {
        let way = Way {
            easing: Easing::named("linear"),
            alternates,
        };
        let mut run = run(Value::Int(0), Value::Int(100), count);
        let value = |at: &f64| {
            let value = run.value(&way, Duration::from_secs_f64(*at)).unwrap();
            (value.to_string(), run.has_arrived)
        };
        seconds.iter().map(value).collect()
    }

    fn expected(values: &[(&str, bool)]) -> Vec<(String, bool)> {
        values.iter().map(|(value, is)| ((*value).to_owned(), *is)).collect()
    }

    #[test]
    fn values_come_nearer_and_stay_at_the_end() {
        assert_eq!(
            values(false, 1.0, &[0.0, 0.5, 1.0, 2.0, 9.0]),
            expected(&[("0", false), ("25", false), ("50", false), ("100", true), ("100", true)])
        );
    }

    #[test]
    fn repeat_begins_again_and_alternate_goes_back() {
        assert_eq!(
            values(false, 2.0, &[2.5, 4.0]),
            expected(&[("25", false), ("100", true)])
        );
        assert_eq!(
            values(true, 2.0, &[1.5, 2.5, 4.0]),
            expected(&[("75", false), ("75", false), ("0", true)])
        );
        assert_eq!(values(true, f64::INFINITY, &[4.5]), expected(&[("25", false)]));
    }

    #[test]
    fn the_last_tick_is_the_end() {
        let run = run(Value::Int(0), Value::Int(1), 1.0);
        let after = |ms| run.began + Duration::from_millis(ms);
        let tick = Duration::from_millis(1500);
        assert_eq!(run.next_due(tick, run.began), after(1500));
        assert_eq!(run.next_due(tick, after(1600)), after(2000));
        assert_eq!(run.next_due(tick, after(2500)), after(2500));
    }

    #[test]
    fn whole_numbers_stay_at_their_limits() {
        let (least, most) = (Value::Int(i64::MIN), Value::Int(i64::MAX));
        assert_eq!(mix(&least, &most, 2.0).unwrap(), most);
        assert_eq!(mix(&Value::Byte(0), &Value::Byte(200), 1.5).unwrap(), Value::Byte(255));
        assert_eq!(mix(&Value::Byte(0), &Value::Byte(200), -0.5).unwrap(), Value::Byte(0));
        let far = mix(&Value::Float(f64::MIN), &Value::Float(f64::MAX), 0.5);
        assert_eq!(far.unwrap(), Value::Float(0.0));
    }
}
