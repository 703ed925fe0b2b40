//! What nodes do that send the pulse on different ways.

mod common;

use common::{engine, project};

fn said(lines: &str) -> Vec<String> {
    let mut running = engine(&[("project", &project(lines))]);
    running.engine.run_pending();
    running.console.lines()
}

/// A For Each Loop over `array` for Int; what it fires is shown.
fn for_each(array: &str, error_mode: &str) -> Vec<String> {
    said(&format!(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_each_loop {{ data_type = "Int", error_mode = "{error_mode}", array = {array} }}
        value: development.console {{ data_type = "Int" }}
        wrong: development.console {{ data_type = "Int" }}
        end: development.console {{ data_type = "String", input = "end" }}
        begin.out -> loop.in
        loop.out -> value.in
        loop.value -> value.input
        loop.on_type_error -> wrong.in
        loop.index -> wrong.input
        loop.on_end -> end.in
        "#
    ))
}

#[test]
fn for_each_runs_its_body_for_every_element() {
    assert_eq!(for_each("[7, 8]", "Abort"), ["7", "8", "end"]);
    assert_eq!(for_each("[]", "Abort"), ["end"]);
}

#[test]
fn for_each_does_as_its_error_mode_says() {
    // The second element is of another type, so its index is shown.
    assert_eq!(for_each(r#"[7, "x", 9]"#, "Abort"), ["7", "1"]);
    assert_eq!(for_each(r#"[7, "x", 9]"#, "Break"), ["7", "1", "end"]);
    assert_eq!(for_each(r#"[7, "x", 9]"#, "Continue"), ["7", "1", "9", "end"]);
}

#[test]
fn index_switch_fires_the_output_of_the_index() {
    let fired = |index: i64| {
        said(&format!(
            r#"
            begin: events.on_initialize
            switch: flow_control.index_switch {{ count = 2, index = {index} }}
            first: development.console {{ data_type = "String", input = "0" }}
            second: development.console {{ data_type = "String", input = "1" }}
            other: development.console {{ data_type = "String", input = "default" }}
            begin.out -> switch.in
            switch.index_1 -> first.in
            switch.index_2 -> second.in
            switch.default -> other.in
            "#
        ))
    };
    assert_eq!(fired(0), ["0"]);
    assert_eq!(fired(1), ["1"]);
    assert_eq!(fired(2), ["default"]);
    assert_eq!(fired(-1), ["default"]);
}

#[test]
fn custom_ids_differ() {
    let ids = said(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop { last_index = 3 }
        id: utilities.create_custom_id
        show: development.console { data_type = "CustomID" }
        begin.out -> loop.in
        loop.out -> id.in
        id.out -> show.in
        id.output -> show.input
        "#,
    );
    assert!(ids.len() == 3 && ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}

#[test]
fn a_variable_that_is_set_to_its_value_is_set_but_not_changed() {
    let lines = said(
        r#"
        [[variable]]
        name = "n"
        type = "Int"
        value = 1
        begin: events.on_initialize
        same: variables.variable_setter { variable = "n", value = 1 }
        other: variables.variable_setter { variable = "n", value = 2 }
        on_set: events.on_variable_set { variable = "n" }
        on_change: events.on_variable_change { variable = "n" }
        show_set: development.console { data_type = "Int" }
        show_change: development.console { data_type = "Int", type = "Warning" }
        begin.out -> same.in
        same.out -> other.in
        on_set.out -> show_set.in
        on_set.value -> show_set.input
        on_change.out -> show_change.in
        on_change.value -> show_change.input
        "#,
    );
    assert_eq!(lines, ["1", "2", "warning show_change: 2"]);
}

#[test]
fn assert_says_what_it_found_and_goes_on() {
    let lines = said(
        r#"
        begin: events.on_initialize
        one: development.assert { data_type = "Int", label = "one", a = 1, b = 1 }
        two: development.assert { data_type = "String", operator = "<", label = "two", a = "b", b = "a" }
        three: development.assert { data_type = "Bool", operator = "<", label = "three" }
        begin.out -> one.in
        one.out -> two.in
        two.out -> three.in
        "#,
    );
    assert_eq!(
        lines,
        [
            "one: 1 == 1 is true",
            "warning two: two: b < a is false",
            "error three: Bool and Bool have no order"
        ]
    );
}

#[test]
fn stopwatches_run_from_start_to_stop() {
    let lines = said(
        r#"
        begin: events.on_initialize
        start: development.benchmark_start { timer_name = "t" }
        get: development.benchmark_get { timer_name = "t" }
        stop: development.benchmark_stop { timer_name = "t" }
        again: development.benchmark_stop { timer_name = "t" }
        begin.out -> start.in
        start.out -> get.in
        get.out -> stop.in
        stop.out -> again.in
        "#,
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[..2]
            .iter()
            .all(|line| line.starts_with("t: ") && line.ends_with(" ms")),
        "{lines:?}"
    );
    assert!(lines[2].contains("`t` is not started"), "{lines:?}");
}

#[test]
fn now_is_after_this_was_written() {
    let lines = said(
        r#"
        begin: events.on_initialize
        now: datetime.now_utc { offset_ms = 1 }
        show: development.console { data_type = "Int" }
        begin.out -> now.in
        now.out -> show.in
        now.utc_unix_ms -> show.input
        "#,
    );
    assert!(lines[0].parse::<i64>().unwrap() > 1_790_000_000_000, "{lines:?}");
}

#[test]
fn value_sources_are_read_without_a_pulse() {
    let lines = said(
        r#"
        begin: events.on_initialize
        pi: math.math_constant
        answer: math.math_constant { type = "Douglas-Adams (42)" }
        add: math.add { data_type = "Float" }
        show: development.console { data_type = "Float" }
        group: utilities.group { name = "a comment", color = "FF00FF00" }
        begin.out -> add.in
        pi.value -> add.input_1
        answer.value -> add.input_2
        add.out -> show.in
        add.output -> show.input
        "#,
    );
    assert_eq!(lines, ["45.1415926535898"]);
}

#[test]
fn a_value_source_that_is_off_is_zero() {
    let lines = said(
        r#"
        begin: events.on_initialize
        [[node]]
        id = "pi"
        type = "math.math_constant"
        enabled = false
        show: development.console { data_type = "Float" }
        begin.out -> show.in
        pi.value -> show.input
        "#,
    );
    assert_eq!(lines, ["0.0"]);
}

#[test]
fn system_time_has_four_parts() {
    let lines = said(
        r#"
        begin: events.on_initialize
        now: datetime.system_time { mode = "24-hour" }
        text: string.format { count = 4, pattern = "%s:%s:%s.%s" }
        show: development.console { data_type = "String" }
        begin.out -> now.in
        now.out -> text.in
        now.hour -> text.parameter_1
        now.minute -> text.parameter_2
        now.second -> text.parameter_3
        now.millisecond -> text.parameter_4
        text.out -> show.in
        text.formatted -> show.input
        "#,
    );
    let parts: Vec<i64> = lines[0]
        .split([':', '.'])
        .map(|part| part.parse().unwrap())
        .collect();
    let is_time = parts
        .iter()
        .zip([24, 60, 60, 1000])
        .all(|(part, end)| (0..end).contains(part));
    assert!(parts.len() == 4 && is_time, "{lines:?}");
}

#[test]
fn profiler_blocks_lie_within_each_other() {
    let lines = said(
        r#"
        begin: events.on_initialize
        outer: development.profiler_start { block_name = "outer" }
        inner: development.profiler_start { block_name = "inner", block_color = "FFFF0000" }
        first: development.profiler_stop
        second: development.profiler_stop
        third: development.profiler_stop
        begin.out -> outer.in
        outer.out -> inner.in
        inner.out -> first.in
        first.out -> second.in
        second.out -> third.in
        "#,
    );
    assert!(
        lines[0].starts_with("outer / inner: ") && lines[0].ends_with(" ms"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("outer: "), "{lines:?}");
    assert_eq!(
        lines[2],
        "error third: no block is open; pulse Profiler Start first"
    );
}

#[test]
fn blocks_that_nobody_closes_give_way() {
    let name = "long".repeat(1000);
    let lines = said(&format!(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop {{ last_index = 1001 }}
        start: development.profiler_start {{ block_name = "{name}" }}
        started: development.console {{ input = "started" }}
        stop: development.profiler_stop
        begin.out -> loop.in
        loop.out -> start.in
        start.out -> started.in
        loop.on_end -> stop.in
        "#
    ));
    let started = lines.iter().filter(|line| *line == "started").count();
    assert_eq!(started, 1001, "{:?}", lines.last());
    let warned = "warning start: 1000 blocks are open, the oldest is dropped; pulse Profiler Stop";
    assert!(lines.iter().any(|line| line == warned), "{:?}", lines.last());
    assert!(lines.last().unwrap().len() < 1000 * 200);
}

#[test]
fn clear_console_takes_away_what_was_printed() {
    let lines = said(
        r#"
        begin: events.on_initialize
        before: development.console { input = "before" }
        clear: development.clear_console
        after: development.console { input = "after" }
        begin.out -> before.in
        before.out -> clear.in
        clear.out -> after.in
        "#,
    );
    assert_eq!(lines, ["after"]);
}

/// What is said when the node runs, once, with these attributes.
fn said_by(node: &str) -> Vec<String> {
    said(&format!(
        "begin: events.on_initialize\nnode: {node}\nbegin.out -> node.in\n"
    ))
}

#[test]
fn a_replacement_that_would_be_too_long_is_not_made() {
    let (text, to) = ("a".repeat(1_000_000), "$0".repeat(1_000_000));
    let lines = said_by(&format!(
        r#"string.replace_regex {{ string = "{text}", from = "(?s).*", to = "{to}" }}"#
    ));
    assert_eq!(
        lines,
        ["error node: the text would have 269000000 bytes, more than 268435456"]
    );
}

#[test]
fn a_search_for_all_matches_that_takes_too_long_ends() {
    // Each match looks at the whole rest of the text first.
    let text = "A".repeat(1_000_000);
    let expected = ["error node: the search took more than 1 s"];
    for node in [
        format!(
            r#"string.match_regex {{ string = "{text}", regex = ".*[^A-Z]|[A-Z]", count_all_matches = true }}"#
        ),
        format!(r#"string.replace_regex {{ string = "{text}", from = ".*[^A-Z]|[A-Z]", to = "" }}"#),
    ] {
        assert_eq!(said_by(&node), expected);
    }
}
