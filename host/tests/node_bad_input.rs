//! Every built-in node against everything that may stand in its sockets and attributes. Whatever it is, nothing panics and
//! the outcome is one of three: a fault of the compiler; an error of the node, whose outputs then hold their defaults; or
//! outputs of their types.

mod common;

use std::collections::HashMap;

use common::{compile_all, project, start};
use pulsewire_host::toolbox::Toolbox;
use pulsewire_plugin_api::{
    manifest::{Attribute, NodeType, Scope, SocketType},
    value::{DataType, Value},
};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

/// How many random cases each node has.
const CASES: usize = 40;

/// What a case is made of, as TOML: the types with their extremes.
const SAMPLES: &[(DataType, &[&str])] = &[
    (DataType::Bool, &["true", "false"]),
    (DataType::Byte, &["0", "1", "127", "255"]),
    (
        DataType::Int,
        &[
            "0",
            "1",
            "-1",
            "2",
            "3",
            "1000",
            "2147483648",
            "9223372036854775807",
            "-9223372036854775808",
        ],
    ),
    (
        DataType::Float,
        &[
            "0.0", "-0.0", "1.0", "0.5", "-2.5", "1e308", "-1e308", "5e-324", "1e18", "nan", "inf", "-inf",
        ],
    ),
    (
        DataType::String,
        &[
            r#""""#,
            r#""a""#,
            r#""é😀""#,
            r#""%5.1f%""#,
            r#""(""#,
            r#""(a|aa)+$""#,
            r#""(?:a{400}){400}""#,
            r#""\u0000\r\n""#,
            r#""[1, {}]""#,
            r#""[1, }""#,
            "\"[[[[[[[[[[\"",
            r#""Int""#,
            "HUGE",
        ],
    ),
    (DataType::Binary, &[r#""""#, r#""00""#, r#""FFEEDDCC""#]),
    (
        DataType::Array,
        &["[]", "[1]", r#"["a", 1.0, [[]], {}]"#, "[1, 2, 3, 4]"],
    ),
    (
        DataType::Dictionary,
        &["{}", "{ a = 1 }", r#"{ "" = { "" = [] } }"#],
    ),
    (DataType::Vector2, &["[0, 0]", "[nan, inf]"]),
    (DataType::Vector3, &["[0, 0, 0]", "[1e308, -1e308, nan]"]),
    (DataType::Vector4, &["[0, 0, 0, 0]", "[inf, -inf, nan, 1]"]),
    (
        DataType::Matrix4x4,
        &["[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]"],
    ),
    (DataType::Color, &[r##""#FF00A0E0""##]),
    (DataType::CustomId, &["0", "1", "9223372036854775807"]),
];

fn samples_of(data_type: DataType) -> Vec<&'static str> {
    let fitting = SAMPLES
        .iter()
        .filter(|(known, _)| data_type == DataType::Any || *known == data_type);
    fitting.flat_map(|(_, samples)| samples.iter().copied()).collect()
}

/// A value of a node that may be set, as far as the descriptor says it.
struct Settable {
    id: String,
    kind: Kind,
    /// Whether it is always set: the node is at fault without it, or it says which types others have.
    is_required: bool,
    is_input: bool,
}

/// What a settable value may be.
enum Kind {
    /// One of these, as TOML.
    OneOf(Vec<String>),
    Of(DataType),
    /// The type that the attribute of this id names.
    TypedBy(String),
}

impl Settable {
    /// The type, with these attributes.
    fn data_type(&self, chosen: &HashMap<String, String>) -> DataType {
        match &self.kind {
            Kind::OneOf(_) => DataType::String,
            Kind::Of(data_type) => *data_type,
            Kind::TypedBy(attribute) => match chosen.get(attribute).map(|named| named.trim_matches('"')) {
                // The variable that every case has.
                Some("v") => DataType::Int,
                named => named
                    .and_then(|named| named.parse().ok())
                    .unwrap_or(DataType::Any),
            },
        }
    }

    fn samples(&self, chosen: &HashMap<String, String>) -> Vec<String> {
        match &self.kind {
            Kind::OneOf(all) => all.clone(),
            _ => strings(&samples_of(self.data_type(chosen))),
        }
    }
}

fn strings(samples: &[&str]) -> Vec<String> {
    samples.iter().map(|sample| (*sample).to_owned()).collect()
}

/// The ids that a descriptor stands for; of what is repeated the first three.
fn numbered(id: &str, repeat: &str) -> Vec<String> {
    match repeat {
        "" => vec![id.to_owned()],
        // What the event and the function of every case declare.
        "event" => vec!["p".to_owned()],
        "function" => vec!["a".to_owned()],
        "[[output]]" => vec!["b".to_owned()],
        _ => (1..=3).map(|number| format!("{id}_{number}")).collect(),
    }
}

/// Everything that can be set on a node, attributes first.
fn settables(node_type: &NodeType) -> Vec<Settable> {
    let naming = |attribute: &&Attribute| {
        attribute.options_from == "variables" || attribute.options.iter().any(|option| option == "Int")
    };
    let typed = |typed_by: &str, at: usize, data_type: DataType| match typed_by {
        "" => Kind::Of(data_type),
        _ => {
            let attribute = node_type
                .attributes
                .iter()
                .find(|attribute| attribute.id == typed_by);
            let repeat = attribute.map_or("", |attribute| attribute.repeat.as_str());
            Kind::TypedBy(
                numbered(typed_by, repeat)
                    .into_iter()
                    .nth(at)
                    .unwrap_or(typed_by.to_owned()),
            )
        }
    };
    let mut settables = Vec::new();
    for attribute in &node_type.attributes {
        for (at, id) in numbered(&attribute.id, &attribute.repeat).into_iter().enumerate() {
            let kind = match (attribute.options_from.as_str(), attribute.options.as_slice()) {
                ("variables", _) => Kind::OneOf(strings(&[r#""v""#])),
                ("events", _) => Kind::OneOf(strings(&[r#""e""#])),
                ("scenes", _) => Kind::OneOf(strings(&[r#""s""#])),
                ("functions", _) => Kind::OneOf(strings(&[r#""f""#])),
                (_, []) => typed(&attribute.typed_by, at, attribute.data_type),
                (_, options) => Kind::OneOf(options.iter().map(|option| format!("{option:?}")).collect()),
            };
            // A row that there is not cannot be set.
            let is_required = attribute.required || (naming(&attribute) && attribute.repeat.is_empty());
            settables.push(Settable {
                id,
                kind,
                is_required,
                is_input: false,
            });
        }
    }
    for socket in &node_type.inputs {
        let SocketType::Data(data_type) = socket.socket_type else {
            continue;
        };
        for (at, id) in numbered(&socket.id, &socket.repeat).into_iter().enumerate() {
            let kind = typed(&socket.typed_by, at, data_type);
            settables.push(Settable {
                id,
                kind,
                is_required: false,
                is_input: true,
            });
        }
    }
    settables
}

/// What stands in every case beside the node: something of each list that attributes name.
const AROUND: &str = "[[variable]]\nname = \"v\"\ntype = \"Int\"\n\
    [[event]]\nname = \"e\"\nparameters = [{ name = \"p\", type = \"Any\" }]\n\
    failed: events.on_error\ntold: development.console { input = \"it failed\" }\nfailed.out -> told.in\n\
    begin: events.on_initialize\nall: flow_control.sequential { count = 3 }\nbegin.out -> all.in\n";

/// Runs the node with these attributes set, pulsed once at each of its pulse inputs, and with this wired to an input: the
/// input's id, the type and the value. False if the compiler finds a fault.
fn run(node_type: &NodeType, attributes: &[(&str, &str)], wired: Option<(&str, DataType, &str)>) -> bool {
    let set: Vec<String> = attributes
        .iter()
        .map(|(id, value)| format!("{id} = {value}"))
        .collect();
    let set = set.join(", ");
    let mut node = format!("node: {} {{ {set} }}\n", node_type.id);
    if let Some((input, data_type, value)) = wired {
        node.push_str(&format!(
            "[[variable]]\nname = \"w\"\ntype = \"{data_type}\"\nvalue = {value}\n\
             wired: variables.variable_getter {{ variable = \"w\" }}\nwired.value -> node.{input}\n"
        ));
    }
    let pulses = node_type
        .inputs
        .iter()
        .filter(|socket| socket.socket_type == SocketType::Pulse);
    for (at, pulse) in pulses.enumerate() {
        let number = if pulse.repeat.is_empty() { "" } else { "_1" };
        node.push_str(&format!("all.pulse_{} -> node.{}{number}\n", at + 1, pulse.id));
    }
    // In the project, unless it may not stand there; then once in a function that is called, or in a scene.
    const ENTRY: &str = "entry: functions.function_input\n";
    const ALL: &str = "all: flow_control.sequential { count = 3 }\n";
    let scopes = &node_type.scopes;
    let mut project_lines = AROUND.to_owned();
    let mut function_lines =
        "[[input]]\nname = \"a\"\ntype = \"Any\"\n[[output]]\nname = \"b\"\ntype = \"Any\"\n".to_owned();
    let mut scene_lines = String::new();
    if scopes.contains(&Scope::Project) {
        project_lines.push_str(&node);
        function_lines.push_str(ENTRY);
    } else if scopes.contains(&Scope::Function) {
        project_lines.push_str("call: functions.function { function = \"f\" }\nall.pulse_1 -> call.in\n");
        if node_type.id != "functions.function_input" {
            function_lines.push_str(&format!("{ENTRY}{ALL}entry.out -> all.in\n"));
        }
        function_lines.push_str(&node);
    } else {
        function_lines.push_str(ENTRY);
        scene_lines.push_str(&format!(
            "begin: events.on_initialize\n{ALL}begin.out -> all.in\n{node}"
        ));
    }
    let graph = |lines: &str| project(&lines.replace("HUGE", &format!("{:?}", "a ".repeat(10_000))));
    let (program, faults) = compile_all(&[
        ("project", &graph(&project_lines)),
        ("functions/f", &graph(&function_lines)),
        ("scenes/s", &graph(&scene_lines)),
    ]);
    if faults.has_errors() {
        return false;
    }
    let Some(info) = program.infos.iter().find(|info| &*info.id == "node").cloned() else {
        return true;
    };
    let mut running = start(program);
    running.engine.run_pending();
    let said = running.console.lines();
    let has_failed = said.iter().any(|line| line == "it failed");
    for output in info.outputs.iter() {
        let value = running.engine.output(&info.graph, "node", &output.id);
        let value = value.unwrap_or_else(|| panic!("{}: no output {}", node_type.id, output.id));
        let (id, data_type) = (&output.id, output.data_type);
        let case = format!("{} {{ {set} }}, {wired:?}: {id} is {value:?}", node_type.id);
        assert!(value.fits(data_type), "{case}");
        let is_default = *value == Value::default_of(data_type);
        // A node with two pulse inputs may fail at one of them only.
        let is_one_way = info.pulse_outputs.len() == 1;
        assert!(!has_failed || !is_one_way || is_default, "{case} after {said:?}");
    }
    true
}

fn each_node(mut test: impl FnMut(&NodeType, &[Settable])) {
    let toolbox = Toolbox::default();
    for entry in toolbox.available() {
        test(&entry.node_type, &settables(&entry.node_type));
    }
}

/// The first value of everything that must be set.
fn required(settables: &[Settable]) -> HashMap<String, String> {
    let mut chosen = HashMap::new();
    for settable in settables.iter().filter(|settable| settable.is_required) {
        let first = settable.samples(&chosen)[0].clone();
        chosen.insert(settable.id.clone(), first);
    }
    chosen
}

fn run_with(node_type: &NodeType, chosen: &HashMap<String, String>) -> bool {
    let attributes: Vec<(&str, &str)> = chosen
        .iter()
        .map(|(id, value)| (id.as_str(), value.as_str()))
        .collect();
    run(node_type, &attributes, None)
}

#[test]
fn every_type_in_every_socket_has_an_outcome() {
    each_node(|node_type, settables| {
        for settable in settables {
            for sample in samples_of(DataType::Any) {
                let mut chosen = required(settables);
                chosen.insert(settable.id.clone(), sample.to_owned());
                run_with(node_type, &chosen);
            }
        }
    });
}

#[test]
fn every_type_wired_to_every_input_has_an_outcome() {
    each_node(|node_type, settables| {
        let mut chosen = required(settables);
        // Rows of three, and whatever may be of any type is.
        for settable in settables.iter().filter(|settable| !settable.is_input) {
            let Kind::OneOf(options) = &settable.kind else {
                continue;
            };
            if options.iter().any(|option| option == "\"Any\"") && chosen.contains_key(&settable.id) {
                chosen.insert(settable.id.clone(), "\"Any\"".to_owned());
            }
        }
        let attributes: Vec<(&str, &str)> = chosen
            .iter()
            .map(|(id, value)| (id.as_str(), value.as_str()))
            .collect();
        for input in settables.iter().filter(|settable| settable.is_input) {
            let takes = input.data_type(&chosen);
            for (data_type, samples) in SAMPLES {
                let is_taken = takes == DataType::Any || takes == *data_type;
                for sample in samples.iter().take(if is_taken { samples.len() } else { 1 }) {
                    let ran = run(node_type, &attributes, Some((&input.id, *data_type, sample)));
                    assert!(
                        !ran || is_taken,
                        "{}: {} took {data_type}",
                        node_type.id,
                        input.id
                    );
                }
            }
        }
    });
}

#[test]
fn every_extreme_of_its_type_in_every_socket_has_an_outcome() {
    each_node(|node_type, settables| {
        let naming: Vec<&Settable> = settables
            .iter()
            .filter(|settable| settable.is_required && matches!(settable.kind, Kind::OneOf(_)))
            .collect();
        let most = naming
            .iter()
            .map(|settable| settable.samples(&HashMap::new()).len())
            .max();
        let mut ran = false;
        // All attributes that name types name their first one, then their second, and so on.
        for at in 0..most.unwrap_or(1) {
            let mut chosen = required(settables);
            for settable in &naming {
                let options = settable.samples(&chosen);
                chosen.insert(settable.id.clone(), options[at % options.len()].clone());
            }
            for settable in settables {
                for sample in settable.samples(&chosen) {
                    let mut chosen = chosen.clone();
                    chosen.insert(settable.id.clone(), sample);
                    ran |= run_with(node_type, &chosen);
                }
            }
            ran |= settables.is_empty() && run_with(node_type, &chosen);
        }
        // Faults of the compiler alone would show nothing of the node.
        assert!(ran, "{} never ran", node_type.id);
    });
}

#[test]
fn values_of_the_right_types_have_an_outcome_whatever_they_are() {
    let mut rng = ChaCha8Rng::seed_from_u64(2023);
    each_node(|node_type, settables| {
        let mut ran = 0;
        for _ in 0..CASES {
            let mut chosen = HashMap::new();
            for settable in settables {
                if settable.is_required || rng.random_bool(0.6) {
                    let samples = settable.samples(&chosen);
                    let sample = samples[rng.random_range(0..samples.len())].clone();
                    chosen.insert(settable.id.clone(), sample);
                }
            }
            ran += usize::from(run_with(node_type, &chosen));
        }
        assert!(
            ran > 0 || run_with(node_type, &required(settables)),
            "{} never ran",
            node_type.id
        );
    });
}
