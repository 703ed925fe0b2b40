//! Functions: graphs that other graphs call, taken in by the compiler at each call.

mod common;

use common::{engine, faults_of, project, run_all};

/// Doubles what it is given.
const DOUBLE: &str = r#"
    [[input]]
    name = "number"
    type = "Int"
    default = 21
    [[output]]
    name = "doubled"
    type = "Int"
    begin: functions.function_input
    twice: math.multiply { input_2 = 2 }
    end: functions.function_output
    begin.out -> twice.in
    begin.number -> twice.input_1
    twice.out -> end.in
    twice.output -> end.doubled
"#;

/// Counts its calls in a variable of its own.
const COUNT: &str = r#"
    [[output]]
    name = "count"
    type = "Int"
    [[variable]]
    name = "calls"
    type = "Int"
    begin: functions.function_input
    before: variables.variable_getter { variable = "calls" }
    more: math.increment
    keep: variables.variable_setter { variable = "calls" }
    end: functions.function_output
    begin.out -> more.in
    before.value -> more.input
    more.out -> keep.in
    more.output -> keep.value
    keep.out -> end.in
    keep.value -> end.count
"#;

fn run(lines: &str, functions: &[(&str, &str)]) -> Vec<String> {
    let main = project(lines);
    let functions: Vec<(String, String)> = functions
        .iter()
        .map(|(name, lines)| (format!("functions/{name}"), project(lines)))
        .collect();
    let mut graphs = vec![("project", main.as_str())];
    graphs.extend(functions.iter().map(|(id, text)| (id.as_str(), text.as_str())));
    run_all(&graphs)
}

fn faults(lines: &str, functions: &[(&str, &str)]) -> String {
    let main = project(lines);
    let functions: Vec<(String, String)> = functions
        .iter()
        .map(|(name, lines)| (format!("functions/{name}"), project(lines)))
        .collect();
    let mut graphs = vec![("project", main.as_str())];
    graphs.extend(functions.iter().map(|(id, text)| (id.as_str(), text.as_str())));
    faults_of(&graphs)
}

#[test]
fn function_takes_inputs_and_gives_outputs() {
    let lines = run(
        r#"
        begin: events.on_initialize
        first: functions.function { function = "double", number = 4 }
        second: functions.function { function = "double" }
        third: functions.function { function = "double" }
        show: development.console
        last: development.console
        begin.out -> first.in
        first.out -> second.in
        first.doubled -> second.number
        second.out -> show.in
        second.doubled -> show.input
        show.out -> third.in
        third.out -> last.in
        third.doubled -> last.input
        "#,
        &[("double", DOUBLE)],
    );
    assert_eq!(lines, ["16", "42"]);
}

#[test]
fn each_call_has_variables_and_nodes_of_its_own() {
    let lines = run(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop { last_index = 3 }
        a: functions.function { function = "count" }
        say_a: development.console
        b: functions.function { function = "count" }
        say_b: development.console
        begin.out -> loop.in
        loop.out -> a.in
        a.out -> say_a.in
        a.count -> say_a.input
        loop.on_end -> b.in
        b.out -> say_b.in
        b.count -> say_b.input
        "#,
        &[("count", COUNT)],
    );
    assert_eq!(lines, ["1", "2", "3", "1"]);
}

#[test]
fn functions_call_functions_and_each_call_of_them_counts_for_itself() {
    let twice = r#"
        [[output]]
        name = "sum"
        type = "Int"
        begin: functions.function_input
        one: functions.function { function = "count" }
        two: functions.function { function = "count" }
        sum: math.add
        end: functions.function_output
        begin.out -> one.in
        one.out -> two.in
        two.out -> sum.in
        one.count -> sum.input_1
        two.count -> sum.input_2
        sum.out -> end.in
        sum.output -> end.sum
    "#;
    let lines = run(
        r#"
        begin: events.on_initialize
        loop: flow_control.for_loop { last_index = 2 }
        call: functions.function { function = "twice" }
        say: development.console
        begin.out -> loop.in
        loop.out -> call.in
        call.out -> say.in
        call.sum -> say.input
        "#,
        &[("count", COUNT), ("twice", twice)],
    );
    assert_eq!(lines, ["2", "4"]);
}

#[test]
fn function_may_end_later_and_keeps_what_it_was_given() {
    let later = r#"
        [[input]]
        name = "text"
        type = "String"
        [[output]]
        name = "text"
        type = "String"
        begin: functions.function_input
        wait: utilities.start_timeout { seconds = 0.001 }
        end: functions.function_output
        begin.out -> wait.in
        wait.out -> end.in
        begin.text -> end.text
    "#;
    let main = project(
        r#"
        [[variable]]
        name = "text"
        type = "String"
        value = "early"
        begin: events.on_initialize
        seq: flow_control.sequential
        text: variables.variable_getter { variable = "text" }
        call: functions.function { function = "later" }
        change: variables.variable_setter { variable = "text", value = "late" }
        say: development.console
        exit: utilities.exit
        begin.out -> seq.in
        seq.pulse_1 -> call.in
        text.value -> call.text
        call.out -> say.in
        call.text -> say.input
        say.out -> exit.in
        seq.pulse_2 -> change.in
        "#,
    );
    let mut running = engine(&[("project", main.as_str()), ("functions/later", &project(later))]);
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
    running.engine.run(Some(limit));
    assert_eq!(running.console.lines(), ["early"]);
}

#[test]
fn function_with_several_ways_out_gives_what_the_way_that_was_taken_gives() {
    let choose = r#"
        [[input]]
        name = "choice"
        type = "Bool"
        [[output]]
        name = "text"
        type = "String"
        begin: functions.function_input
        branch: flow_control.branch
        yes: functions.function_output { text = "yes" }
        no: functions.function_output { text = "no" }
        begin.out -> branch.in
        begin.choice -> branch.input
        branch.on_true -> yes.in
        branch.on_false -> no.in
    "#;
    let lines = run(
        r#"
        begin: events.on_initialize
        a: functions.function { function = "choose", choice = true }
        say_a: development.console
        b: functions.function { function = "choose" }
        say_b: development.console
        begin.out -> a.in
        a.out -> say_a.in
        a.text -> say_a.input
        say_a.out -> b.in
        b.out -> say_b.in
        b.text -> say_b.input
        "#,
        &[("choose", choose)],
    );
    assert_eq!(lines, ["yes", "no"]);
}

#[test]
fn call_that_is_off_ends_the_pulse_and_one_that_lets_it_pass_is_skipped() {
    let functions = [("double", DOUBLE)];
    let call = |key: &str| {
        format!(
            "begin: events.on_initialize\ncall: functions.function {{ function = \"double\" }}\n{key}\n\
             say: development.console\nbegin.out -> call.in\ncall.out -> say.in\ncall.doubled -> say.input"
        )
    };
    assert_eq!(run(&call(""), &functions), ["42"]);
    assert_eq!(run(&call("pulse_pass_through = true"), &functions), ["0"]);
    assert_eq!(run(&call("enabled = false"), &functions), [""; 0]);
}

#[test]
fn failure_within_a_function_names_the_call() {
    let inner = r#"
        begin: functions.function_input
        bad: math.modulo
        begin.out -> bad.in
    "#;
    let outer = r#"
        begin: functions.function_input
        deep: functions.function { function = "inner" }
        begin.out -> deep.in
    "#;
    let lines = run(
        r#"
        begin: events.on_initialize
        connect: functions.function { function = "outer" }
        failed: events.on_error
        say: development.console
        begin.out -> connect.in
        failed.out -> say.in
        failed.graph -> say.input
        "#,
        &[("inner", inner), ("outer", outer)],
    );
    assert_eq!(lines, ["error bad: the divisor is 0", "project/connect/deep"]);
}

#[test]
fn function_that_calls_itself_is_refused_with_the_ring() {
    let call = |name: &str| {
        format!(
            "begin: functions.function_input\ngo: functions.function {{ function = \"{name}\" }}\nbegin.out -> go.in"
        )
    };
    let main = "begin: events.on_initialize\ngo: functions.function { function = \"a\" }\nbegin.out -> go.in";
    let found = faults(main, &[("a", &call("a"))]);
    let expected = "error: logic/functions/a.toml:7:8: node `go`: function `a` calls itself: a → a\n  hint: ";
    assert!(found.starts_with(expected), "{found}");
    let found = faults(main, &[("a", &call("b")), ("b", &call("c")), ("c", &call("a"))]);
    let expected = "error: logic/functions/c.toml:7:8: node `go`: function `a` calls itself: a → b → c → a\n";
    assert!(found.starts_with(expected), "{found}");
    assert_eq!(found.matches("calls itself").count(), 1, "{found}");
}

#[test]
fn functions_that_unfold_to_very_many_nodes_are_refused() {
    let twice = |name: &str| {
        format!(
            "begin: functions.function_input\na: functions.function {{ function = \"{name}\" }}\n\
             b: functions.function {{ function = \"{name}\" }}\nbegin.out -> a.in\na.out -> b.in"
        )
    };
    let names: Vec<String> = (0..40).map(|number| format!("f{number}")).collect();
    let mut functions: Vec<(&str, String)> = names
        .windows(2)
        .map(|pair| (pair[0].as_str(), twice(&pair[1])))
        .collect();
    functions.push(("f39", "begin: functions.function_input".to_owned()));
    let functions: Vec<(&str, &str)> = functions
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let main =
        "begin: events.on_initialize\ngo: functions.function { function = \"f0\" }\nbegin.out -> go.in";
    let found = faults(main, &functions);
    assert!(
        found.contains("the project has more than 250000 nodes"),
        "{found}"
    );
}

#[test]
fn calls_that_lie_very_deep_within_each_other_are_refused() {
    let call = |name: &str| {
        format!(
            "begin: functions.function_input\na: functions.function {{ function = \"{name}\" }}\nbegin.out -> a.in"
        )
    };
    let main =
        "begin: events.on_initialize\ngo: functions.function { function = \"f0\" }\nbegin.out -> go.in";
    for (depth, expected) in [
        (100, ""),
        (101, "more than 100 calls of functions lie within each other"),
    ] {
        let names: Vec<String> = (0..depth).map(|number| format!("f{number}")).collect();
        let mut functions: Vec<(&str, String)> = names
            .windows(2)
            .map(|pair| (pair[0].as_str(), call(&pair[1])))
            .collect();
        functions.push((
            names.last().map_or("", |name| name),
            "begin: functions.function_input".to_owned(),
        ));
        let functions: Vec<(&str, &str)> = functions
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let found = faults(main, &functions);
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{found}"
        );
    }
}

#[test]
fn fault_within_a_function_is_told_once_in_its_own_file() {
    let wrong = "begin: functions.function_input\nadd: math.addd\nbegin.out -> add.in";
    let ring = "begin: functions.function_input\na: development.console\nb: development.console\n\
                begin.out -> a.in\na.out -> b.in\nb.out -> a.in";
    let main = |name: &str| {
        format!(
            "begin: events.on_initialize\na: functions.function {{ function = \"{name}\" }}\n\
             b: functions.function {{ function = \"{name}\" }}\nbegin.out -> a.in\na.out -> b.in"
        )
    };
    let found = faults(&main("wrong"), &[("wrong", wrong)]);
    let expected = "error: logic/functions/wrong.toml:7:8: node `add`: unknown node type `math.addd`\n";
    assert!(found.starts_with(expected), "{found}");
    assert_eq!(found.matches("error:").count(), 1, "{found}");
    let found = faults(&main("ring"), &[("ring", ring)]);
    let expected =
        "error: logic/functions/ring.toml:7:8: node `a`: the pulse goes round without end: a → b → a\n";
    assert!(found.starts_with(expected), "{found}");
    assert_eq!(found.matches("error:").count(), 1, "{found}");
}

#[test]
fn ring_through_a_function_is_refused() {
    let main = "begin: events.on_initialize\na: functions.function { function = \"double\" }\n\
                b: development.console\nbegin.out -> a.in\na.out -> b.in\nb.out -> a.in";
    let found = faults(main, &[("double", DOUBLE)]);
    assert!(
        found.contains("the pulse goes round without end: a → twice → end → b → a"),
        "{found}"
    );
}

#[test]
fn what_is_wrong_about_functions_reads_as_written_here() {
    let begin = "begin: events.on_initialize\n";
    let cases = [
        (
            "misspelt function",
            "go: functions.function { function = \"duoble\" }",
            DOUBLE,
            "error: logic/project.toml:8:27: node `go`: there is no function `duoble`\n  hint: did you mean `double`?",
        ),
        (
            "misspelt input",
            "go: functions.function { function = \"double\", numbr = 1 }",
            DOUBLE,
            "`functions.function` has no attribute `numbr`\n  hint: did you mean `number`?",
        ),
        (
            "input of another type",
            "go: functions.function { function = \"double\", number = \"1\" }",
            DOUBLE,
            "attribute `number`: expected Int, found String `1`",
        ),
        (
            "Function Input outside of a function",
            "in: functions.function_input",
            DOUBLE,
            "node `in`: `functions.function_input` may not stand in a project graph\n  hint: it may stand in: function",
        ),
        (
            "node that may not stand in a function",
            "",
            "begin: functions.function_input\nstart: events.on_initialize",
            "error: logic/functions/double.toml:7:8: node `start`: `events.on_initialize` may not stand in a function \
             graph\n  hint: it may stand in: project, scene",
        ),
        (
            "two Function Inputs",
            "",
            "one: functions.function_input\ntwo: functions.function_input",
            "error: logic/functions/double.toml:7:8: node `two`: the function has a Function Input already, `one`",
        ),
        (
            "no Function Input",
            "",
            "end: functions.function_output",
            "warning: logic/functions/double.toml: the function has no Function Input; its calls end there",
        ),
        (
            "node that nothing pulses",
            "",
            "begin: functions.function_input\nend: functions.function_output",
            "warning: logic/functions/double.toml:6:6: node `end`: nothing pulses `end.in`",
        ),
        (
            "input named as a socket",
            "",
            "begin: functions.function_input\n[[input]]\nname = \"out\"\ntype = \"Int\"",
            "logic/functions/double.toml:6:8: `out` is the name of a socket already\n  hint: rename the input",
        ),
        (
            "default of an output",
            "",
            "begin: functions.function_input\n[[output]]\nname = \"a\"\ntype = \"Int\"\ndefault = 1",
            "logic/functions/double.toml:8:1: unknown key `default`",
        ),
        (
            "input of a project",
            "[[input]]\nname = \"a\"\ntype = \"Int\"",
            DOUBLE,
            "logic/project.toml:5:3: only functions have `[[input]]`\n  hint: they stand in `logic/functions/NAME.toml`",
        ),
        (
            "event of a function",
            "",
            "begin: functions.function_input\n[[event]]\nname = \"a\"",
            "logic/functions/double.toml:5:3: a function has no events of its own\n  hint: declare it in",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, lines, function, expected) in cases {
        let found = faults(&format!("{begin}{lines}"), &[("double", function)]);
        if !found.contains(expected) {
            wrong.push(format!("{name}:\n--- expected\n{expected}\n--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn project_without_functions_says_where_they_would_be() {
    let main = project("go: functions.function { function = \"double\" }");
    let found = faults_of(&[("project", &main)]);
    let expected =
        "there is no function `double`\n  hint: a function is a file: `logic/functions/double.toml`";
    assert!(found.contains(expected), "{found}");
}
