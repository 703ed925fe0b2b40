//! `pulsewire new`: what it makes builds, passes its own tests, and runs. So does what the guide has one make by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use pulsewire_it::{artifacts, pages};

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

/// Prepares the folder of a crate for [`cargo`].
fn prepare(folder: &Path) {
    let lock = artifacts::workspace().join("Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(artifacts::target_dir(), folder.join("target")).unwrap();
}

/// Runs cargo on a crate outside of this workspace, without the network: with this workspace's crates, in its versions, and
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

/// The library that cargo has built, of which the validator says nothing bad.
#[track_caller]
fn validates(folder: &Path, id: &str) -> String {
    let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let library = format!("target/debug/{prefix}{id}{suffix}");
    let validated = succeeds(&pulsewire(folder, &["validate", &library]));
    assert!(!validated.contains("warn"), "{validated}");
    library
}

#[cfg(unix)]
#[test]
fn new_plugin_passes_its_tests_and_runs_in_its_project() {
    let parent = tempfile::tempdir().unwrap();
    succeeds(&pulsewire(parent.path(), &["new", "plugin", "demo"]));
    let folder = parent.path().join("demo");
    prepare(&folder);
    cargo(&folder, &["fmt", "--check"]);
    let tested = cargo(&folder, &["test", "--quiet", "--tests"]);
    assert!(tested.contains("3 passed"), "{tested}");
    cargo(&folder, &["build", "--quiet"]);

    validates(&folder, "demo");

    let checked = succeeds(&pulsewire(&folder, &["check", "project"]));
    assert!(checked.contains("0 errors, 0 warnings"), "{checked}");
    let ran = succeeds(&pulsewire(&folder, &["run", "project", "--for", "1s"]));
    let lines: Vec<&str> = ran.lines().collect();
    assert_eq!(lines[..3], ["HELLO", "1", "2"]);
}

/// From the first line of `docs/plugins.md` to its last, but for `--release`, which takes long.
#[cfg(unix)]
#[test]
fn guide_followed_by_hand_makes_a_plugin_that_passes_its_tests_and_runs() {
    // Under a name of its own: the target folder holds the fixture `lamp`.
    let page = pages::read("docs/plugins.md").replace("lamp", "lantern");
    let named = |language: &str, name: &str| {
        let mut blocks = pages::blocks(&page, language).into_iter();
        let begins = format!("{name}\n");
        blocks.find(|block| block.starts_with(&begins)).unwrap()
    };
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("lantern");
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let checkout = artifacts::workspace().to_str().unwrap();
    let manifest = named("toml", "# Cargo.toml");
    // "Change two places".
    let for_tests = named("toml", "[lib]");
    let tested = manifest.replace("[lib]\ncrate-type = [\"cdylib\"]\n", &for_tests);
    assert_ne!(tested, manifest);
    write("Cargo.toml", &tested.replace("../pulsewire", checkout));
    write("src/lib.rs", &pages::blocks(&page, "rust")[0]);
    write("tests/lantern.rs", &named("rust", "// tests/lantern.rs"));
    prepare(&folder);
    let tests = cargo(&folder, &["test", "--quiet", "--tests"]);
    assert!(tests.contains("2 passed"), "{tests}");

    // As it was before there were tests.
    write("Cargo.toml", &manifest.replace("../pulsewire", checkout));
    fs::remove_dir_all(folder.join("tests")).unwrap();
    cargo(&folder, &["build", "--quiet"]);
    let library = validates(&folder, "lantern");

    let placed = named("sh", "cargo build --release").replace("target/release/liblantern.so", &library);
    let install = placed.lines().nth(1).unwrap();
    let mut shell = Command::new("sh");
    succeeds(&shell.current_dir(&folder).args(["-c", install]).output().unwrap());
    for (file, path) in [
        ("# settings.toml", "project/settings.toml"),
        ("# logic/project.toml", "project/logic/project.toml"),
    ] {
        write(path, &named("toml", file));
    }
    let project = folder.join("project");
    let told = succeeds(&pulsewire(&project, &["plugins", "info", "lantern"]));
    assert!(
        told.contains("lantern.dim") && told.contains("lantern.on_blink"),
        "{told}"
    );
    let ran = succeeds(&pulsewire(&project, &["run", "--for", "1s"]));
    assert_eq!(
        ran.lines().take(3).collect::<Vec<_>>(),
        ["200.0", "true", "false"]
    );
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
