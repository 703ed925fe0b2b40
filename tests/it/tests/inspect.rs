//! `pulsewire run --inspect`: what a tool sees of a running project over a real WebSocket.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{net::TcpStream, time::Instant};

use pulsewire_it::project::{PATIENCE, Project, Running, graph};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::IntoClientRequest, http::HeaderValue, stream::MaybeTlsStream};

/// Counts up, and says each number.
const LOGIC: &str = r#"
    begin: events.on_initialize
    count: utilities.start_interval { seconds = 0.01 }
    number: variables.variable_getter { variable = "number" }
    more: math.increment
    keep: variables.variable_setter { variable = "number" }
    show: development.console
    begin.out -> count.in
    count.out -> more.in
    number.value -> more.input
    more.out -> keep.in
    more.output -> keep.value
    keep.out -> show.in
    keep.value -> show.input
    [[variable]]
    name = "number"
    type = "Int"
"#;

struct Tool {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    /// What was told meanwhile.
    told: Vec<Value>,
}

impl Tool {
    fn connect(url: &str) -> Self {
        let (socket, _) = tungstenite::connect(url).unwrap();
        let MaybeTlsStream::Plain(stream) = socket.get_ref() else {
            unreachable!("it is no TLS");
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            told: Vec::new(),
        }
    }

    fn read(&mut self) -> Value {
        match self.socket.read().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The answer to a message.
    fn ask(&mut self, mut message: Value) -> Value {
        message["id"] = json!("mine");
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let answer = self.read();
            match answer.get("id") {
                Some(id) => {
                    assert_eq!(id, "mine");
                    return answer;
                }
                None => self.told.push(answer),
            }
        }
    }

    /// The first message of that event that was not waited for yet.
    fn wait_for(&mut self, event: &str) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.told.iter().position(|told| told["event"] == event) {
                return self.told.remove(at);
            }
            assert!(Instant::now() < end, "no `{event}`");
            let told = self.read();
            self.told.push(told);
        }
    }
}

fn start() -> (Project, Running, String) {
    let project = Project::new("", &graph(LOGIC));
    let running = project.run(&["--inspect", "127.0.0.1:0"]);
    let end = Instant::now() + PATIENCE;
    let url = loop {
        let log = running.log();
        if let Some(line) = log.lines().find_map(|line| line.strip_prefix("inspect: ")) {
            break line.to_owned();
        }
        assert!(Instant::now() < end, "{log}");
        std::thread::yield_now();
    };
    (project, running, url)
}

#[test]
fn tool_sees_steps_with_their_values() {
    let (_project, _running, url) = start();
    let mut tool = Tool::connect(&url);
    assert_eq!(
        tool.ask(json!({"do": "trace", "on": true})),
        json!({"id": "mine"})
    );
    let mut steps = Vec::new();
    while steps.len() < 20 {
        steps.extend(tool.wait_for("steps")["steps"].as_array().unwrap().clone());
    }
    let more = steps.iter().position(|step| step["node"] == "more").unwrap();
    let (step, next) = (&steps[more], &steps[more + 1]);
    assert_eq!(
        (&step["graph"], &step["cause"]),
        (&json!("project"), &json!({"pulse": "in"}))
    );
    let before = step["inputs"]["input"].as_i64().unwrap();
    assert_eq!(step["outputs"], json!({"output": before + 1}));
    assert_eq!((&step["fired"], &step["error"]), (&json!("out"), &Value::Null));
    assert_eq!(
        (&next["node"], &next["inputs"]["value"]),
        (&json!("keep"), &json!(before + 1))
    );
    assert!(
        steps
            .iter()
            .any(|step| step["node"] == "count" && step["cause"] == "timer")
    );
    let numbers: Vec<u64> = steps
        .iter()
        .map(|step| step["number"].as_u64().unwrap())
        .collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "{numbers:?}"
    );
}

#[test]
fn tool_pauses_steps_probes_and_resumes() {
    let (_project, mut running, url) = start();
    let mut tool = Tool::connect(&url);
    tool.ask(json!({"do": "break", "graph": "project", "node": "keep", "on": true}));
    let paused = tool.wait_for("paused");
    assert_eq!(
        (&paused["node"], &paused["cause"]),
        (&json!("keep"), &json!({"pulse": "in"}))
    );
    let probe = tool.ask(json!({"do": "probe", "graph": "project", "node": "keep"}));
    let value = probe["inputs"]["value"].as_i64().unwrap();
    assert_eq!(probe["outputs"]["value"], value - 1, "it has not run");
    tool.ask(json!({"do": "step"}));
    assert_eq!(tool.wait_for("paused")["node"], "show");
    let probe = tool.ask(json!({"do": "probe", "graph": "project", "node": "keep"}));
    assert_eq!(probe["outputs"]["value"], value);
    tool.ask(json!({"do": "break", "graph": "project", "node": "keep", "on": false}));
    tool.ask(json!({"do": "resume"}));
    tool.wait_for("resumed");
    running.wait_for(&(value + 3).to_string());
}

#[test]
fn tool_reads_what_nodes_cost() {
    let (_project, mut running, url) = start();
    let mut tool = Tool::connect(&url);
    tool.ask(json!({"do": "measure", "on": true}));
    let end = Instant::now() + PATIENCE;
    let metrics = loop {
        let metrics = tool.ask(json!({"do": "metrics"}))["metrics"].clone();
        if metrics["types"]["development.console"]["count"].as_u64() >= Some(3) {
            break metrics;
        }
        assert!(Instant::now() < end, "{metrics}");
        running.wait_for("");
    };
    assert!(metrics["branches"].as_u64() >= Some(3), "{metrics}");
    assert!(
        metrics["types"]["math.increment"]["time"].as_f64() > Some(0.0),
        "{metrics}"
    );
    assert_eq!(metrics["errors"], 0);
}

#[test]
fn wrong_messages_are_answered_with_what_is_wrong() {
    let (_project, _running, url) = start();
    let mut tool = Tool::connect(&url);
    for (message, error) in [
        (json!({"do": "dance"}), "unknown variant `dance`"),
        (json!({"do": "trace"}), "missing field `on`"),
        (
            json!({"do": "probe", "graph": "project", "node": "mroe"}),
            "did you mean `project: more`?",
        ),
        (
            json!({"do": "break", "graph": "hall", "node": "more", "on": true}),
            "there is no node `more` in graph `hall`",
        ),
    ] {
        let answer = tool.ask(message);
        assert!(answer["error"].as_str().unwrap().contains(error), "{answer}");
    }
    tool.socket.send(Message::text("{")).unwrap();
    assert!(tool.read()["error"].as_str().unwrap().starts_with("not JSON: "));
    let nodes = tool.ask(json!({"do": "nodes"}))["nodes"].clone();
    let more = json!({"graph": "project", "node": "more", "type": "math.increment"});
    assert!(nodes.as_array().unwrap().contains(&more), "{nodes}");
}

#[test]
fn nobody_connects_without_the_token_or_from_a_foreign_page() {
    let (_project, _running, url) = start();
    let refused = |url: &str, origin: Option<&'static str>| {
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", HeaderValue::from_static(origin));
        }
        match tungstenite::connect(request) {
            Err(tungstenite::Error::Http(response)) => response.status() == 403,
            _ => false,
        }
    };
    let (without, _) = url.split_once('?').unwrap();
    assert!(refused(without, None));
    assert!(refused(&format!("{without}?token=0"), None));
    assert!(refused(&url, Some("http://example.org")));
    assert!(!refused(&url, Some("http://localhost:5173")));
    let project = Project::new("", &graph("begin: events.on_initialize"));
    let answer = project.pulsewire(&["run", "--inspect", "0.0.0.0:0"]);
    assert_eq!(answer.code, Some(2), "{answer:#?}");
    assert!(
        answer.stderr.contains("no address of the loopback interface"),
        "{answer:#?}"
    );
}

#[test]
fn paused_run_goes_on_without_its_tool_and_ends_at_a_signal() {
    let (_project, mut running, url) = start();
    let pause = |url: &str| {
        let mut tool = Tool::connect(url);
        tool.ask(json!({"do": "pause"}));
        tool.wait_for("paused");
        tool
    };
    drop(pause(&url));
    // Whatever was said before the pause: more follows.
    let said = running.seen().len();
    let end = Instant::now() + PATIENCE;
    while running.seen().len() < said + 3 {
        assert!(Instant::now() < end, "it does not go on");
        running.wait_for("");
    }
    let _tool = pause(&url);
    running.terminate();
    running.ends_with(0);
}
