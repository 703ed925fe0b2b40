//! Scenes begin and end while the project runs.

mod common;

use std::{thread, time::Duration};

use common::{
    faults_of,
    live::{Live, PATIENCE, folder, start, write},
    project,
};
use pulsewire_host::{engine::Outcome, runtime::Ended};

/// Says `begin` at its start, then counts in a variable of its own what the event `tick` brings.
const HALL: &str = r#"
    start = false
    [[variable]]
    name = "ticks"
    type = "Int"
    begin: events.on_initialize
    said: development.console { input = "begin" }
    tick: events.event_listener { event = "tick" }
    before: variables.variable_getter { variable = "ticks" }
    more: math.increment
    keep: variables.variable_setter { variable = "ticks" }
    say: development.console
    begin.out -> said.in
    tick.out -> more.in
    before.value -> more.input
    more.out -> keep.in
    more.output -> keep.value
    keep.out -> say.in
    keep.value -> say.input
"#;

/// A project that does these things one after the other, each in an event of its own, and then ends.
fn steps(steps: &[&str]) -> String {
    let mut lines =
        String::from("[[event]]\nname = \"tick\"\nbegin: events.on_initialize\nbegin.out -> t1.in\n");
    // What the last of them did is over before the end.
    let steps = steps.iter().chain(&["math.add", "utilities.exit"]);
    let last = steps.clone().count() + 1;
    for (at, step) in steps.enumerate() {
        let (at, next) = (at + 1, at + 2);
        lines.push_str(&format!(
            "[[event]]\nname = \"e{at}\"\nt{at}: events.event_trigger {{ event = \"e{at}\" }}\n\
             l{at}: events.event_listener {{ event = \"e{at}\" }}\nboth{at}: flow_control.sequential\n\
             do{at}: {step}\nl{at}.out -> both{at}.in\nboth{at}.pulse_1 -> do{at}.in\nboth{at}.pulse_2 -> t{next}.in\n"
        ));
    }
    lines + &format!("t{last}: math.add\n")
}

const TICK: &str = "events.event_trigger { event = \"tick\" }";

fn node(node_type: &str, scene: &str) -> String {
    format!("scenes.{node_type} {{ scene = \"{scene}\" }}")
}

#[track_caller]
fn run(scenes: &[(&str, &str)], wanted: &[&str]) -> Vec<String> {
    run_project(scenes, &steps(wanted))
}

#[track_caller]
fn run_project(scenes: &[(&str, &str)], lines: &str) -> Vec<String> {
    let folder = folder();
    write(folder.path(), "project", lines);
    for (name, lines) in scenes {
        write(folder.path(), &format!("scenes/{name}"), lines);
    }
    let mut live = start(folder.path(), false);
    assert_eq!(live.runtime.run(Some(PATIENCE)), Ended::Exit(0));
    live.console.lines()
}

#[test]
fn scene_begins_when_it_is_loaded_and_hears_nothing_before() {
    let load = node("load_scene", "hall");
    assert_eq!(
        run(&[("hall", HALL)], &[TICK, &load, TICK, &load, TICK]),
        ["begin", "1", "2"]
    );
}

#[test]
fn scene_runs_from_the_start_unless_it_says_otherwise() {
    let always = HALL.replace("start = false", "");
    assert_eq!(run(&[("hall", &always)], &["math.add"]), ["begin"]);
    assert_eq!(run(&[("hall", HALL)], &["math.add"]), [""; 0]);
}

#[test]
fn unloaded_scene_hears_nothing_and_begins_anew_when_it_is_loaded_again() {
    let (load, unload) = (node("load_scene", "hall"), node("unload_scene", "hall"));
    let lines = run(&[("hall", HALL)], &[&load, TICK, &unload, TICK, &load, TICK]);
    assert_eq!(lines, ["begin", "1", "begin", "1"]);
}

#[test]
fn persistent_variable_of_a_scene_outlives_the_scene() {
    let (load, unload) = (node("load_scene", "hall"), node("unload_scene", "hall"));
    let hall = HALL.replace("type = \"Int\"", "type = \"Int\"\npersistent = true");
    let lines = run(&[("hall", &hall)], &[&load, TICK, &unload, &load, TICK]);
    assert_eq!(lines, ["begin", "1", "begin", "2"]);
}

#[test]
fn scene_that_is_set_takes_the_place_of_all_others() {
    let yard = HALL.replace("\"begin\"", "\"yard\"").replace("start = false", "");
    let lines = run(
        &[("hall", HALL), ("yard", &yard)],
        &[TICK, &node("set_scene", "hall"), TICK],
    );
    assert_eq!(lines, ["yard", "1", "begin", "1"]);
}

#[test]
fn timers_of_a_scene_end_with_it() {
    let scene = "tick: events.event_listener { event = \"tick\" }\nwait: utilities.start_timeout { seconds = 0.0 }\n\
                 say: development.console { input = \"late\" }\ntick.out -> wait.in\nwait.out -> say.in";
    // Both events are taken together: the scene is gone before its timer can be looked at.
    let main = |step: &str| {
        format!(
            "[[event]]\nname = \"tick\"\n[[event]]\nname = \"then\"\nbegin: events.on_initialize\n\
             both: flow_control.sequential\ntick: events.event_trigger {{ event = \"tick\" }}\n\
             then: events.event_trigger {{ event = \"then\" }}\nheard: events.event_listener {{ event = \"then\" }}\n\
             do: {step}\nwait: utilities.start_timeout {{ seconds = 0.0 }}\nend: utilities.exit\n\
             begin.out -> both.in\nboth.pulse_1 -> tick.in\nboth.pulse_2 -> then.in\nheard.out -> do.in\n\
             do.out -> wait.in\nwait.out -> end.in"
        )
    };
    assert_eq!(run_project(&[("hall", scene)], &main("math.add")), ["late"]);
    assert_eq!(
        run_project(&[("hall", scene)], &main(&node("unload_scene", "hall"))),
        [""; 0]
    );
}

#[test]
fn events_that_wait_when_a_scene_ends_do_not_reach_its_next_instance() {
    let (load, unload) = (node("load_scene", "hall"), node("unload_scene", "hall"));
    // The scene ends and begins anew when the branch is over; before it, the event was fired.
    let again = format!(
        "math.add\nunload: {unload}\nload: {load}\ntick: {TICK}\n\
         heard: events.event_listener {{ event = \"tick\" }}\ntell: development.console {{ input = \"main\" }}\n\
         do2.out -> unload.in\nunload.out -> load.in\nload.out -> tick.in\nheard.out -> tell.in"
    );
    assert_eq!(
        run(&[("hall", HALL)], &[&load, &again, TICK]),
        ["begin", "begin", "main", "main", "1"]
    );
}

#[test]
fn scene_that_appears_before_the_first_run_begins_once() {
    let folder = folder();
    let saying = |text: &str| {
        format!(
            "begin: events.on_initialize\nsay: development.console {{ input = \"{text}\" }}\nbegin.out -> say.in\n"
        )
    };
    let end =
        "loaded: scenes.on_scene_loaded { scene = \"hall\" }\nend: utilities.exit\nloaded.out -> end.in";
    write(folder.path(), "project", &saying("main"));
    let mut live = start(folder.path(), true);
    write(folder.path(), "scenes/hall", &saying("hall"));
    write(folder.path(), "project", &(saying("main") + end));
    assert_eq!(live.runtime.run(Some(PATIENCE)), Ended::Exit(0));
    let lines = live.console.lines();
    assert_eq!(lines[1..], ["main", "hall"], "{lines:#?}");
}

#[test]
fn on_scene_loaded_follows_the_scenes_own_beginning() {
    let loaded = "math.add\nloaded: scenes.on_scene_loaded { scene = \"hall\" }\n\
                  told: development.console { input = \"loaded\" }\nloaded.out -> told.in";
    let lines = run(&[("hall", HALL)], &[loaded, &node("load_scene", "hall")]);
    assert_eq!(lines, ["begin", "loaded"]);
}

#[test]
fn success_says_whether_the_scene_ran() {
    let twice = "scenes.unload_scene { scene = \"hall\" }\nagain: scenes.unload_scene { scene = \"hall\" }\n\
                 first: development.console\nsecond: development.console\ndo1.out -> again.in\nagain.out -> first.in\n\
                 first.out -> second.in\ndo1.success -> first.input\nagain.success -> second.input";
    let always = HALL.replace("start = false", "");
    assert_eq!(run(&[("hall", &always)], &[twice]), ["begin", "true", "false"]);
}

/// A project with two scenes that set each other as soon as they begin.
fn scenes_that_set_each_other(main: &str) -> (tempfile::TempDir, Live) {
    let setting = |other| {
        let go = node("set_scene", other);
        format!("start = false\nbegin: events.on_initialize\ngo: {go}\nbegin.out -> go.in")
    };
    let folder = folder();
    write(folder.path(), "scenes/a", &setting("b"));
    write(folder.path(), "scenes/b", &setting("a"));
    let begin = node("load_scene", "a");
    let begin = format!("begin: events.on_initialize\nload: {begin}\nbegin.out -> load.in\n");
    write(folder.path(), "project", &(begin + main));
    let live = start(folder.path(), false);
    (folder, live)
}

#[test]
fn timers_and_events_have_their_turn_while_scenes_set_each_other_for_ever() {
    let (_folder, mut live) = scenes_that_set_each_other(
        "[[event]]\nname = \"late\"\nwait: utilities.start_timeout { seconds = 0.01 }\n\
         tell: events.event_trigger { event = \"late\" }\nlate: events.event_listener { event = \"late\" }\n\
         end: utilities.exit\nload.out -> wait.in\nwait.out -> tell.in\nlate.out -> end.in",
    );
    assert_eq!(live.runtime.run(Some(PATIENCE)), Ended::Exit(0));
}

#[test]
fn limit_and_stop_end_a_run_in_which_scenes_set_each_other_for_ever() {
    let (_folder, mut live) = scenes_that_set_each_other("");
    assert_eq!(live.runtime.run(Some(Duration::from_millis(30))), Ended::Deadline);
    let stop = live.runtime.stop_handle();
    let stopper = thread::spawn(move || stop.stop());
    assert_eq!(live.runtime.run(Some(PATIENCE)), Ended::Stopped);
    stopper.join().unwrap();
}

#[test]
fn scenes_that_begin_together_hear_each_other() {
    let firing = "start = false\nbegin: events.on_initialize\ntick: events.event_trigger { event = \"tick\" }\nbegin.out -> tick.in";
    let both = format!(
        "{}\nalso: {}\ndo1.out -> also.in",
        node("load_scene", "first"),
        node("load_scene", "hall")
    );
    assert_eq!(
        run(&[("first", firing), ("hall", HALL)], &[&both]),
        ["begin", "1"]
    );
}

#[test]
fn exit_of_one_scene_comes_before_the_beginning_of_the_next() {
    let leaving = "start = false\nbegin: events.on_initialize\nend: utilities.exit\nbegin.out -> end.in";
    let both = format!(
        "{}\nalso: {}\ndo1.out -> also.in",
        node("load_scene", "first"),
        node("load_scene", "hall")
    );
    assert_eq!(run(&[("first", leaving), ("hall", HALL)], &[&both]), [""; 0]);
}

#[test]
fn what_nodes_wish_about_scenes_stands_when_the_logic_changes_before_it_is_done() {
    let folder = folder();
    let load = |scene| {
        let load = node("load_scene", scene);
        format!("begin: events.on_initialize\nload: {load}\nbegin.out -> load.in\n")
    };
    let load_a = format!("[[event]]\nname = \"tick\"\n{}", load("a"));
    write(folder.path(), "project", &load_a);
    write(
        folder.path(),
        "scenes/a",
        &format!("start = false\n{}", load("hall")),
    );
    write(folder.path(), "scenes/hall", HALL);
    let mut live = start(folder.path(), true);
    let engine = live.runtime.engine();
    assert_eq!(engine.run_pending(), Some(Outcome::Attention));
    assert_eq!(engine.run_pending(), Some(Outcome::Scenes));
    // Before the scene that is wanted begins, and wants the next, there is other logic.
    write(folder.path(), "project", &(load_a + "other: math.add"));
    live.runtime.stop_handle().request_attention();
    live.wait_for("the logic changed");
    live.wait_for("begin");
}

#[test]
fn faults_about_scenes_read_as_written_here() {
    let main =
        project("begin: events.on_initialize\ngo: scenes.load_scene { scene = \"hal\" }\nbegin.out -> go.in");
    let found = faults_of(&[("project", &main), ("scenes/hall", "format = 1")]);
    let expected =
        "error: logic/project.toml:8:24: node `go`: there is no scene `hal`\n  hint: did you mean `hall`?";
    assert_eq!(found, expected);
    let found = faults_of(&[("project", &main)]);
    assert!(
        found.ends_with("hint: a scene is a file: `logic/scenes/hal.toml`"),
        "{found}"
    );
    let found = faults_of(&[("project", "format = 1\nstart = false")]);
    assert!(
        found.starts_with("error: logic/project.toml:2:1: only scenes have `start`"),
        "{found}"
    );
}

#[test]
fn get_scene_says_which_scenes_run() {
    let asked = "scenes.get_scene\nfirst: development.console\nall: development.console\ndo2.out -> first.in\n\
                 do2.scene_id -> first.input\nfirst.out -> all.in\ndo2.all -> all.input";
    let always = HALL.replace("start = false", "");
    let lines = run(
        &[("hall", &always), ("yard", "start = false"), ("attic", "")],
        &[&node("load_scene", "yard"), asked],
    );
    assert_eq!(lines, ["begin", "attic", r#"["attic","hall","yard"]"#]);
}

#[test]
fn scene_that_a_value_names_is_loaded_in_place_of_the_attributes() {
    let named = "scenes.load_scene { scene = \"yard\" }\nnamed: scenes.scene { scene = \"hall\" }\n\
                 named.scene_id -> do1.scene_id";
    assert_eq!(
        run(&[("hall", HALL), ("yard", HALL)], &[named, TICK]),
        ["begin", "1"]
    );
    let unknown = "scenes.set_scene { scene = \"yard\", scene_id = \"cellar\" }";
    let lines = run(&[("hall", HALL), ("yard", HALL)], &[unknown, TICK]);
    assert_eq!(lines, ["error do1: there is no scene `cellar`"]);
}

#[test]
fn this_scene_can_end_itself() {
    let own = format!(
        "{HALL}\nthis: scenes.this_scene\nshow: development.console\nend: scenes.unload_scene {{ scene = \"yard\" }}\n\
         say.out -> show.in\nthis.scene_id -> show.input\nshow.out -> end.in\nthis.scene_id -> end.scene_id"
    );
    let lines = run(
        &[("hall", &own.replace("start = false", "")), ("yard", "")],
        &[TICK, TICK],
    );
    assert_eq!(lines, ["begin", "1", "hall"]);
}

#[test]
fn scene_that_is_loaded_again_hears_what_it_was_unsubscribed_from() {
    let once = format!("{HALL}\noff: events.unsubscribe\nsay.out -> off.in\ntick.event_id -> off.event_id");
    let (load, unload) = (node("load_scene", "hall"), node("unload_scene", "hall"));
    let lines = run(
        &[("hall", &once)],
        &[&load, TICK, TICK, &unload, &load, TICK, TICK],
    );
    assert_eq!(lines, ["begin", "1", "begin", "1"]);
}

/// Says `loaded` at each On Scene Loaded of the hall.
const LOADED: &str = "loaded: scenes.on_scene_loaded { scene = \"hall\" }\n\
                      told: development.console { input = \"loaded\" }\nloaded.out -> told.in";

#[test]
fn on_scene_loaded_is_not_for_a_scene_that_was_unloaded_before_its_turn() {
    // The event that unloads the scene waits before On Scene Loaded.
    let load = node("load_scene", "hall");
    let main = format!(
        "math.add\nload: {load}\ntick: {TICK}\nheard: events.event_listener {{ event = \"tick\" }}\n\
         unload: {}\ndo1.out -> tick.in\ntick.out -> load.in\nheard.out -> unload.in\n{LOADED}",
        node("unload_scene", "hall")
    );
    let hall = "start = false";
    assert_eq!(run(&[("hall", hall)], &[&main]), [""; 0]);
    // Of two instances one is left.
    let again = format!("{main}\nagain: {load}\nunload.out -> again.in");
    assert_eq!(run(&[("hall", hall)], &[&again]), ["loaded"]);
}

#[test]
fn on_scene_loaded_is_not_for_a_scene_that_the_projects_beginning_unloads() {
    let unload = node("unload_scene", "hall");
    // Two events, so that the end comes after On Scene Loaded of the second instance too.
    let main = |rest: &str| {
        format!(
            "[[event]]\nname = \"next\"\n[[event]]\nname = \"last\"\nbegin: events.on_initialize\nunload: {unload}\n\
             next: events.event_trigger {{ event = \"next\" }}\non_next: events.event_listener {{ event = \"next\" }}\n\
             last: events.event_trigger {{ event = \"last\" }}\non_last: events.event_listener {{ event = \"last\" }}\n\
             end: utilities.exit\n{LOADED}\nbegin.out -> unload.in\non_next.out -> last.in\non_last.out -> end.in\n{rest}"
        )
    };
    let scene = [("hall", "")];
    assert_eq!(run_project(&scene, &main("unload.out -> next.in")), [""; 0]);
    let load = node("load_scene", "hall");
    let again = format!("again: {load}\nunload.out -> again.in\nagain.out -> next.in");
    assert_eq!(run_project(&scene, &main(&again)), ["loaded"]);
}

#[test]
fn scenes_that_set_each_other_for_ever_are_told_of_once() {
    let (_folder, mut live) =
        scenes_that_set_each_other("tick: utilities.start_interval { seconds = 0.001 }\nload.out -> tick.in");
    live.wait_for("warning : scenes set each other 1000 times without an event in between: `b` → `a` → `b`");
    assert_eq!(
        live.runtime.run(Some(Duration::from_millis(100))),
        Ended::Deadline
    );
    let told = live.console.lines();
    assert_eq!(told.len(), 1, "{told:#?}");
}

#[test]
fn scenes_that_take_turns_at_events_are_not_told_of() {
    // A change at each event: half of them are On Scene Loaded, half are others.
    let hall = "start = false\nbegin: events.on_initialize\ngone: events.event_trigger { event = \"gone\" }\nbegin.out -> gone.in";
    let main = format!(
        "[[event]]\nname = \"gone\"\nbegin: events.on_initialize\nload: {load}\nunload: {unload}\n\
         gone: events.event_listener {{ event = \"gone\" }}\nagain: {load}\nbegin.out -> load.in\n\
         gone.out -> unload.in\nunload.out -> again.in\n\
         [[variable]]\nname = \"times\"\ntype = \"Int\"\ntimes: variables.variable_getter {{ variable = \"times\" }}\n\
         more: math.increment\nkeep: variables.variable_setter {{ variable = \"times\" }}\n\
         is_over: flow_control.is_greater_equal {{ b = 1500 }}\nchoose: flow_control.branch\nend: utilities.exit\n\
         again.out -> more.in\ntimes.value -> more.input\nmore.out -> keep.in\nmore.output -> keep.value\n\
         keep.out -> is_over.in\nkeep.value -> is_over.a\nis_over.out -> choose.in\nis_over.c -> choose.input\n\
         choose.on_true -> end.in",
        load = node("load_scene", "hall"),
        unload = node("unload_scene", "hall")
    );
    assert_eq!(run_project(&[("hall", hall)], &main), [""; 0]);
}
