//! Where the command line looks for the project, and how it names places.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{path::Path, process::Command};

use pulsewire_it::{
    artifacts,
    project::{Project, graph},
};
use serde_json::Value;

/// What `pulsewire` answers when it is started in a folder.
#[derive(Debug)]
struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Answer {
    #[track_caller]
    fn fails_with(&self, code: i32, text: &str) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.stderr.contains(text), "no `{text}` in {self:#?}");
    }
}

fn pulsewire(current: &Path, arguments: &[&str]) -> Answer {
    let output = Command::new(artifacts::pulsewire())
        .current_dir(current)
        .arg("--plugin-dir")
        .arg(artifacts::plugins_dir())
        .args(arguments)
        .env_remove("PULSEWIRE_LOG")
        .output()
        .unwrap();
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn empty_project() -> Project {
    Project::new("", &graph("begin: events.on_initialize"))
}

#[test]
fn sample_project_is_sound() {
    let answer = pulsewire(artifacts::workspace(), &["check"]);
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (Some(0), "0 errors, 0 warnings\n"),
        "{answer:#?}"
    );
}

#[test]
fn folder_that_is_none_is_named() {
    let project = empty_project();
    let answer = pulsewire(project.folder(), &["check", "/no/such/folder"]);
    answer.fails_with(2, "/no/such/folder: there is no such folder");
    let answer = pulsewire(project.folder(), &["check", "nowhere"]);
    answer.fails_with(2, "error: nowhere: there is no such folder");
    let answer = pulsewire(project.folder(), &["check", "/no/such/folder", "--json"]);
    assert_eq!(answer.code, Some(2));
    let faults: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(faults.as_array().unwrap().len(), 1);
    let answer = pulsewire(project.folder(), &["check", "--plugin-dir", "/no/such/plugins"]);
    assert_eq!(answer.code, Some(0), "{answer:#?}");
    assert!(answer.stdout.contains("/no/such/plugins"), "{answer:#?}");
}

#[test]
fn folder_without_settings_is_named_and_so_is_a_project_above_it() {
    let project = empty_project();
    let logic = project.folder().join("logic");
    let real = project.folder().canonicalize().unwrap();
    let answer = pulsewire(&logic, &["run"]);
    answer.fails_with(
        2,
        &format!("settings.toml: not found in `{}`", real.join("logic").display()),
    );
    answer.fails_with(2, &format!("is a project: `--project {}`", real.display()));

    let bare = tempfile::tempdir().unwrap();
    let answer = pulsewire(bare.path(), &["plugins", "list"]);
    answer.fails_with(
        2,
        &format!("not found in `{}`", bare.path().canonicalize().unwrap().display()),
    );
    answer.fails_with(2, "a project is a folder with `settings.toml`");
}

#[test]
fn file_instead_of_its_folder_is_told_apart() {
    let project = empty_project();
    let answer = pulsewire(project.folder(), &["run", "settings.toml"]);
    answer.fails_with(2, "error: settings.toml: is a file, not a project's folder");
    answer.fails_with(2, "name the folder that it lies in: `.`");
    let answer = pulsewire(project.folder(), &["run", "logic/project.toml"]);
    answer.fails_with(2, "name the folder that it lies in: `logic`");
}

#[test]
fn faults_name_the_folder_that_is_not_the_current_one() {
    let project = empty_project();
    project.write("inner/settings.toml", "format = 1\nwrong = 1\n");
    project.write("inner/logic/project.toml", "format = 1\n");
    let inner = project.folder().join("inner");
    let answer = pulsewire(project.folder(), &["run", "inner"]);
    answer.fails_with(1, "error: inner/settings.toml:2:1: unknown key `wrong`");
    let answer = pulsewire(project.folder(), &["check", "inner"]);
    assert!(
        answer.stdout.contains("error: inner/settings.toml:2:1:"),
        "{answer:#?}"
    );
    pulsewire(&inner, &["run"]).fails_with(1, "error: settings.toml:2:1: unknown key `wrong`");
    let absolute = inner.to_str().unwrap();
    pulsewire(&inner, &["run", absolute]).fails_with(1, "error: settings.toml:2:1:");
    let answer = pulsewire(project.folder(), &["check", "inner", "--json"]);
    let faults: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(
        faults[0]["file"], "settings.toml",
        "for programs, relative to the project"
    );
}

#[test]
fn project_that_is_named_twice_is_refused() {
    let project = empty_project();
    for command in ["run", "check"] {
        let answer = pulsewire(project.folder(), &["--project", "a", command, "b"]);
        answer.fails_with(2, "error: the project is named twice: `--project a` and `b`");
        let answer = pulsewire(project.folder(), &[command, "b", "--project", "a"]);
        answer.fails_with(2, "the project is named twice");
    }
}

#[test]
fn unreadable_settings_leave_stdout_to_answers() {
    let project = empty_project();
    project.write("settings.toml", "format = 1\n[plugins\n");
    for command in [["plugins", "list"], ["toolbox", "list"], ["settings", "list"]] {
        for json in [false, true] {
            let mut arguments = command.to_vec();
            arguments.extend(json.then_some("--json"));
            let answer = pulsewire(project.folder(), &arguments);
            answer.fails_with(2, "error: settings.toml:2:");
            assert_eq!(answer.stdout, "");
        }
    }
    let answer = pulsewire(project.folder(), &["check", "--json"]);
    assert_eq!(
        (answer.code, answer.stderr.as_str()),
        (Some(2), ""),
        "{answer:#?}"
    );
    let faults: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(faults[0]["line"], 2);
}
