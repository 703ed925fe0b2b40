//! An engine that is looked into: trace, breakpoints, steps, probes, metrics.

mod common;

use std::{thread, time::Duration};

use common::{Running, engine, project};
use pulsewire_host::{
    engine::{Cause, InspectError, Outcome},
    inspect::Server,
};
use pulsewire_plugin_api::value::Value;
use tungstenite::{Error, Message, protocol::frame::coding::CloseCode};

const LIMIT: Duration = Duration::from_secs(20);

/// Two rounds of a loop, whose body fails in the second, and an end.
fn running() -> Running {
    engine(&[(
        "project",
        &project(
            "begin: events.on_initialize\n\
             loop: flow_control.for_loop { last_index = 2 }\n\
             rest: math.subtract { input_1 = 1 }\n\
             part: math.divide { dividend = 8 }\n\
             end: utilities.exit\n\
             begin.out -> loop.in\nloop.out -> rest.in\nloop.index -> rest.input_2\nrest.out -> part.in\n\
             rest.output -> part.divisor\nloop.on_end -> end.in",
        ),
    )])
}

#[test]
fn trace_tells_each_node_with_what_it_was_given_and_gave() {
    let mut running = running();
    let inspector = running.engine.inspector();
    inspector.trace(true);
    assert_eq!(running.engine.run_pending(), Some(Outcome::Exit(0)));
    let trace = inspector.steps_after(0);
    assert_eq!(trace.lost, 0);
    let told: Vec<String> = trace
        .steps
        .iter()
        .map(|step| {
            let fired = step.fired.as_deref().unwrap_or("-");
            format!(
                "{} {} {:?} {fired} {:?}",
                step.number, step.node, step.cause, step.error
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "1 begin Event out None",
            "2 loop Pulse(\"in\") out None",
            "3 rest Pulse(\"in\") out None",
            "4 part Pulse(\"in\") out None",
            "5 loop Resume out None",
            "6 rest Pulse(\"in\") out None",
            "7 part Pulse(\"in\") - Some(\"the divisor is 0\")",
            "8 loop Resume on_end None",
            "9 end Pulse(\"in\") - None",
        ]
    );
    let part = &trace.steps[3];
    assert_eq!(part.inputs[1], ("divisor".to_owned(), Value::Int(1)));
    assert_eq!(part.outputs, [("quotient".to_owned(), Value::Int(8))]);
    assert_eq!(trace.steps[6].outputs, [("quotient".to_owned(), Value::Int(0))]);
    assert_eq!(inspector.steps_after(7).steps, trace.steps[7..]);
}

#[test]
fn nothing_is_told_of_what_ran_while_nobody_looked() {
    let mut running = running();
    let inspector = running.engine.inspector();
    inspector.trace(true);
    inspector.trace(false);
    running.engine.run_pending();
    assert_eq!(inspector.steps_after(0).steps, []);
    assert_eq!(inspector.metrics().nodes, 0);
}

#[test]
fn measurements_count_nodes_branches_and_errors() {
    let mut running = running();
    let inspector = running.engine.inspector();
    inspector.measure(true);
    assert_eq!(inspector.metrics().waiting, 1, "On Initialize");
    running.engine.run_pending();
    let metrics = inspector.metrics();
    assert_eq!((metrics.nodes, metrics.branches, metrics.errors), (9, 1, 1));
    assert_eq!(metrics.by_type["flow_control.for_loop"].count, 3);
}

#[test]
fn long_trace_loses_its_oldest_steps_and_says_how_many() {
    let text = project(
        "begin: events.on_initialize\nloop: flow_control.for_loop { last_index = 5000 }\nbegin.out -> loop.in",
    );
    let mut running = engine(&[("project", &text)]);
    let inspector = running.engine.inspector();
    inspector.trace(true);
    running.engine.run_pending();
    let trace = inspector.steps_after(0);
    assert_eq!(trace.lost as usize + trace.steps.len(), 5002);
    assert_eq!(trace.steps.len(), 4096);
    assert_eq!(inspector.steps_after(5000).lost, 0);
}

#[test]
fn breakpoint_pauses_before_the_node_and_steps_go_one_by_one() {
    let mut running = running();
    let inspector = running.engine.inspector();
    inspector.set_breakpoint("project", "part", true).unwrap();
    let tool = thread::spawn(move || {
        let at = inspector.wait_for_pause(LIMIT).unwrap();
        assert_eq!((&*at.node, &at.cause), ("part", &Cause::Pulse("in".to_owned())));
        let part = inspector.probe("project", "part", LIMIT).unwrap();
        assert_eq!(part.inputs[1].1, Value::Int(1));
        assert_eq!(part.outputs[0].1, Value::Int(0), "it has not run");
        inspector.step();
        while inspector.position().is_none_or(|now| now.number == at.number) {
            thread::yield_now();
        }
        assert_eq!(&*inspector.position().unwrap().node, "loop");
        assert_eq!(
            inspector.probe("project", "part", LIMIT).unwrap().outputs[0].1,
            Value::Int(8)
        );
        inspector.set_breakpoint("project", "part", false).unwrap();
        inspector.resume();
    });
    let limit = std::time::Instant::now() + LIMIT;
    assert_eq!(running.engine.run(Some(limit)), Outcome::Exit(0));
    tool.join().unwrap();
}

#[test]
fn paused_engine_can_be_stopped() {
    let mut running = running();
    let (inspector, stop) = (running.engine.inspector(), running.engine.stop_handle());
    inspector.pause();
    let tool = thread::spawn(move || {
        assert_eq!(&*inspector.wait_for_pause(LIMIT).unwrap().node, "begin");
        stop.stop();
    });
    assert_eq!(running.engine.run(None), Outcome::Stopped);
    tool.join().unwrap();
}

#[test]
fn node_that_is_not_there_is_named_with_the_nearest() {
    let running = running();
    let inspector = running.engine.inspector();
    let error = inspector.set_breakpoint("project", "prat", true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no node `prat` in graph `project`; did you mean `project: part`?"
    );
    // Nobody runs the engine.
    let limit = Duration::from_millis(1);
    assert_eq!(inspector.probe("project", "part", limit), Err(InspectError::Busy));
}

#[test]
fn tool_whose_message_is_too_long_is_told_why_it_is_cut_off() {
    let running = running();
    let server = Server::start(([127, 0, 0, 1], 0).into(), running.engine.inspector()).unwrap();
    // The second is longer than what the system keeps of a connection on its way.
    for length in [(64 << 10) + 1, 30 << 20] {
        let (mut tool, _) = tungstenite::connect(server.url()).unwrap();
        // The server may be gone before all is sent.
        let _ = tool.send(Message::text(" ".repeat(length)));
        let frame = match tool.read() {
            Ok(Message::Close(Some(frame))) => frame,
            other => panic!("{length}: {other:?}"),
        };
        assert_eq!(frame.code, CloseCode::Size);
        assert_eq!(frame.reason, "a message has 65536 bytes at most");
        let end = std::iter::repeat_with(|| tool.read()).find_map(Result::err);
        assert!(
            matches!(end, Some(Error::ConnectionClosed | Error::Io(_))),
            "{end:?}"
        );
    }
}
