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
    answer.fails_with(
        2,
        "hint: the folder is empty; make a project in it: `pulsewire new project .`",
    );
    std::fs::write(bare.path().join("notes.txt"), "").unwrap();
    let answer = pulsewire(bare.path(), &["plugins", "list"]);
    answer.fails_with(2, "a project is a folder with `settings.toml`");
}

#[test]
fn empty_folder_becomes_a_project() {
    let folder = tempfile::tempdir().unwrap();
    let made = pulsewire(folder.path(), &["new", "project", "."]);
    assert_eq!(made.code, Some(0), "{made:#?}");
    let run = pulsewire(folder.path(), &["run"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "hello\n"), "{run:#?}");
    let again = pulsewire(folder.path(), &["new", "project", "."]);
    again.fails_with(1, "`.` exists already, and is not empty");
    std::fs::write(folder.path().join("notes"), "").unwrap();
    let taken = pulsewire(folder.path(), &["new", "project", "notes"]);
    taken.fails_with(1, "`notes` exists already, and is no folder");
}

#[test]
fn toolbox_outside_a_project_has_the_built_in_nodes_and_what_plugins_add() {
    let folder = tempfile::tempdir().unwrap();
    let listed = pulsewire(folder.path(), &["toolbox", "list"]);
    assert_eq!(listed.code, Some(0), "{listed:#?}");
    for node_type in ["development.console ", "socketio.start "] {
        assert!(listed.stdout.contains(node_type), "{node_type}: {listed:#?}");
    }
    let shown = pulsewire(folder.path(), &["toolbox", "show", "console"]);
    assert_eq!(shown.code, Some(0), "{shown:#?}");
    let named = pulsewire(folder.path(), &["--project", ".", "toolbox", "list"]);
    named.fails_with(2, "settings.toml: not found");

    let project = empty_project();
    let logic = project.folder().join("logic");
    pulsewire(&logic, &["toolbox", "list"]).fails_with(2, "the folder above");
}

#[cfg(unix)]
#[test]
fn link_to_nothing_is_not_taken_for_a_file_that_is_not_there() {
    let project = empty_project();
    let settings = project.folder().join("settings.toml");
    std::fs::remove_file(&settings).unwrap();
    std::os::unix::fs::symlink("gone.toml", &settings).unwrap();
    let answer = pulsewire(project.folder(), &["toolbox", "list"]);
    answer.fails_with(
        2,
        "error: settings.toml: is a link to `gone.toml`, which is not there",
    );
}

#[test]
fn answers_without_any_plugin_say_so() {
    let project = empty_project();
    // No folder `plugins` lies beside this one.
    let alone = tempfile::tempdir().unwrap();
    let program = alone.path().join("pulsewire");
    std::fs::copy(artifacts::pulsewire(), &program).unwrap();
    let answer = |arguments: &[&str]| {
        let output = Command::new(&program)
            .current_dir(project.folder())
            .args(arguments)
            .env("HOME", alone.path())
            .env("XDG_DATA_HOME", alone.path())
            .env_remove("PULSEWIRE_PLUGIN_PATH")
            .env_remove("PULSEWIRE_LOG")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let said = |text: &str| (Some(0), String::new(), format!("note: {text}\n"));
    assert_eq!(
        answer(&["plugins", "list"]),
        said("no plugin was found; `pulsewire plugins paths` shows where they are looked for")
    );
    assert_eq!(
        answer(&["settings", "list"]),
        said("there are no sections: no plugin that is on has one; see `pulsewire plugins list`")
    );
    let (code, _, told) = answer(&["settings", "show", "socketio"]);
    assert_eq!(code, Some(1));
    let expected = "hint: it comes with its plugin, which was not found; `pulsewire plugins paths` shows where to put that";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn file_instead_of_its_folder_is_told_apart() {
    let project = empty_project();
    let answer = pulsewire(project.folder(), &["run", "settings.toml"]);
    answer.fails_with(2, "error: settings.toml: is a file, not a project's folder");
    answer.fails_with(2, "name the project's folder: `.`");
    let answer = pulsewire(project.folder(), &["run", "logic/project.toml"]);
    answer.fails_with(2, "name the project's folder: `.`");
    let answer = pulsewire(&project.folder().join("logic"), &["run", "project.toml"]);
    let real = project.folder().canonicalize().unwrap();
    answer.fails_with(2, &format!("name the project's folder: `{}`", real.display()));
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("notes.txt"), "").unwrap();
    let answer = pulsewire(outside.path(), &["run", "notes.txt"]);
    answer.fails_with(2, "name the project's folder, the one that holds `settings.toml`");
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
