//! What is wrong in a graph is said with file, line, node and what to do; all of it at once.

mod common;

use common::{compile_all, faults, faults_of, project};

#[test]
fn faults_of_a_graph_read_as_written_here() {
    let begin = "begin: events.on_initialize\n";
    let cases = [
        (
            "unknown node type",
            "a: flow_control.brunch",
            "error: logic/project.toml:7:8: node `a`: unknown node type `flow_control.brunch`\n  \
             hint: did you mean `flow_control.branch`?",
        ),
        (
            "plugin that is not installed",
            "a: mqtt.start",
            "warning: logic/project.toml:7:8: node `a`: node type `mqtt.start`: plugin `mqtt` is not installed; \
             the node will not run",
        ),
        (
            "unknown attribute",
            "a: math.add { cuont = 3 }",
            "error: logic/project.toml:8:16: node `a`: `math.add` has no attribute `cuont`\n  \
             hint: did you mean `count`?",
        ),
        (
            "attributes that do not go together",
            "a: datetime.system_time { smooth_float_value = true }",
            "error: logic/project.toml:7:8: node `a`: attribute `data_type` is Int; with this mode the parts are Float",
        ),
        (
            "time zone that is none",
            "a: datetime.timezone_value { value = \"Europe/Berln\" }",
            "error: logic/project.toml:7:8: node `a`: attribute `value`: there is no time zone `Europe/Berln`; \
             expected a name such as Europe/Berlin",
        ),
        (
            "attribute of another type",
            "a: math.add { input_1 = \"five\" }",
            "error: logic/project.toml:8:26: node `a`: attribute `input_1`: expected Int, found String `five`\n  \
             hint: Int is written `-7`",
        ),
        (
            "option that is none",
            "a: math.add { data_type = \"Integer\" }",
            "error: logic/project.toml:8:28: node `a`: attribute `data_type` is `Integer`\n  \
             hint: known: `Int`, `Float`, `Byte`, `Vector2`, `Vector3`, `Vector4`",
        ),
        (
            "missing variable",
            "a: variables.variable_setter",
            "error: logic/project.toml:6:6: node `a`: attribute `variable` is missing\n  hint: declare a `[[variable]]` first",
        ),
        (
            "wire to a node that is not there",
            "a: development.console\nbegin.out -> b.in",
            "error: logic/project.toml:10:6: node `begin`: there is no node `b`\n  hint: known: `begin`, `a`",
        ),
        (
            "wire to a socket that is not there",
            "a: development.console\nbegin.out -> a.imput",
            "error: logic/project.toml:10:6: node `a`: there is no input `imput`\n  hint: did you mean `input`?",
        ),
        (
            "wire backwards",
            "a: development.console\na.input -> begin.out",
            "`a.input` is an input, but a wire goes from an output to an input\n  hint: swap `from` and `to`",
        ),
        (
            "pulse into data",
            "a: development.console\nbegin.out -> a.input",
            "`begin.out` carries a pulse, but `a.input` takes data\n  hint: write `a.in`",
        ),
        (
            "wrong wire type",
            "a: math.add\nb: string.contains\na.output -> b.string",
            "node `b`: `a.output` is Int, but `b.string` takes String\n  hint: put a `utilities.conversion` between them",
        ),
        (
            "two wires into one input",
            "a: math.add\nb: math.add\na.output -> b.input_1\na.output -> b.input_1",
            "node `b`: input `b.input_1` already has a wire, in line 13\n  hint: to choose between values",
        ),
        (
            "two wires from one pulse output",
            "a: development.console\nb: development.console\nbegin.out -> a.in\nbegin.out -> b.in",
            "pulse output `begin.out` already has a wire, in line 12\n  hint: to start several branches",
        ),
        (
            "cycle without delay",
            "a: development.console\nb: development.console\na.out -> b.in\nb.out -> a.in",
            "node `a`: the pulse goes round without end: a → b → a\n  hint: remove a wire",
        ),
        (
            "cycle at the start of a timeout",
            "a: utilities.start_timeout\nb: math.increment\na.on_start -> b.in\nb.out -> a.in",
            "node `a`: the pulse goes round without end: a → b → a\n  hint: lead the ring through `out` of `a`, which fires later",
        ),
        (
            "cycle at the start of an interval",
            "a: math.increment\nb: utilities.start_interval\na.out -> b.in\nb.on_start -> a.in",
            "node `a`: the pulse goes round without end: a → b → a\n  hint: lead the ring through `out` of `b`, which fires later",
        ),
        (
            "pass through without one way in and one out",
            "a: flow_control.branch\npulse_pass_through = true",
            "`pulse_pass_through` needs exactly one pulse input and one pulse output",
        ),
        (
            "case of another type",
            "a: flow_control.switch { cases = [1, \"two\"] }",
            "node `a`: case 2: expected Int, found String `two`",
        ),
        (
            "key that stands twice",
            "a: dictionary.dictionary_value { count = 2, key_1 = \"x\", key_2 = \"x\" }",
            "error: logic/project.toml:7:8: node `a`: attribute `key_2`: the key `x` stands twice",
        ),
        (
            "count out of range",
            "a: math.add { count = 1000000 }",
            "node `a`: attribute `count` is out of range; expected 0 to 1000",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, lines, expected) in cases {
        let found = faults(&project(&format!("{begin}{lines}")));
        if !found.contains(expected) {
            wrong.push(format!("{name}:\n--- expected\n{expected}\n--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn attribute_at_fault_is_told_once_also_if_its_node_knows_it() {
    let found = faults(&project(
        "begin: events.on_initialize\na: math.random { mode = \"Expert\", distribution = \"Bernouli\" }\nbegin.out -> a.in",
    ));
    assert_eq!(found.matches("error: ").count(), 1, "{found}");
    assert!(found.ends_with("hint: did you mean `Bernoulli`?"), "{found}");
}

#[test]
fn wire_to_a_node_of_another_file_is_told_where_that_stands() {
    let (_, faults) = compile_all(&[
        (
            "project",
            &project("begin: events.on_initialize\nbegin.out -> greet.in"),
        ),
        (
            "scenes/hall",
            &project("greet: development.console\nstart: events.on_initialize\nstart.out -> greet.in"),
        ),
    ]);
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "error: logic/project.toml:7:6: node `begin`: there is no node `greet`\n  hint: it stands in \
          logic/scenes/hall.toml; a wire joins nodes of one file, an event goes from one to another"
        ]
    );
}

#[test]
fn sound_graph_has_no_faults() {
    let found = faults(&project(
        "begin: events.on_initialize\na: development.console\nbegin.out -> a.in",
    ));
    assert_eq!(found, "");
}

#[test]
fn ring_through_a_branch_is_left_to_the_step_budget() {
    let found = faults(&project(
        "begin: events.on_initialize\na: flow_control.branch\nb: math.increment\n\
         begin.out -> a.in\na.on_true -> b.in\nb.out -> a.in",
    ));
    assert_eq!(found, "");
}

#[test]
fn scene_sees_variables_of_the_project_but_not_of_another_scene() {
    let project_graph = project("[[variable]]\nname = \"shared\"\ntype = \"Int\"\nvalue = 1");
    let sees = project("a: variables.variable_getter { variable = \"shared\" }");
    let other = project("[[variable]]\nname = \"own\"\ntype = \"Int\"\nvalue = 1");
    let blind = project("a: variables.variable_getter { variable = \"own\" }");
    let (_, faults) = compile_all(&[
        ("project", &project_graph),
        ("scenes/a", &sees),
        ("scenes/b", &other),
        ("scenes/c", &blind),
    ]);
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("error: logic/scenes/c.toml:"), "{found:?}");
    assert!(found[0].contains("there is no variable `own`"), "{found:?}");
}

#[test]
fn two_of_one_name_in_a_function_are_told_once_however_often_it_is_called() {
    let main = project(
        "begin: events.on_initialize\none: functions.function { function = \"f\" }\n\
         two: functions.function { function = \"f\" }\nbegin.out -> one.in\none.out -> two.in",
    );
    // `a/b` is a call, and what the call `b` within the call `a` would be called; `a/n` a variable likewise.
    let outer = project(
        "[[variable]]\nname = \"a/n\"\ntype = \"Int\"\nbegin: functions.function_input\n\
         a: functions.function { function = \"g\" }\na/b: functions.function { function = \"h\" }\n\
         begin.out -> a.in\na.out -> a/b.in",
    );
    let inner = project(
        "[[variable]]\nname = \"n\"\ntype = \"Int\"\nbegin: functions.function_input\n\
         b: functions.function { function = \"h\" }\nbegin.out -> b.in",
    );
    let last = project("begin: functions.function_input");
    let found = faults_of(&[
        ("project", &main),
        ("functions/f", &outer),
        ("functions/g", &inner),
        ("functions/h", &last),
    ]);
    let told = |what: &str| found.matches(what).count();
    assert_eq!(
        told("the console would call two calls `project/one/a/b`"),
        1,
        "{found}"
    );
    assert_eq!(
        told("the engine would call two variables `project/one/a/n`"),
        1,
        "{found}"
    );
    assert_eq!(told("error: "), 2, "{found}");
}
