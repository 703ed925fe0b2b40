//! Sections of the Project Settings against what a plugin declares: types, bounds, defaults, secrets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use pulsewire_host::{
    diagnostics::{Faults, SourceFile},
    settings::{RawSettings, SectionSettings, validate_section},
};
use pulsewire_plugin_api::{manifest::Section, value::Value};

const SECTION: &str = r#"{
    "id": "socketio", "title": "Socket.IO", "lists": [{ "id": "connections", "title": "Connections", "fields": [
        { "id": "name", "name": "Name", "type": "String", "required": true },
        { "id": "url", "name": "URL", "type": "String", "format": "url", "required": true, "help": "The server." },
        { "id": "port", "name": "Port", "type": "Int", "default": 80, "min": 1, "max": 65535 },
        { "id": "delay", "type": "Int", "default": 1000, "min": 0, "unit": "ms" },
        { "id": "jitter", "type": "Float", "default": 0.5, "max": 1 },
        { "id": "transport", "type": "String", "options": ["auto", "websocket"], "default": "auto" },
        { "id": "transports", "type": "Array", "options": ["polling", "websocket"] },
        { "id": "headers", "type": "Dictionary" },
        { "id": "auth", "type": "Dictionary", "format": "secret" },
        { "id": "password", "type": "String", "format": "secret" },
        { "id": "pin", "type": "Int", "format": "secret", "min": 1000 },
        { "id": "tint", "type": "Color" },
        { "id": "proxy", "type": "String", "format": "url", "schemes": ["http", "https"] },
        { "id": "rooms", "type": "Array", "default": ["lobby"], "elements": "String", "min_length": 1 },
        { "id": "weights", "type": "Array", "elements": "Float" },
        { "id": "keys", "type": "Array", "format": "secret", "elements": "String" }
    ] }, { "id": "proxies", "title": "Proxies", "fields": [
        { "id": "name", "type": "String", "required": true }
    ] }]
}"#;

fn section() -> Section {
    serde_json::from_str(SECTION).unwrap()
}

fn validate(text: &str) -> (SectionSettings, String) {
    let mut faults = Faults::default();
    let source = Arc::new(SourceFile::new("settings.toml", text));
    let raw = RawSettings::parse(source, &mut faults).unwrap();
    let settings = validate_section(&raw, &section(), &mut faults);
    (settings, rendered(faults))
}

fn rendered(faults: Faults) -> String {
    let faults: Vec<String> = faults.into_sorted().iter().map(ToString::to_string).collect();
    faults.join("\n")
}

/// A file with one connection, whose keys begin in line 5.
fn connection(keys: &str) -> String {
    format!(
        "format = 1\n[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"http://localhost\"\n{keys}\n"
    )
}

#[test]
fn entries_get_their_values_and_the_defaults_of_the_rest() {
    let (settings, faults) = validate(&connection("port = 3000\njitter = 1\ntint = \"#80FF0000\""));
    assert_eq!(faults, "");
    let list = settings.list("connections").unwrap();
    let values = ["name", "port", "delay", "jitter", "transport"]
        .map(|field| list.value("chat", field).unwrap().clone());
    assert_eq!(
        values,
        [
            Value::from("chat"),
            Value::Int(3000),
            Value::Int(1000),
            Value::Float(1.0),
            Value::from("auto")
        ]
    );
    assert_eq!(list.value("chat", "tint").unwrap().to_string(), "80FF0000");
    assert_eq!(settings.names("connections"), ["chat"]);
}

#[test]
fn absent_section_has_empty_lists() {
    let (settings, faults) = validate("format = 1\n");
    assert_eq!(faults, "");
    assert_eq!(settings.to_json().unwrap(), r#"{"connections":[],"proxies":[]}"#);
}

#[test]
fn dotted_and_inline_entries_are_entries_too() {
    for text in [
        "format = 1\nsettings.socketio.connections = [{ name = \"a\", url = \"ws://h\" }]\n",
        "format = 1\nsettings = { socketio = { connections = [{ name = \"a\", url = \"ws://h\" }] } }\n",
        "format = 1\n[settings.socketio]\nconnections = [{ name = \"a\", url = \"ws://h\" }]\nproxies = []\n",
    ] {
        let (settings, faults) = validate(text);
        assert_eq!(
            (faults.as_str(), settings.names("connections")),
            ("", vec!["a".to_owned()])
        );
    }
}

/// Keys of a connection, and the faults without `error: settings.toml:`.
const BAD_FIELDS: &[(&str, &str)] = &[
    ("port = 0", "5:8: port is 0, expected 1 to 65535"),
    ("port = 70000", "5:8: port is 70000, expected 1 to 65535"),
    (
        "port = \"five\"",
        "5:8: port: expected Int, found String `five`\n  hint: Int is written `-7`",
    ),
    (
        "port = 80.0",
        "5:8: port: expected Int, found Float `80.0`\n  hint: write it without a fraction: `80`",
    ),
    (
        "port = 1979-05-27",
        "5:8: port: there is no type for the date `1979-05-27`\n  hint: put it in quotes, so that it is a String",
    ),
    ("delay = -1", "5:9: delay is -1, expected at least 0 ms"),
    ("jitter = 1.5", "5:10: jitter is 1.5, expected at most 1"),
    ("jitter = nan", "5:10: jitter is NaN, expected a finite number"),
    (
        "transport = \"websockets\"",
        "5:13: transport is `websockets`, which is no option\n  hint: did you mean `websocket`?",
    ),
    (
        "transports = [\"polling\", \"x\"]",
        "5:14: transports is `x`, which is no option\n  hint: known: `polling`, `websocket`",
    ),
    (
        "headers = [1]",
        "5:11: headers: expected Dictionary, found Array of 1\n  hint: Dictionary is written `{ a = 1, b = \"two\" }`",
    ),
    (
        "tint = \"red\"",
        "5:8: tint: expected Color (`#AARRGGBB`), found String `red`\n  hint: Color is written `\"#FF00A0E0\"`",
    ),
    (
        "prot = 80",
        "5:1: unknown key `prot`\n  hint: did you mean `port`?",
    ),
    ("password = 12345", "5:12: password: expected String, found Int"),
    ("pin = 17", "5:7: pin is out of bounds, expected at least 1000"),
    (
        "proxy = \"htp://x\"",
        "5:9: proxy is `htp://x`, a URL of the scheme `htp`, expected http or https\n  hint: did you mean `http`?",
    ),
    (
        "proxy = \"ftp://user:pw@x\"",
        "5:9: proxy is `ftp://********@x`, a URL of the scheme `ftp`, expected http or https\n  hint: known: `http`, `https`",
    ),
    (
        "rooms = [\"admin\", 5]",
        "5:9: rooms: element 2: expected String, found Int `5`",
    ),
    ("rooms = []", "5:9: rooms has 0 elements, expected at least 1"),
    (
        "keys = [12345]",
        "5:8: keys: element 1: expected String, found Int",
    ),
    ("auth = 12345", "5:8: auth: expected Dictionary, found Int"),
    (
        "auth = { a = 1979-05-27 }",
        "5:14: auth is no value\n  hint: put it in quotes, so that it is a String",
    ),
];

#[test]
fn every_bad_field_is_told_in_the_designers_words() {
    for (keys, expected) in BAD_FIELDS {
        assert_eq!(
            validate(&connection(keys)).1,
            format!("error: settings.toml:{expected}"),
            "\nthe faults of `{keys}`"
        );
    }
}

#[test]
fn bounds_are_allowed_themselves() {
    for keys in [
        "port = 1",
        "port = 65535",
        "delay = 0",
        "jitter = 1",
        "proxy = \"HTTPS://x\"",
        "proxy = \"\"",
        "rooms = [\"a\"]",
        "weights = []",
        "pin = 1000",
    ] {
        assert_eq!(validate(&connection(keys)).1, "", "{keys}");
    }
}

#[test]
fn url_must_be_absolute_with_a_host() {
    for (url, expected) in [
        (
            "localhost",
            "url is `localhost`, a URL without scheme\n  hint: write `http://localhost`",
        ),
        (
            "localhost:3000",
            "url is `localhost:3000`, a URL without scheme\n  hint: write `http://localhost:3000`",
        ),
        (
            "//h/x",
            "url is `//h/x`, a URL without scheme\n  hint: write `http://h/x`",
        ),
        (
            "http://",
            "url is `http://`, a URL without host\n  hint: write one such as `http://localhost`",
        ),
        (
            "http:///chat",
            "url is `http:///chat`, a URL without host\n  hint: write one such as `http://localhost`",
        ),
        (
            "ws://:3000",
            "url is `ws://:3000`, a URL without host\n  hint: write one such as `ws://localhost`",
        ),
        (
            "http://user@",
            "url is `http://********@`, a URL without host\n  hint: write one such as `http://localhost`",
        ),
        (
            "http://h:70000",
            "the port in url `http://h:70000` is not one of 1 to 65535",
        ),
        (
            "http://h:0",
            "the port in url `http://h:0` is not one of 1 to 65535",
        ),
        (
            "http://user:hunter2@h:0",
            "the port in url `http://********@h:0` is not one of 1 to 65535",
        ),
        (
            "user:hunter2@h",
            "url is `********@h`, a URL without scheme\n  hint: write `http://********@h`",
        ),
        ("http://a b", "url is `http://a b`, a URL has no spaces"),
        (
            "http://[::1",
            "url is `http://[::1`, no URL: invalid IPv6 address",
        ),
        ("", "url is empty"),
    ] {
        let text =
            format!("format = 1\n[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"{url}\"\n");
        assert_eq!(validate(&text).1, format!("error: settings.toml:4:7: {expected}"));
    }
    for url in [
        "http://localhost",
        "https://h:8443/path?q=1",
        "ws://[::1]:3000",
        "http://münchen.example",
    ] {
        let text =
            format!("format = 1\n[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"{url}\"\n");
        assert_eq!(validate(&text).1, "");
    }
}

/// Whole files without their first line, and the faults without `error: settings.toml:`.
const BAD_LISTS: &[(&str, &str)] = &[
    (
        "[[settings.socketio.connection]]\nname = \"a\"\n",
        "2:21: unknown list `connection` in `settings.socketio`\n  hint: did you mean `connections`?",
    ),
    (
        "[settings.socketio.connections]\nname = \"a\"\n",
        "2:1: expected a list of entries, found a table\n  hint: begin each with `[[settings.socketio.connections]]`",
    ),
    (
        "[settings.socketio]\nconnections = [{ name = \"a\", url = \"ws://h\" }, 5]\n",
        "3:48: expected an entry, found Int\n  hint: begin each with `[[settings.socketio.connections]]`",
    ),
    (
        "[settings]\nsocketio = 5\n",
        "3:12: expected a table, found Int\n  hint: write `[settings.socketio]`",
    ),
    (
        "[[settings.socketio.connections]]\nname = \"a\"\n",
        "2:1: missing key `url`\n  hint: The server.",
    ),
    (
        "[[settings.socketio.connections]]\nurl = \"ws://h\"\n",
        "2:1: missing key `name`",
    ),
    (
        "[[settings.socketio.connections]]\nname = \"\"\nurl = \"ws://h\"\n",
        "3:8: name is empty",
    ),
    (
        "[[settings.socketio.proxies]]\nname = \"a\"\n\n[[settings.socketio.proxies]]\nname = \"a\"\n",
        "6:8: duplicate name `a` in lines 3 and 6\n  hint: rename one of them",
    ),
];

#[test]
fn every_bad_list_is_told_in_the_designers_words() {
    for (text, expected) in BAD_LISTS {
        let text = format!("format = 1\n{text}");
        assert_eq!(
            validate(&text).1,
            format!("error: settings.toml:{expected}"),
            "\nthe faults of\n{text}"
        );
    }
}

#[test]
fn all_faults_of_a_section_come_at_once() {
    let (_, faults) = validate(&connection(
        "port = 0\ndelay = -1\nx = 1\n\n[[settings.socketio.proxies]]",
    ));
    assert_eq!(faults.lines().filter(|line| line.starts_with("error")).count(), 4);
}

#[test]
fn same_name_in_two_lists_is_fine() {
    let (settings, faults) = validate(&connection("[[settings.socketio.proxies]]\nname = \"chat\""));
    assert_eq!(faults, "");
    assert_eq!(settings.names("proxies"), ["chat"]);
}

#[test]
fn plugin_gets_every_field_in_the_order_of_the_file() {
    let (settings, faults) = validate(&connection("headers = { Z = \"1\", A = \"2\" }"));
    assert_eq!(faults, "");
    assert_eq!(
        settings.to_json().unwrap(),
        r#"{"connections":[{"name":"chat","url":"http://localhost","port":80,"delay":1000,"jitter":0.5,"#
            .to_owned()
            + r#""transport":"auto","transports":[],"headers":{"Z":"1","A":"2"},"auth":{},"password":"","pin":0,"#
            + r#""tint":"FF000000","proxy":"","rooms":["lobby"],"weights":[],"keys":[]}],"proxies":[]}"#
    );
}

#[test]
fn secrets_take_environment_variables_and_show_them_to_the_plugin_alone() {
    let text = connection(
        "password = \"${TOKEN}-${TOKEN}\"\nauth = { list = [\"${TOKEN}\"], plain = \"${}\" }\nheaders = { h = \"${TOKEN}\" }",
    );
    let (settings, _) = validate(&text);
    let json = settings
        .to_json_with(|name| (name == "TOKEN").then(|| "se${TOKEN}cret".to_owned()))
        .unwrap();
    assert!(
        json.contains(r#""password":"se${TOKEN}cret-se${TOKEN}cret""#),
        "{json}"
    );
    assert!(
        json.contains(r#""auth":{"list":["se${TOKEN}cret"],"plain":"${}"}"#),
        "{json}"
    );
    assert!(
        json.contains(r#""headers":{"h":"${TOKEN}"}"#),
        "only secrets are resolved: {json}"
    );
    let shown = format!("{settings:?}{}", settings.listing()).replace("\"secret\":", "");
    assert!(!shown.contains("cret"));
}

#[test]
fn missing_environment_variable_is_named_with_its_place() {
    let twice = "password = \"${PULSEWIRE_TEST_IS_NOT_SET} ${PULSEWIRE_TEST_IS_NOT_SET} ${PATH}\"";
    let (settings, warnings) = validate(&connection(twice));
    let expected = "settings.toml:5:12: password names the environment variable `PULSEWIRE_TEST_IS_NOT_SET`, \
         which is not set\n  hint: set `PULSEWIRE_TEST_IS_NOT_SET` where pulsewire is started";
    assert_eq!(
        rendered(settings.to_json().unwrap_err()),
        format!("error: {expected}")
    );
    // It may be set where the project runs.
    assert_eq!(warnings, format!("warning: {expected}"));
}

#[test]
fn listing_masks_secrets_and_nothing_else() {
    let text = connection("password = \"hunter2\"\nauth = { token = \"hunter2\" }\npin = 4711");
    let (settings, faults) = validate(&text);
    assert_eq!(faults, "");
    let listing = settings.listing();
    let entry = &listing["lists"][0]["entries"][0];
    assert_eq!(
        (&entry["password"], &entry["auth"], &entry["pin"], &entry["name"]),
        (
            &"********".into(),
            &"********".into(),
            &"********".into(),
            &"chat".into()
        )
    );
    let everything = format!("{listing}{settings:?}{:?}", settings.lists());
    assert!(!everything.contains("hunter2") && !everything.contains("4711"));
    assert!(settings.to_json().unwrap().contains("hunter2"));
}

#[test]
fn listing_masks_the_credentials_in_urls() {
    let text = "format = 1\n[[settings.socketio.connections]]\nname = \"chat\"\n\
                url = \"http://user:hunter2@localhost:3000/chat\"\n";
    let (settings, faults) = validate(text);
    assert_eq!(faults, "");
    let listing = settings.listing();
    assert_eq!(
        listing["lists"][0]["entries"][0]["url"],
        "http://********@localhost:3000/chat"
    );
    assert!(!format!("{listing}{settings:?}").contains("hunter2"));
    assert!(settings.to_json().unwrap().contains("user:hunter2@"));
}

#[test]
fn listing_has_the_shape_of_the_command_line() {
    let listing = validate("format = 1\n").0.listing();
    assert_eq!(
        (&listing["id"], &listing["title"]),
        (&"socketio".into(), &"Socket.IO".into())
    );
    let list = &listing["lists"][0];
    assert_eq!(
        (&list["id"], &list["title"]),
        (&"connections".into(), &"Connections".into())
    );
    assert_eq!(
        list["fields"][5],
        serde_json::json!({
            "id": "transport", "name": "", "type": "String", "default": "auto",
            "options": ["auto", "websocket"], "help": "",
            "required": false, "unit": "", "min": null, "max": null, "secret": false,
        })
    );
    assert_eq!(list["entries"], serde_json::json!([]));
}
