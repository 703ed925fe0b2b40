//! What the pages show is what runs: `README.md`, `docs/`, the plugin's page.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use pulsewire_harness::{Harness, LONG};
use pulsewire_host::{
    console::{Format, StreamConsole},
    runtime::{Ended, RunOptions, Runtime, StartError},
};
use pulsewire_it::{
    artifacts,
    pages::{blocks, read},
    project::Project,
};
use serde_json::json;

/// A project of the files that a page shows: of its TOML blocks, those that begin with the path of a project's file.
fn project_of(page: &str) -> Project {
    let project = Project::new("", "format = 1\n");
    let mut found = 0;
    for block in blocks(page, "toml") {
        let path = block.lines().next().and_then(|line| line.strip_prefix("# "));
        if let Some(path) = path.filter(|path| *path == "settings.toml" || path.starts_with("logic/")) {
            project.write(path, &block.replace("\"../plugins\"", "\"plugins\""));
            found += 1;
        }
    }
    assert!(found > 0, "the page shows no file of a project");
    install(&library(), project.folder());
    project
}

/// Puts the library where the project of `docs/plugins.md` looks for it.
fn install(library: &Path, folder: &Path) {
    let place = folder.join("plugins/lamp");
    fs::create_dir_all(&place).unwrap();
    fs::copy(library, place.join(library.file_name().unwrap())).unwrap();
}

fn library() -> PathBuf {
    artifacts::fixture("lamp")
}

#[test]
fn plugin_on_the_page_is_the_fixture() {
    let page = read("docs/plugins.md");
    let source = read("tests/fixtures/lamp/src/lib.rs");
    let shown = blocks(&page, "rust").remove(0);
    assert!(
        shown == source,
        "docs/plugins.md differs from tests/fixtures/lamp/src/lib.rs"
    );
    let (_, tests) = page.split_once("\n#[test]\n").unwrap();
    let (tests, _) = tests.split_once("```").unwrap();
    let ours = include_str!("documentation.rs");
    assert!(
        ours.ends_with(&format!("\n#[test]\n{tests}")),
        "docs/plugins.md differs from this file's end"
    );
}

#[test]
fn pieces_of_code_on_the_page_stand_in_the_files_that_they_name() {
    let page = read("docs/plugins.md");
    let mut found = 0;
    for block in blocks(&page, "rust") {
        let named = block.strip_prefix("// ").and_then(|block| block.split_once('\n'));
        let Some((path, piece)) = named.filter(|(path, _)| artifacts::workspace().join(path).is_file())
        else {
            continue;
        };
        assert!(read(path).contains(piece), "docs/plugins.md differs from {path}");
        found += 1;
    }
    assert!(found > 0, "no piece names its file");
}

#[test]
fn projects_on_the_pages_are_sound() {
    for path in [
        "README.md",
        "docs/logic.md",
        "docs/plugins.md",
        "plugins/socketio/README.md",
        "plugins/websocket/README.md",
    ] {
        let checked = project_of(&read(path)).pulsewire(&["check"]);
        assert!(
            checked.with_code(0).contains("0 errors, 0 warnings"),
            "{path}: {checked:#?}"
        );
    }
}

#[test]
fn projects_on_the_pages_print_what_is_said() {
    let lines = |path: &str| project_of(&read(path)).run(&["--for", "10s"]).ends_with(0);
    assert_eq!(lines("README.md"), ["hello"]);
    assert_eq!(lines("docs/logic.md"), ["hello, Ada", "1"]);
    let project = project_of(&read("docs/plugins.md"));
    let mut lamps = project.run(&[]);
    lamps.wait_for("false");
    assert_eq!(lamps.seen()[..3], ["200.0", "true", "false"]);
}

#[test]
fn start_error_says_what_is_at_fault() {
    let project = Project::new("", "format = 1\nnodes = []\n");
    let console = Arc::new(StreamConsole::new(Format::Text, io::sink()));
    let mut options = RunOptions::default();
    options.open.folder = project.folder().to_owned();
    let error = Runtime::start(&options, console).err().unwrap();
    assert!(matches!(error, StartError::Project(_)));
    let error: Box<dyn std::error::Error> = error.into();
    let text = error.to_string();
    assert!(
        text.starts_with("the project is at fault\nerror: logic/project.toml:2:1: "),
        "{text}"
    );
}

#[test]
fn stopped_runtime_stays_stopped() {
    let project = Project::new("", "format = 1\n");
    let console = Arc::new(StreamConsole::new(Format::Text, io::sink()));
    let mut options = RunOptions::default();
    options.open.folder = project.folder().to_owned();
    let mut runtime = Runtime::start(&options, console).unwrap();
    runtime.stop_handle().stop();
    assert_eq!(runtime.run(None), Ended::Stopped);
    assert_eq!(runtime.run(None), Ended::Stopped);
}

#[test]
fn dim_multiplies() {
    let settings = json!({"lamps": [{"name": "hall", "lumen": 400}]});
    let mut lamps = Harness::active(library(), settings);
    let mut dim = lamps.node("lamp.dim", json!({"configuration": "hall"}));
    assert_eq!(dim.run([0.25]).outputs, [100.0.into()]);

    let error = dim.try_run([2.0]).unwrap_err();
    assert_eq!(error.reason(), "level is 2, expected 0 to 1");
}

#[test]
fn lamp_blinks() {
    let settings = json!({"lamps": [{"name": "hall", "period": 10}]});
    let lamps = Harness::active(library(), settings);
    let blink = lamps.event("lamp.on_blink", "hall");
    assert_eq!(blink.wait(LONG), [true.into()]);
    assert_eq!(blink.wait(LONG), [false.into()]);
}
