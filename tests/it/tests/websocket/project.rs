//! The plugin in a project, as its page shows it.

use pulsewire_it::{pages, project::Project};

use crate::client::{echo, server};

/// The project of the page, with that port.
fn project(port: &str) -> Project {
    let project = Project::new("", "format = 1\n");
    for block in pages::blocks(&pages::read("plugins/websocket/README.md"), "toml") {
        let path = block.lines().next().and_then(|line| line.strip_prefix("# "));
        let block = block.replace("port = 8080", &format!("port = {port}"));
        project.write(path.unwrap(), &block.replace("localhost", "127.0.0.1"));
    }
    project
}

#[test]
fn project_on_the_page_greets_and_prints_what_comes() {
    let url = server(echo);
    let port = url.rsplit(':').next().unwrap();
    let project = project(port);
    let mut running = project.run(&[]);
    running.wait_for("hello");
    running.terminate();
    assert_eq!(running.ends_with(0), ["hello"]);
}

#[test]
fn project_on_the_page_says_when_there_is_no_server() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let project = project(&port);
    let mut running = project.run(&[]);
    let line = running.wait_for("refused");
    assert!(line.contains(&format!("ws://127.0.0.1:{port}")), "{line}");
    running.terminate();
    running.ends_with(0);
}
