//! Every built-in node against everything that may stand in its sockets and attributes. Whatever it is, nothing panics and
//! the outcome is one of three: a fault of the compiler; an error of the node, whose outputs then hold their defaults; or
//! outputs of their types.

mod common;

use common::{compile_all, project, start};
use pulsewire_host::toolbox::Toolbox;
use pulsewire_plugin_api::{
    manifest::{NodeType, Scope, SocketType},
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
            r#""\u0000\r\n""#,
            r#""[1, {}]""#,
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

/// A value that the id may be set to, with its type, as far as the descriptor alone says it.
struct Settable {
    id: String,
    samples: Vec<String>,
    /// Whether the node is at fault without it.
    is_required: bool,
}

/// Everything that can be set on a node; of what is repeated the first three.
fn settables(node_type: &NodeType) -> Vec<Settable> {
    let ids = |id: &str, repeat: &str| match repeat {
        "" => vec![id.to_owned()],
        _ => (1..=3).map(|number| format!("{id}_{number}")).collect(),
    };
    let mut settables = Vec::new();
    for attribute in &node_type.attributes {
        let samples: Vec<String> = match (attribute.options_from.as_str(), attribute.options.as_slice()) {
            ("variables", _) => vec![r#""v""#.to_owned()],
            ("events", _) => vec![r#""e""#.to_owned()],
            ("scenes", _) => vec![r#""s""#.to_owned()],
            ("functions", _) => vec![r#""f""#.to_owned()],
            (_, []) => samples_of(attribute.data_type)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            (_, options) => options.iter().map(|option| format!("{option:?}")).collect(),
        };
        settables.extend(
            ids(&attribute.id, &attribute.repeat)
                .into_iter()
                .map(|id| Settable {
                    id,
                    samples: samples.clone(),
                    is_required: attribute.required,
                }),
        );
    }
    for socket in &node_type.inputs {
        let SocketType::Data(data_type) = socket.socket_type else {
            continue;
        };
        let samples: Vec<String> = samples_of(data_type).into_iter().map(str::to_owned).collect();
        settables.extend(ids(&socket.id, &socket.repeat).into_iter().map(|id| Settable {
            id,
            samples: samples.clone(),
            is_required: false,
        }));
    }
    settables
}

/// Runs the node with these attributes set, pulsed once at each of its pulse inputs.
fn run(node_type: &NodeType, attributes: &[(&str, &str)]) -> bool {
    let set: Vec<String> = attributes
        .iter()
        .map(|(id, value)| format!("{id} = {value}"))
        .collect();
    let set = set.join(", ");
    let mut lines = format!(
        "[[variable]]\nname = \"v\"\ntype = \"Int\"\n[[event]]\nname = \"e\"\nparameters = [{{ name = \"p\", type = \"Int\" }}]\n\
         begin: events.on_initialize\nall: flow_control.sequential {{ count = 3 }}\nbegin.out -> all.in\n\
         failed: events.on_error\ntold: development.console {{ input = \"it failed\" }}\nfailed.out -> told.in\n\
         node: {} {{ {set} }}\n",
        node_type.id
    );
    let pulses = node_type
        .inputs
        .iter()
        .filter(|socket| socket.socket_type == SocketType::Pulse);
    for (at, pulse) in pulses.enumerate() {
        let number = if pulse.repeat.is_empty() { "" } else { "_1" };
        lines.push_str(&format!("all.pulse_{} -> node.{}{number}\n", at + 1, pulse.id));
    }
    let text = project(&lines.replace("HUGE", &format!("{:?}", "a ".repeat(10_000))));
    let function = project("[[input]]\nname = \"a\"\ntype = \"Int\"\nbegin: functions.function_input");
    let (program, faults) = compile_all(&[
        ("project", &text),
        ("functions/f", &function),
        ("scenes/s", "format = 1"),
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
        let value = running.engine.output("project", "node", &output.id);
        let value = value.unwrap_or_else(|| panic!("{}: no output {}", node_type.id, output.id));
        let (id, data_type) = (&output.id, output.data_type);
        assert!(
            value.fits(data_type),
            "{} {{ {set} }}: {id} is {value:?}",
            node_type.id
        );
        let is_default = *value == Value::default_of(data_type);
        // A node with two pulse inputs may fail at one of them only.
        let is_one_way = info.pulse_outputs.len() == 1;
        assert!(
            !has_failed || !is_one_way || is_default,
            "{} {{ {set} }}: {id} is {value:?} after {said:?}",
            node_type.id
        );
    }
    true
}

fn each_node(mut test: impl FnMut(&NodeType, &[Settable])) {
    let toolbox = Toolbox::default();
    let available = toolbox.available().into_iter();
    for entry in available.filter(|entry| entry.node_type.scopes.contains(&Scope::Project)) {
        test(&entry.node_type, &settables(&entry.node_type));
    }
}

fn required(settables: &[Settable]) -> Vec<(&str, &str)> {
    let required = settables.iter().filter(|settable| settable.is_required);
    required
        .map(|settable| (settable.id.as_str(), settable.samples[0].as_str()))
        .collect()
}

#[test]
fn every_type_in_every_socket_has_an_outcome() {
    each_node(|node_type, settables| {
        for settable in settables {
            for sample in samples_of(DataType::Any) {
                let mut attributes = required(settables);
                attributes.retain(|(id, _)| *id != settable.id);
                attributes.push((settable.id.as_str(), sample));
                run(node_type, &attributes);
            }
        }
    });
}

#[test]
fn values_of_the_right_types_have_an_outcome_whatever_they_are() {
    let mut rng = ChaCha8Rng::seed_from_u64(2023);
    each_node(|node_type, settables| {
        let mut ran = 0;
        for _ in 0..CASES {
            let mut attributes = Vec::new();
            for settable in settables {
                if settable.is_required || rng.random_bool(0.6) {
                    let sample = &settable.samples[rng.random_range(0..settable.samples.len())];
                    attributes.push((settable.id.as_str(), sample.as_str()));
                }
            }
            ran += usize::from(run(node_type, &attributes));
        }
        // Faults of the compiler alone would show nothing of the node.
        assert!(
            ran > 0 || run(node_type, &required(settables)),
            "{} never ran",
            node_type.id
        );
    });
}
