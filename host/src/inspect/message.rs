//! The messages as JSON: what a tool asks, and what it is told.

use std::time::Duration;

use pulsewire_plugin_api::value::Value;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::{
    engine::{Cause, InspectError, Inspector, Metrics, Position, Step, Trace},
    nodes::limits,
};

/// How long a probe waits for the logic thread.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many characters of a value's JSON are told.
const SHOWN: usize = 4096;

/// What a tool asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    Nodes,
    Trace { on: bool },
    Measure { on: bool },
    Metrics,
    Break { graph: String, node: String, on: bool },
    Pause,
    Step,
    Resume,
    Probe { graph: String, node: String },
}

/// The answer to one message of a tool: its `id`, and either `error` or what was asked for.
pub(super) fn answer(text: &str, inspector: &Inspector) -> Json {
    let mut message: Json = match serde_json::from_str(text) {
        Ok(message) => message,
        Err(error) => return json!({ "id": null, "error": format!("not JSON: {error}") }),
    };
    let id = message.as_object_mut().and_then(|message| message.remove("id"));
    let done = serde_json::from_value(message)
        .map_err(|error| error.to_string())
        .and_then(|command| execute(command, inspector).map_err(|error| error.to_string()));
    let mut answer = done.unwrap_or_else(|error| json!({ "error": error }));
    answer["id"] = id.unwrap_or_default();
    answer
}

fn execute(command: Command, inspector: &Inspector) -> Result<Json, InspectError> {
    match command {
        Command::Nodes => {
            let nodes = inspector.nodes().into_iter();
            let nodes = nodes.map(|(graph, node, id)| json!({ "graph": *graph, "node": *node, "type": id }));
            return Ok(json!({ "nodes": nodes.collect::<Vec<Json>>() }));
        }
        Command::Metrics => return Ok(json!({ "metrics": metrics(&inspector.metrics()) })),
        Command::Probe { graph, node } => {
            let probe = inspector.probe(&graph, &node, PATIENCE)?;
            return Ok(json!({ "inputs": values(&probe.inputs), "outputs": values(&probe.outputs) }));
        }
        Command::Trace { on } => inspector.trace(on),
        Command::Measure { on } => inspector.measure(on),
        Command::Break { graph, node, on } => inspector.set_breakpoint(&graph, &node, on)?,
        Command::Pause => inspector.pause(),
        Command::Step => inspector.step(),
        Command::Resume => inspector.resume(),
    }
    Ok(json!({}))
}

/// What ran since the last time.
pub(super) fn steps(trace: &Trace) -> Json {
    json!({ "event": "steps", "lost": trace.lost, "steps": trace.steps.iter().map(step).collect::<Vec<Json>>() })
}

/// The run is paused, or goes on.
pub(super) fn position(position: Option<&Position>) -> Json {
    match position {
        Some(at) => {
            json!({ "event": "paused", "graph": *at.graph, "node": *at.node, "cause": cause(&at.cause) })
        }
        None => json!({ "event": "resumed" }),
    }
}

fn step(step: &Step) -> Json {
    json!({
        "number": step.number,
        "at": micros(step.at),
        "took": micros(step.took),
        "graph": *step.graph,
        "node": *step.node,
        "cause": cause(&step.cause),
        "inputs": values(&step.inputs),
        "outputs": values(&step.outputs),
        "fired": step.fired,
        "error": step.error,
    })
}

fn cause(cause: &Cause) -> Json {
    match cause {
        Cause::Pulse(input) => json!({ "pulse": input }),
        Cause::Resume => json!("resume"),
        Cause::Event => json!("event"),
        Cause::Timer => json!("timer"),
    }
}

fn metrics(metrics: &Metrics) -> Json {
    let by_type = metrics.by_type.iter();
    let by_type: Map<String, Json> = by_type
        .map(|(id, of_type)| {
            (
                id.clone(),
                json!({ "count": of_type.count, "time": micros(of_type.time) }),
            )
        })
        .collect();
    json!({
        "nodes": metrics.nodes,
        "branches": metrics.branches,
        "errors": metrics.errors,
        "waiting": metrics.waiting,
        "types": by_type,
    })
}

/// Microseconds, with decimals.
fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}

fn values(values: &[(String, Value)]) -> Map<String, Json> {
    values
        .iter()
        .map(|(id, value)| (id.clone(), shown(value)))
        .collect()
}

/// The value, or the beginning of its text if that is long.
fn shown(value: &Value) -> Json {
    // A character has four bytes at most.
    let text = limits::json_within(value, false, 4 * SHOWN + 4).unwrap_or_else(|beginning| beginning);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => json!(format!("{}…", &text[..end])),
        None => serde_json::from_str(&text).unwrap_or_default(),
    }
}
