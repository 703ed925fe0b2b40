//! Execution: what design §5 says, seen from the console.

mod common;

use common::{engine, project, run, run_to_exit};

#[test]
fn pulse_runs_nodes_and_outputs_stay_latched() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        add: math.add { count = 3, input_1 = 1, input_2 = 2, input_3 = 3 }
        first: development.console
        second: development.console
        begin.out -> add.in
        add.out -> first.in
        first.out -> second.in
        add.output -> first.input
        add.output -> second.input
        "#,
    ));
    assert_eq!(lines, ["6", "6"]);
}

#[test]
fn data_wires_never_start_execution() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        add: math.add { input_1 = 1, input_2 = 2 }
        show: development.console
        begin.out -> show.in
        add.output -> show.input
        "#,
    ));
    assert_eq!(lines, ["0"]);
}

#[test]
fn sequential_runs_each_branch_to_its_end_before_the_next() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        seq: flow_control.sequential { count = 3 }
        a1: development.console { input = "a1" }
        a2: development.console { input = "a2" }
        b: development.console { input = "b" }
        c: development.console { input = "c" }
        begin.out -> seq.in
        seq.pulse_1 -> a1.in
        a1.out -> a2.in
        seq.pulse_2 -> b.in
        seq.pulse_3 -> c.in
        "#,
    ));
    assert_eq!(lines, ["a1", "a2", "b", "c"]);
}

#[test]
fn loops_nest_and_end() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        outer: flow_control.for_loop { first_index = 2, last_index = 0, step = -1 }
        inner: flow_control.for_loop { last_index = 1, is_last_index_included = true }
        text_outer: utilities.conversion { input_data_type = "Int", output_data_type = "String" }
        text_inner: utilities.conversion { input_data_type = "Int", output_data_type = "String" }
        join: string.concat_strings { count = 3, input_2 = "-" }
        show: development.console
        done: development.console { input = "done" }
        begin.out -> outer.in
        outer.out -> text_outer.in
        text_outer.out -> inner.in
        inner.out -> text_inner.in
        text_inner.out -> join.in
        join.out -> show.in
        outer.on_end -> done.in
        outer.index -> text_outer.input
        inner.index -> text_inner.input
        text_outer.output -> join.input_1
        text_inner.output -> join.input_3
        join.output -> show.input
        "#,
    ));
    assert_eq!(lines, ["2-0", "2-1", "1-0", "1-1", "done"]);
}

#[test]
fn loop_over_the_whole_range_of_int_does_not_overflow() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop { first_index = 9223372036854775806, last_index = 9223372036854775807, is_last_index_included = true }
        show: development.console
        done: development.console { input = "done" }
        begin.out -> loop.in
        loop.out -> show.in
        loop.on_end -> done.in
        loop.index -> show.input
        "#,
    ));
    assert_eq!(lines, ["9223372036854775806", "9223372036854775807", "done"]);
}

#[test]
fn failing_node_reports_sets_defaults_and_ends_only_its_branch() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        seq: flow_control.sequential
        good: math.modulo { dividend = 7, divisor = 4 }
        bad: math.modulo { dividend = 7 }
        never: development.console { input = "never" }
        show: development.console
        begin.out -> seq.in
        seq.pulse_1 -> bad.in
        bad.out -> never.in
        seq.pulse_2 -> show.in
        bad.remainder -> show.input
        "#,
    ));
    assert_eq!(lines, ["error bad: the divisor is 0", "0"]);
}

#[test]
fn on_error_tells_which_node_failed_and_its_own_faults_do_not_raise_it_again() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        bad: string.json_parse { input = "{" }
        oops: events.on_error
        show: development.console
        worse: math.modulo
        begin.out -> bad.in
        oops.out -> show.in
        show.out -> worse.in
        oops.node -> show.input
        "#,
    ));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("error bad: no valid JSON: EOF"), "{lines:?}");
    assert_eq!(lines[1..], ["bad", "error worse: the divisor is 0"]);
}

#[test]
fn endless_branch_is_ended_and_its_ring_is_named() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        choose: flow_control.branch { input = true }
        count: math.increment
        begin.out -> choose.in
        choose.on_true -> count.in
        count.out -> choose.in
        "#,
    ));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("ended after 1000000 nodes; it went round "),
        "{lines:?}"
    );
    assert!(
        lines[0].contains("choose → count") || lines[0].contains("count → choose"),
        "{lines:?}"
    );
}

#[test]
fn loop_pulsed_from_its_own_body_is_an_error_and_the_loop_goes_on() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop { last_index = 2 }
        done: development.console { input = "done" }
        begin.out -> loop.in
        loop.out -> loop.in
        loop.on_end -> done.in
        "#,
    ));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("error loop: it was pulsed again before its own branch has ended"));
    assert_eq!(lines[2], "done");
}

#[test]
fn disabled_node_ends_the_branch_and_pass_through_skips_it() {
    let text = |switch: &str| {
        project(&format!(
            r#"
            begin: events.on_initialize
            first: development.console {{ input = "first" }}
            {switch}
            last: development.console {{ input = "last" }}
            begin.out -> first.in
            first.out -> last.in
            "#
        ))
    };
    assert_eq!(run(&text("enabled = true")), ["first", "last"]);
    assert_eq!(run(&text("enabled = false")), Vec::<String>::new());
    assert_eq!(run(&text("pulse_pass_through = true")), ["last"]);
}

#[test]
fn variable_getter_is_read_when_used_and_change_fires_only_on_a_difference() {
    let lines = run(&project(
        r#"
        [[variable]]
        name = "count"
        type = "Int"
        value = 5
        begin: events.on_initialize
        seq: flow_control.sequential { count = 3 }
        get: variables.variable_getter { variable = "count" }
        inc: math.increment
        set: variables.variable_setter { variable = "count" }
        same: variables.variable_setter { variable = "count", value = 6 }
        show: development.console
        changed: events.on_variable_change { variable = "count" }
        changed_to: development.console
        begin.out -> seq.in
        seq.pulse_1 -> inc.in
        inc.out -> set.in
        seq.pulse_2 -> same.in
        seq.pulse_3 -> show.in
        get.value -> inc.input
        inc.output -> set.value
        get.value -> show.input
        changed.out -> changed_to.in
        changed.value -> changed_to.input
        "#,
    ));
    assert_eq!(lines, ["6", "6"], "first the getter, then the one change");
}

#[test]
fn custom_event_reaches_its_listeners_in_file_order_after_the_branch() {
    let scene = project(
        r#"
        heard: events.event_listener { event = "news" }
        show: development.console
        heard.out -> show.in
        heard.text -> show.input
        "#,
    );
    let main = project(
        r#"
        [[event]]
        name = "news"
        parameters = [{ name = "text", type = "String", default = "?" }]
        begin: events.on_initialize
        fire: events.event_trigger { event = "news", text = "extra" }
        after: development.console { input = "after" }
        one: events.event_listener { event = "news" }
        say_one: development.console { input = "one" }
        two: events.event_listener { event = "news" }
        say_two: development.console { input = "two" }
        begin.out -> fire.in
        fire.out -> after.in
        one.out -> say_one.in
        two.out -> say_two.in
        "#,
    );
    let mut running = engine(&[("project", &main), ("scenes/a", &scene)]);
    running.engine.run_pending();
    assert_eq!(running.console.lines(), ["after", "one", "two", "extra"]);
}

#[test]
fn timeout_fires_later_and_its_cancelled_twin_ends() {
    let (code, lines) = run_to_exit(&project(
        r#"
        begin: events.on_initialize
        seq: flow_control.sequential
        soon: utilities.start_timeout { seconds = 0.02 }
        late: utilities.start_timeout { seconds = 60 }
        cancel: utilities.cancel_timeout
        started: development.console { input = "started" }
        ended: development.console { input = "cancelled" }
        never: development.console { input = "never" }
        exit: utilities.exit { code = 7 }
        begin.out -> seq.in
        seq.pulse_1 -> soon.in
        soon.on_start -> started.in
        soon.out -> exit.in
        seq.pulse_2 -> late.in
        late.on_start -> cancel.in
        late.out -> never.in
        late.on_end -> ended.in
        late.instance_id -> cancel.instance_id
        "#,
    ));
    assert_eq!(
        (code, lines),
        (7, vec!["started".to_owned(), "cancelled".to_owned()])
    );
}

#[test]
fn interval_ticks_until_it_is_reset() {
    let (_, lines) = run_to_exit(&project(
        r#"
        [[variable]]
        name = "ticks"
        type = "Int"
        value = 0
        begin: events.on_initialize
        interval: utilities.start_interval { seconds = 0.005 }
        get: variables.variable_getter { variable = "ticks" }
        inc: math.increment
        set: variables.variable_setter { variable = "ticks" }
        three: flow_control.switch { cases = [3] }
        reset: utilities.reset_interval
        show: development.console
        exit: utilities.exit
        begin.out -> interval.in
        interval.out -> inc.in
        inc.out -> set.in
        set.out -> three.in
        three.case_1 -> reset.in
        interval.on_reset -> show.in
        show.out -> exit.in
        interval.instance_id -> reset.instance_id
        get.value -> inc.input
        inc.output -> set.value
        set.value -> three.input
        get.value -> show.input
        "#,
    ));
    assert_eq!(lines, ["3"]);
}

#[test]
fn select_data_outputs_the_input_beside_its_pulse() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        seq: flow_control.sequential
        select: flow_control.select_data { data_type = "String", input_1 = "left", input_2 = "right" }
        toggle: flow_control.toggle
        show: development.console
        begin.out -> seq.in
        seq.pulse_1 -> select.pulse_2
        seq.pulse_2 -> select.pulse_1
        select.out -> show.in
        select.output -> show.input
        "#,
    ));
    assert_eq!(lines, ["right", "left"]);
}

#[test]
fn json_travels_through_dictionary_and_conversion() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        parse: string.json_parse { input = '{"name":"Ada","age":36}' }
        dict: utilities.conversion { output_data_type = "Dictionary" }
        get: dictionary.get_dictionary_element { count = 2, key_1 = "name", data_type_1 = "String", key_2 = "age", data_type_2 = "Int" }
        has: string.contains { pattern = "da" }
        equal: flow_control.is_equal { data_type = "Int", b = 36 }
        flip: flow_control.branch
        yes: string.json_stringify
        show: development.console
        begin.out -> parse.in
        parse.out -> dict.in
        dict.out -> get.in
        get.out -> has.in
        has.out -> equal.in
        equal.out -> flip.in
        flip.on_true -> yes.in
        yes.out -> show.in
        parse.output -> dict.input
        dict.output -> get.dictionary
        get.value_1 -> has.string
        get.value_2 -> equal.a
        has.contains -> flip.input
        get.dictionary -> yes.input
        yes.output -> show.input
        "#,
    ));
    assert_eq!(lines, [r#"{"name":"Ada","age":36}"#]);
}

#[test]
fn loop_over_the_budget_is_ended_where_it_is_and_not_begun_again() {
    let lines = run(&project(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop { last_index = 1000000 }
        odd: math.modulo { divisor = 100000 }
        zero: flow_control.switch { cases = [0] }
        show: development.console { data_type = "Int" }
        begin.out -> loop.in
        loop.out -> odd.in
        odd.out -> zero.in
        zero.case_1 -> show.in
        loop.index -> odd.dividend
        odd.remainder -> zero.input
        loop.index -> show.input
        "#,
    ));
    assert_eq!(lines[..4], ["0", "100000", "200000", "300000"]);
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(
        lines[4].contains("it went round loop → odd → zero → loop"),
        "{lines:?}"
    );
}

#[test]
fn setter_writes_what_is_equal_but_not_the_same() {
    let lines = run(&project(
        r#"
        [[variable]]
        name = "d"
        type = "Dictionary"
        value = { b = 1, a = 2 }
        begin: events.on_initialize
        set: variables.variable_setter { variable = "d", value = { a = 2, b = 1 } }
        get: variables.variable_getter { variable = "d" }
        changed: events.on_variable_change { variable = "d" }
        never: development.console { input = "changed" }
        show: development.console { data_type = "Dictionary" }
        begin.out -> set.in
        set.out -> show.in
        get.value -> show.input
        changed.out -> never.in
        "#,
    ));
    assert_eq!(lines, [r#"{"a":2,"b":1}"#]);
}

#[test]
fn text_that_doubles_for_ever_is_an_error_and_no_end_of_the_host() {
    let lines = run(&project(
        r#"
        [[variable]]
        name = "s"
        type = "String"
        value = "0123456789abcdef"
        begin: events.on_initialize
        loop: flow_control.for_loop { last_index = 30 }
        double: string.concat_strings
        keep: variables.variable_setter { variable = "s" }
        get: variables.variable_getter { variable = "s" }
        done: development.console { input = "done" }
        begin.out -> loop.in
        loop.out -> double.in
        double.out -> keep.in
        loop.on_end -> done.in
        get.value -> double.input_1
        get.value -> double.input_2
        double.output -> keep.value
        "#,
    ));
    assert_eq!(
        lines[0],
        "error double: the text would have 536870912 bytes, more than 268435456"
    );
    assert_eq!(lines.last().map(String::as_str), Some("done"));
}
