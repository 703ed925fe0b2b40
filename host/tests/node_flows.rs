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
