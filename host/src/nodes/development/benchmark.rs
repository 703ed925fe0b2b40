//! Benchmark Start, Get and Stop: named stopwatches.

use std::time::Instant;

use pulsewire_plugin_api::{Flow, NodeResult, prelude::*};

use crate::{
    console::Level,
    engine::{EngineNode, World},
    nodes::Builtin,
};

const TIMER_NAME: Attribute = Attribute::new("timer_name", "Timer Name", DataType::String);

const fn benchmark(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name).category("Development").attributes(&[TIMER_NAME])
}

const START_TYPE: NodeType =
    benchmark("development.benchmark_start", "Benchmark Start").help("Starts the stopwatch of this name, or starts it again.");

const GET_TYPE: NodeType = benchmark("development.benchmark_get", "Benchmark Get")
    .help("Prints and outputs the milliseconds since Benchmark Start; the stopwatch goes on.")
    .outputs(&[Socket::data("time", "Time", DataType::String)]);

const STOP_TYPE: NodeType = benchmark("development.benchmark_stop", "Benchmark Stop")
    .help("Stops the stopwatch and prints the milliseconds since Benchmark Start.");

pub(in crate::nodes) const START: Builtin = builtin!(START_TYPE, |build| {
    Ok(Box::new(Start(build.text("timer_name").into())))
});

pub(in crate::nodes) const GET: Builtin = builtin!(GET_TYPE, |build| {
    Ok(Box::new(Get(build.text("timer_name").into())))
});

pub(in crate::nodes) const STOP: Builtin = builtin!(STOP_TYPE, |build| {
    Ok(Box::new(Stop(build.text("timer_name").into())))
});

struct Start(Box<str>);

impl EngineNode for Start {
    fn execute(&mut self, _: &mut Call<'_>, world: &mut World) -> NodeResult {
        world.stopwatches().insert(self.0.clone(), Instant::now());
        Ok(Flow::fire(0))
    }
}

struct Get(Box<str>);

impl EngineNode for Get {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let began = world.stopwatches().get(&self.0).copied();
        let time = millis(began.ok_or_else(|| not_started(&self.0))?);
        world.print(Level::Message, &format!("{}: {time} ms", self.0));
        call.set(0, time);
        Ok(Flow::fire(0))
    }
}

struct Stop(Box<str>);

impl EngineNode for Stop {
    fn execute(&mut self, _: &mut Call<'_>, world: &mut World) -> NodeResult {
        let began = world.stopwatches().remove(&self.0);
        let time = millis(began.ok_or_else(|| not_started(&self.0))?);
        world.print(Level::Message, &format!("{}: {time} ms", self.0));
        Ok(Flow::fire(0))
    }
}

pub(super) fn millis(began: Instant) -> String {
    format!("{:.3}", began.elapsed().as_secs_f64() * 1000.0)
}

fn not_started(name: &str) -> NodeError {
    NodeError::new(format!("the stopwatch `{name}` is not started; pulse Benchmark Start first"))
}
