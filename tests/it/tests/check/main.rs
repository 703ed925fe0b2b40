//! `pulsewire check` finds every fault of a project at once, and says of each where it is and what to do about it.
//!
//! `twenty/` is a project with twenty faults, each of another kind. What `check` says of it stands in `twenty.txt` and
//! `twenty.json`; `PULSEWIRE_BLESS=1` writes both anew.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{env, fs, path::Path};

use pulsewire_it::{artifacts, project::Project};

fn folder() -> std::path::PathBuf {
    artifacts::workspace().join("tests/it/tests/check")
}

/// A copy of the project, since `check` names the folder it lies in.
fn twenty() -> Project {
    let project = Project::new("", "");
    for path in [
        "settings.toml",
        "logic/project.toml",
        "logic/functions/greet.toml",
        "logic/scenes/broken.toml",
        "logic/scenes/hall.toml",
    ] {
        let text = fs::read_to_string(folder().join("twenty").join(path)).unwrap();
        project.write(path, &text);
    }
    project
}

#[track_caller]
fn is_as_kept(name: &str, found: &str) {
    let path = folder().join(name);
    if env::var_os("PULSEWIRE_BLESS").is_some() {
        fs::write(&path, found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, kept, "{name} differs; PULSEWIRE_BLESS=1 writes it anew");
}

#[test]
fn twenty_faults_are_told_at_once_each_with_a_hint() {
    let project = twenty();
    let answer = project.pulsewire(&["check"]);
    let prefix = format!("{}/", project.folder().display());
    let text = answer.with_code(1).replace(&prefix, "");
    is_as_kept("twenty.txt", &text);
    assert_eq!(text.matches("\n  hint: ").count(), 20, "{text}");
    assert!(text.ends_with("17 errors, 3 warnings\n"), "{text}");
}

#[test]
fn twenty_faults_are_told_as_json_with_file_line_and_node() {
    let answer = twenty().pulsewire(&["check", "--json"]);
    let text = answer.with_code(1);
    is_as_kept("twenty.json", text);
    let faults: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
    assert_eq!(faults.len(), 20);
    for fault in &faults {
        let file = Path::new(fault["file"].as_str().unwrap());
        assert!(folder().join("twenty").join(file).is_file(), "{fault}");
        assert!(fault["line"].is_u64() && fault["column"].is_u64(), "{fault}");
        assert!(fault["hint"].is_string(), "{fault}");
        // What is declared, and a file that is no TOML, has no nodes.
        let is_in_graph = fault["graph"].is_string();
        let has_no_node = !is_in_graph || fault["line"] == 6 || file.ends_with("broken.toml");
        assert!(fault["node"].is_string() || has_no_node, "{fault}");
    }
}
