//! Start Interval: goes on again and again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, TimerId, World, seconds},
    nodes::{Builtin, MOST_SECONDS, START_INTERVAL},
};

const TYPE: NodeType = NodeType::action(START_INTERVAL, "Start Interval")
    .category("Utilities / Interval")
    .help("Fires On Start at once, then its output every so many seconds until Reset Interval; then On Reset. \
           Starting twice makes two intervals. Ticks that were missed are skipped.")
    .inputs(&[Socket::data("seconds", "Seconds", DataType::Float)
        .default(Literal::Int(1))
        .range(Literal::Json("0.001"), Literal::Int(MOST_SECONDS))
        .help("At least 0.001.")])
    .pulse_outputs(&[
        Socket::pulse("out", ""),
        Socket::pulse("on_start", "OnStart"),
        Socket::pulse("on_reset", "OnReset"),
    ])
    .outputs(&[Socket::data("instance_id", "Instance ID", DataType::CustomId)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.request_own_event();
    Ok(Box::new(StartInterval { running: HashMap::new() }))
});

struct StartInterval {
    running: HashMap<TimerId, Running>,
}

struct Running {
    period: Duration,
    due: Instant,
}

impl EngineNode for StartInterval {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let period = seconds(call.float(0)?)?;
        if period < Duration::from_millis(1) {
            return Err("the interval is shorter than 0.001 seconds".into());
        }
        let due = Instant::now() + period;
        let timer = world.set_timer(due);
        self.running.insert(timer, Running { period, due });
        call.set(0, Value::CustomId(timer));
        Ok(Flow::fire(1))
    }

    fn on_timer(&mut self, call: &mut Call<'_>, world: &mut World, timer: TimerId) -> NodeResult {
        let Some(running) = self.running.get_mut(&timer) else { return Ok(Flow::end()) };
        running.due = next_tick(running.due, running.period, Instant::now());
        world.set_timer_again(timer, running.due);
        call.set(0, Value::CustomId(timer));
        Ok(Flow::fire(0))
    }

    /// It was reset.
    fn on_event(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        if let Some(Value::CustomId(timer)) = call.values().first() {
            self.running.remove(timer);
        }
        call.pass_values();
        Ok(Flow::fire(2))
    }
}

/// The first tick after `now` on the grid that the start laid: no drift, and no burst after a stall.
pub(in crate::nodes) fn next_tick(due: Instant, period: Duration, now: Instant) -> Instant {
    let late = now.saturating_duration_since(due);
    let missed = u32::try_from(late.as_nanos() / period.as_nanos()).unwrap_or(u32::MAX - 1);
    due + period * (missed + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stay_on_the_grid_and_missed_ones_are_skipped() {
        let start = Instant::now();
        let period = Duration::from_millis(10);
        let ms = |n| start + Duration::from_millis(n);
        assert_eq!(next_tick(start, period, start), ms(10));
        assert_eq!(next_tick(start, period, ms(3)), ms(10));
        assert_eq!(next_tick(start, period, ms(10)), ms(20));
        assert_eq!(next_tick(start, period, ms(1234)), ms(1240));
    }
}
