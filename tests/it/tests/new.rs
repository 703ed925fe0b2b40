//! `pulsewire new`: what it makes builds, passes its own tests, and runs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use pulsewire_it::artifacts;

fn pulsewire(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(artifacts::pulsewire());
    let command = command.current_dir(folder).args(arguments);
    command.env_remove("PULSEWIRE_PLUGIN_PATH").output().unwrap()
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{output:#?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn fails(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{output:#?}");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains(words), "no `{words}` in {text}");
}

/// Runs cargo on a crate that `new` made, without the network: with the crates of this workspace, in its versions, and
/// into its target folder, where most of them are built already.
#[track_caller]
fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(folder)
        .args(arguments)
        .env("CARGO_NET_OFFLINE", "true");
    command.env_remove("CARGO_TARGET_DIR");
    if env::var_os("CARGO_PROFILE_DEV_DEBUG").is_none() {
        command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    }
    succeeds(&command.output().unwrap())
}

#[cfg(unix)]
#[test]
fn new_plugin_passes_its_tests_and_runs_in_its_project() {
    let parent = tempfile::tempdir().unwrap();
    succeeds(&pulsewire(parent.path(), &["new", "plugin", "demo"]));
    let folder = parent.path().join("demo");
    fs::copy(
        artifacts::workspace().join("Cargo.lock"),
        folder.join("Cargo.lock"),
    )
    .unwrap();
    std::os::unix::fs::symlink(artifacts::target_dir(), folder.join("target")).unwrap();

    cargo(&folder, &["fmt", "--check"]);
    let tested = cargo(&folder, &["test", "--quiet", "--tests"]);
    assert!(tested.contains("3 passed"), "{tested}");
    cargo(&folder, &["build", "--quiet"]);

    let library = format!(
        "target/debug/{}demo{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    let validated = succeeds(&pulsewire(&folder, &["validate", &library]));
    assert!(!validated.contains(" warn"), "{validated}");

    let checked = succeeds(&pulsewire(&folder, &["check", "project"]));
    assert!(checked.contains("0 errors, 0 warnings"), "{checked}");
    let ran = succeeds(&pulsewire(&folder, &["run", "project", "--for", "1s"]));
    let lines: Vec<&str> = ran.lines().collect();
    assert_eq!(lines[..3], ["HELLO", "1", "2"]);
}

#[test]
fn new_project_checks_clean_and_prints_a_line() {
    let parent = tempfile::tempdir().unwrap();
    succeeds(&pulsewire(parent.path(), &["new", "project", "hall"]));
    let checked = succeeds(&pulsewire(parent.path(), &["check", "hall"]));
    assert!(checked.contains("0 errors, 0 warnings"), "{checked}");
    assert_eq!(succeeds(&pulsewire(parent.path(), &["run", "hall"])), "hello\n");
    fails(
        &pulsewire(parent.path(), &["new", "project", "hall"]),
        "`hall` exists already",
    );
}

#[test]
fn plugin_that_cannot_be_made_leaves_no_folder() {
    let parent = tempfile::tempdir().unwrap();
    fails(
        &pulsewire(parent.path(), &["new", "plugin", "match"]),
        "a word of Rust",
    );
    fails(
        &pulsewire(parent.path(), &["new", "plugin", "demo", "--api", "."]),
        "`.` is no checkout of Pulsewire\nhint: name the folder that holds `plugin-api`",
    );
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}
