//! The queue, and programs that change while they run.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use common::{
    compile_all, engine,
    live::{PATIENCE, folder, start as start_live, write},
    project,
};
use pulsewire_host::{
    compile::Program,
    engine::{Engine, EngineNode, EventQueue, Events, Outcome, StopHandle, World},
    runtime::{Ended, make_builtin_node},
    toolbox::Toolbox,
};
use pulsewire_plugin_api::{Call, Flow, NodeResult, value::Value};

fn replace(engine: &mut Engine, events: &Arc<Events>, graphs: &[(&str, &str)]) {
    let (program, faults) = compile_all(graphs);
    assert!(!faults.has_errors(), "{faults}");
    let toolbox = Toolbox::default();
    engine.replace(program, |program, at| {
        make_builtin_node(program, at, &toolbox, events)
    });
}

const COUNTER: &str = r#"
    [[variable]]
    name = "n"
    type = "Int"
    value = 0
    begin: events.on_initialize
    tick: utilities.start_interval { seconds = 0.002 }
    n: variables.variable_getter { variable = "n" }
    next: math.increment
    keep: variables.variable_setter { variable = "n" }
    flip: flow_control.toggle
    begin.out -> tick.in
    tick.out -> next.in
    next.out -> keep.in
    keep.out -> flip.in
    n.value -> next.input
    next.output -> keep.value
"#;

fn int(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Int(int)) => *int,
        other => panic!("{other:?}"),
    }
}

#[test]
fn replaced_program_keeps_variables_timers_state_and_outputs_of_unchanged_nodes() {
    let first = project(COUNTER);
    let mut running = engine(&[("project", &first)]);
    let engine = &mut running.engine;
    while int(engine.variable("project/n").or(Some(&Value::Int(0)))) < 5 {
        engine.run(Some(Instant::now() + Duration::from_millis(2)));
    }
    let before = int(engine.variable("project/n"));
    let flipped = engine.output("project", "flip", "is_on").cloned();
    let more = project(&format!("show: development.console {{ input = 1 }}\n{COUNTER}"));
    let events = Arc::clone(engine.events());
    replace(engine, &events, &[("project", &more)]);

    assert_eq!(int(engine.variable("project/n")), before);
    assert_eq!(engine.output("project", "flip", "is_on").cloned(), flipped);
    while int(engine.variable("project/n")) < before + 5 {
        engine.run(Some(Instant::now() + Duration::from_millis(2)));
    }
    let odd = int(engine.variable("project/n")) % 2 == 1;
    assert_eq!(
        engine.output("project", "flip", "is_on"),
        Some(&Value::Bool(odd)),
        "Toggle went on from its state"
    );
}

#[test]
fn replaced_program_keeps_what_a_call_with_two_ways_out_gave() {
    let function = project(
        "[[output]]\nname = \"text\"\ntype = \"String\"\nbegin: functions.function_input\n\
         branch: flow_control.branch\nyes: functions.function_output { text = \"yes\" }\n\
         no: functions.function_output { text = \"no\" }\nbegin.out -> branch.in\n\
         branch.on_true -> yes.in\nbranch.on_false -> no.in",
    );
    let main = "begin: events.on_initialize\ngo: functions.function { function = \"f\" }\nbegin.out -> go.in";
    let first = project(main);
    let mut running = engine(&[("project", &first), ("functions/f", &function)]);
    let engine = &mut running.engine;
    engine.run_pending();
    let more = project(&format!("{main}\nshow: development.console"));
    let events = Arc::clone(engine.events());
    replace(engine, &events, &[("project", &more), ("functions/f", &function)]);
    for way in ["yes", "no"] {
        assert_eq!(engine.output("project/go", way, "text"), Some(&Value::from("no")));
    }
}

#[test]
fn replaced_program_keeps_the_values_of_a_call_while_its_function_changes() {
    let function = |more: &str, end: &str| {
        project(&format!(
            "[[input]]\nname = \"who\"\ntype = \"String\"\n[[output]]\nname = \"text\"\ntype = \"String\"\n{more}\n\
             begin: functions.function_input\n{end}: functions.function_output {{ text = \"hello\" }}\n\
             begin.out -> {end}.in"
        ))
    };
    let main = project(
        "begin: events.on_initialize\ngo: functions.function { function = \"f\", who = \"Ada\" }\nbegin.out -> go.in",
    );
    let (before, renamed) = (function("", "end"), function("", "done"));
    let input = "[[input]]\nname = \"age\"\ntype = \"Int\"";
    let output = "[[output]]\nname = \"age\"\ntype = \"Int\"";
    let mut running = engine(&[("project", &main), ("functions/f", &before)]);
    let engine = &mut running.engine;
    engine.run_pending();
    let events = Arc::clone(engine.events());
    for function in [renamed, function(output, "done"), function(input, "done")] {
        replace(engine, &events, &[("project", &main), ("functions/f", &function)]);
        let text = engine.output("project/go", "done", "text");
        assert_eq!(text, Some(&Value::from("hello")), "{function}");
        let who = engine.output("project", "go", "who");
        assert_eq!(who, Some(&Value::from("Ada")), "{function}");
    }
}

#[test]
fn events_that_wait_while_their_parameters_change_are_dropped_and_told_of_once() {
    let text = |data_type| {
        project(&format!(
            "[[event]]\nname = \"e\"\nparameters = [{{ name = \"value\", type = \"{data_type}\" }}]\n\
             heard: events.event_listener {{ event = \"e\" }}\n\
             show: development.console {{ data_type = \"{data_type}\" }}\n\
             heard.out -> show.in\nheard.value -> show.input"
        ))
    };
    let mut running = engine(&[("project", &text("Int"))]);
    let engine = &mut running.engine;
    let events = Arc::clone(engine.events());
    let event = events.number("events.event_listener", "project/e");
    for value in 1..=2 {
        engine.raise(event, vec![Value::Int(value)]);
    }
    replace(engine, &events, &[("project", &text("String"))]);
    engine.raise(event, vec![Value::from("new")]);
    engine.run_pending();
    assert_eq!(
        running.console.lines(),
        [
            "warning heard: events from before the parameters changed do not fit them any more, and are dropped",
            "new"
        ]
    );
}

#[test]
fn node_that_changed_begins_anew_and_its_timers_end() {
    let first = project(COUNTER);
    let mut running = engine(&[("project", &first)]);
    let engine = &mut running.engine;
    while int(engine.variable("project/n")) < 3 {
        engine.run(Some(Instant::now() + Duration::from_millis(2)));
    }
    let before = int(engine.variable("project/n"));
    let without = project(&COUNTER.replace("tick", "tock"));
    let events = Arc::clone(engine.events());
    replace(engine, &events, &[("project", &without)]);
    engine.run(Some(Instant::now() + Duration::from_millis(20)));
    assert_eq!(
        int(engine.variable("project/n")),
        before,
        "On Initialize does not fire again, and the old interval is gone"
    );
}

#[test]
fn full_queue_gives_the_event_back() {
    let queue = EventQueue::new(2);
    for _ in 0..2 {
        let mut values = [Value::Int(1)];
        assert!(queue.push(0, &mut values).is_ok());
        assert_eq!(values, [Value::Empty]);
    }
    let mut values = [Value::Int(1)];
    assert!(queue.push(0, &mut values).is_err());
    assert_eq!(values, [Value::Int(1)]);
    assert_eq!(queue.len(), 2);
}

#[test]
fn events_that_find_the_queue_full_are_told_of_in_two_lines() {
    let folder = folder();
    write(
        folder.path(),
        "project",
        "[[event]]\nname = \"e\"\nbegin: events.on_initialize\n\
         often: flow_control.for_loop { last_index = 70000 }\nfire: events.event_trigger { event = \"e\" }\n\
         heard: events.event_listener { event = \"e\" }\nnone: math.add\nend: utilities.exit\n\
         begin.out -> often.in\noften.out -> fire.in\noften.on_end -> end.in\nheard.out -> none.in",
    );
    let mut live = start_live(folder.path(), false);
    assert_eq!(live.runtime.run(Some(PATIENCE)), Ended::Exit(0));
    drop(live.runtime);
    assert_eq!(
        live.console.lines(),
        [
            "error fire: the event queue is full",
            "error : the event queue is full: 4464 more events found no room"
        ]
    );
}

#[test]
fn events_of_one_thread_arrive_in_order_however_many_threads_emit() {
    const THREADS: i64 = 4;
    const EACH: i64 = 5_000;
    let text = project(
        r#"
        [[event]]
        name = "e"
        parameters = [{ name = "thread", type = "Int" }, { name = "number", type = "Int" }]
        heard: events.event_listener { event = "e" }
        show: development.console { data_type = "Int" }
        heard.out -> show.in
        heard.number -> show.input
        "#,
    );
    let mut running = engine(&[("project", &text)]);
    let events = Arc::clone(running.engine.events());
    let event = events.number("events.event_listener", "project/e");
    let queue = Arc::clone(running.engine.queue());
    let refused = Arc::new(AtomicU64::new(0));
    let emitters: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (queue, refused) = (Arc::clone(&queue), Arc::clone(&refused));
            thread::spawn(move || {
                for number in 0..EACH {
                    let mut values = [thread.into(), (thread * EACH + number).into()];
                    // The queue is bounded: whoever finds it full tries again.
                    while queue.push(event, &mut values).is_err() {
                        refused.fetch_add(1, Ordering::Relaxed);
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let limit = Instant::now() + Duration::from_secs(30);
    while running.console.lines().len() < (THREADS * EACH) as usize {
        assert_eq!(
            running
                .engine
                .run(Some(Instant::now() + Duration::from_millis(5))),
            Outcome::Deadline
        );
        assert!(
            Instant::now() < limit,
            "{} arrived",
            running.console.lines().len()
        );
    }
    emitters.into_iter().for_each(|emitter| emitter.join().unwrap());
    let mut last = [-1; THREADS as usize];
    for line in running.console.lines() {
        let number: i64 = line.parse().unwrap();
        let thread = (number / EACH) as usize;
        assert!(number > last[thread], "{number} after {}", last[thread]);
        last[thread] = number;
    }
    assert!(queue.is_empty());
}

#[test]
fn stop_from_another_thread_ends_a_waiting_run() {
    let text = project("begin: events.on_initialize");
    let mut running = engine(&[("project", &text)]);
    let handle = running.engine.stop_handle();
    let stopper = thread::spawn(move || handle.stop());
    assert_eq!(running.engine.run(None), Outcome::Stopped);
    stopper.join().unwrap();
}

#[test]
fn timers_and_events_have_their_turn_while_attention_is_requested_all_the_time() {
    let text = project(
        "[[event]]\nname = \"e\"\nbegin: events.on_initialize\nwait: utilities.start_timeout { seconds = 0.01 }\n\
         fire: events.event_trigger { event = \"e\" }\nheard: events.event_listener { event = \"e\" }\n\
         end: utilities.exit\nbegin.out -> wait.in\nwait.out -> fire.in\nheard.out -> end.in",
    );
    let mut running = engine(&[("project", &text)]);
    let handle = running.engine.stop_handle();
    let limit = Instant::now() + PATIENCE;
    let mut outcome = Outcome::Attention;
    while outcome == Outcome::Attention && Instant::now() < limit {
        handle.request_attention();
        outcome = running.engine.run(Some(limit));
    }
    assert_eq!(outcome, Outcome::Exit(0));
}

#[test]
fn stop_does_not_wait_for_the_branches_that_wait() {
    // Each event runs a branch of nearly a million steps; all of them would take minutes.
    let text = project(
        r#"
        [[event]]
        name = "e"
        begin: events.on_initialize
        often: flow_control.for_loop { last_index = 900 }
        fire: events.event_trigger { event = "e" }
        queued: development.console { input = "queued" }
        often.on_end -> queued.in
        heard: events.event_listener { event = "e" }
        long: flow_control.for_loop { last_index = 900000 }
        begin.out -> often.in
        often.out -> fire.in
        heard.out -> long.in
        "#,
    );
    let mut running = engine(&[("project", &text)]);
    let (handle, console) = (running.engine.stop_handle(), Arc::clone(&running.console));
    let stopper = thread::spawn(move || {
        while console.lines().is_empty() {
            thread::yield_now();
        }
        handle.stop();
    });
    assert_eq!(running.engine.run(None), Outcome::Stopped);
    stopper.join().unwrap();
    assert!(
        running.engine.queue().len() > 800,
        "{}",
        running.engine.queue().len()
    );
}

/// A node that takes a while.
struct Slow {
    stop: StopHandle,
    ran: Arc<AtomicU64>,
}

impl EngineNode for Slow {
    fn execute(&mut self, _: &mut Call<'_>, _: &mut World) -> NodeResult {
        if self.ran.fetch_add(1, Ordering::Relaxed) == 2 {
            self.stop.stop();
        }
        let end = Instant::now() + Duration::from_millis(20);
        while Instant::now() < end {
            thread::yield_now();
        }
        Ok(Flow::fire(0))
    }
}

/// How often a slow node of a listener runs, in which a stop is called for when it runs for the third time.
fn runs_of_slow_node(lines: &str) -> u64 {
    let text = project(&format!(
        "[[event]]\nname = \"e\"\nbegin: events.on_initialize\n{lines}"
    ));
    let mut running = engine(&[("project", &text)]);
    let ran = Arc::new(AtomicU64::new(0));
    let stop = running.engine.stop_handle();
    let (program, _) = compile_all(&[("project", &text)]);
    let events = Arc::clone(running.engine.events());
    let toolbox = Toolbox::default();
    // As if the nodes named so were others.
    running
        .engine
        .replace(Program::default(), |_, _| unreachable!("there are none"));
    running.engine.replace(program, |program, at| {
        match program.infos[at].id.starts_with("slow") {
            true => Box::new(Slow {
                stop: stop.clone(),
                ran: Arc::clone(&ran),
            }),
            false => make_builtin_node(program, at, &toolbox, &events),
        }
    });
    let limit = Instant::now() + PATIENCE;
    assert_eq!(running.engine.run(Some(limit)), Outcome::Stopped);
    ran.load(Ordering::Relaxed)
}

#[test]
fn stop_waits_for_one_node_of_a_branch_however_slow_it_is() {
    let often = "loop: flow_control.for_loop { last_index = 400 }\nslow: math.increment\n\
                 begin.out -> loop.in\nloop.out -> slow.in";
    assert_eq!(runs_of_slow_node(often), 3);
    let many: String = (0..40)
        .map(|at| format!("l{at}: events.event_listener {{ event = \"e\" }}\nslow{at}: math.increment\nl{at}.out -> slow{at}.in\n"))
        .collect();
    let listeners = format!("{many}fire: events.event_trigger {{ event = \"e\" }}\nbegin.out -> fire.in");
    assert_eq!(runs_of_slow_node(&listeners), 3);
}

#[test]
fn variable_of_type_any_keeps_a_value_of_any_type() {
    let lines = r#"
        [[variable]]
        name = "v"
        type = "Any"
        begin: events.on_initialize
        set: variables.variable_setter { variable = "v", value = 5 }
        begin.out -> set.in
    "#;
    let mut running = engine(&[("project", &project(lines))]);
    running.engine.run_pending();
    let events = Arc::clone(running.engine.events());
    let more = project(&format!("show: development.console\n{lines}"));
    replace(&mut running.engine, &events, &[("project", &more)]);
    assert_eq!(running.engine.variable("project/v"), Some(&Value::Int(5)));
}
