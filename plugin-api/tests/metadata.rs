//! The metadata that the compiler writes is the metadata that a host reads.

use pulsewire_plugin_api::{
    API_VERSION, TARGET,
    abi::export,
    manifest::{Manifest, NodeKind, SocketType},
    prelude::*,
};

const ADD: NodeType = NodeType::action("demo.add", "Add")
    .category("Math")
    .help("Says \"sum\",\nwith a \\ and an ü.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", &["Int", "Float"]),
        Attribute::new("count", "Count", DataType::Int).default(Literal::Int(-2)),
        Attribute::configuration("demo.servers"),
    ])
    .inputs(&[Socket::typed_by("input", "Input", "data_type")
        .repeated("count")
        .default(Literal::Json("0.5"))])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

const ON_NEWS: NodeType = NodeType::event("demo.on_news", "On News").keyed_by("configuration");

const SECTION: Section = Section::new(
    "demo",
    "Demo",
    &[List::new(
        "servers",
        "Servers",
        &[
            Field::new("name", "Name", DataType::String).required(),
            Field::new("port", "Port", DataType::Int)
                .range(1, 65535)
                .default(Literal::Int(80)),
            Field::url("url", "URL").required(),
            Field::new("password", "Password", DataType::String).secret(),
        ],
    )],
);

const ABOUT: About = About::new("demo", "Demo", "1.2.3")
    .category("Examples")
    .description("For a test.")
    .node_types(&[ADD, ON_NEWS])
    .sections(&[SECTION]);

const LEN: usize = export::metadata_len(&ABOUT);
static METADATA: [u8; LEN] = export::metadata::<LEN>(&ABOUT);

#[test]
fn host_reads_what_the_author_declared() {
    let manifest = Manifest::from_json(&METADATA).unwrap();
    assert_eq!(
        (manifest.id.as_str(), manifest.version.as_str()),
        ("demo", "1.2.3")
    );
    assert_eq!(
        (manifest.api.as_str(), manifest.panic.as_str()),
        (API_VERSION, "unwind")
    );
    assert_eq!(manifest.target, TARGET);

    let add = &manifest.node_types[0];
    assert_eq!(add.help, "Says \"sum\",\nwith a \\ and an ü.");
    assert_eq!(add.kind, NodeKind::Action);
    assert_eq!(add.attributes[0].options, ["Int", "Float"]);
    assert_eq!(add.attributes[0].default, Some(Value::from("Int")));
    assert_eq!(add.attributes[1].default, Some(Value::Int(-2)));
    assert!(add.attributes[2].required && add.attributes[2].options_from == "demo.servers");
    assert_eq!(add.inputs[0].id, "in");
    assert_eq!(add.inputs[0].socket_type, SocketType::Pulse);
    assert_eq!(add.inputs[1].repeat, "count");
    assert_eq!(add.inputs[1].typed_by, "data_type");
    assert_eq!(add.inputs[1].default, Some(Value::Float(0.5)));

    let on_news = &manifest.node_types[1];
    assert_eq!(on_news.event_key, "configuration");
    assert!(on_news.inputs.is_empty());

    let fields = &manifest.sections[0].lists[0].fields;
    assert_eq!((fields[1].min, fields[1].max), (Some(1), Some(65535)));
    assert_eq!(fields[2].format, "url");
    assert_eq!(fields[3].format, "secret");
}

#[test]
fn host_ignores_members_from_the_future() {
    let text = String::from_utf8(METADATA.to_vec()).unwrap();
    let newer = text.replacen('{', r#"{"colour":"red","#, 1);
    assert_eq!(
        Manifest::from_json(newer.as_bytes()).unwrap(),
        Manifest::from_json(&METADATA).unwrap()
    );
}
