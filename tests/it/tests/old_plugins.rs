//! Plugins and hosts of different ages: `tests/api_1_0` is a plugin of 1.0, and what is made of it another one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use pulsewire_harness::{Harness, LONG};
use pulsewire_host::plugins::Step;
use pulsewire_it::{artifacts, project::Project};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};

fn sources() -> PathBuf {
    artifacts::workspace().join("tests/api_1_0")
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).unwrap()),
        }
    }
}

/// Replaces a piece of a file that is there exactly once.
#[track_caller]
fn replace(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(old).count(), 1, "`{old}` in {}", file.display());
    fs::write(file, text.replace(old, new)).unwrap();
}

/// Builds the plugin of 1.0, after `change` was done to a copy of its sources, with the workspace's versions of all
/// other crates. Copies it to `folder`, since the next one has the same name.
fn build(folder: &Path, change: impl FnOnce(&Path)) -> PathBuf {
    // One at a time: they have one name, and cargo knows what changed by the time at which it was written.
    let lock = fs::File::create(artifacts::target_dir().join(".api_1_0.lock")).unwrap();
    lock.lock().unwrap();
    let copied = folder.join("sources");
    copy(&sources(), &copied);
    fs::copy(
        artifacts::workspace().join("Cargo.lock"),
        copied.join("Cargo.lock"),
    )
    .unwrap();
    change(&copied);
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(&copied)
        .args(["build", "--quiet", "--offline", "--package", "built-with-1-0"])
        .args(["--message-format", "json-render-diagnostics"])
        // What both need is there already.
        .arg("--target-dir")
        .arg(artifacts::target_dir());
    if env::var_os("CARGO_PROFILE_DEV_DEBUG").is_none() {
        command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    }
    let built = command.output().unwrap();
    assert!(built.status.success(), "{built:#?}");
    let messages = String::from_utf8(built.stdout).unwrap();
    let messages = messages
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let mut libraries = messages
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == "built_with_1_0");
    let file = libraries.next().unwrap()["filenames"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let library = folder.join(Path::new(&file).file_name().unwrap());
    fs::copy(file, &library).unwrap();
    library
}

#[test]
fn plugin_of_1_0_has_all_that_it_knew() {
    let folder = tempfile::tempdir().unwrap();
    let library = build(folder.path(), |_| {});
    let mut plugin = Harness::active(&library, json!({"mirrors": [{"name": "hall"}]}));
    assert_eq!(plugin.manifest().api, "1.0");
    let told = plugin.event("built_with_1_0.on_mirrored", "hall");
    let mut mirror = plugin.node("built_with_1_0.mirror", json!({"configuration": "hall"}));
    let values = [
        Value::Int(i64::MIN),
        Value::from(vec![Value::from("a"), Value::Empty, vec![1_u8, 2].into()]),
        Value::from_json(r#"{"b": {"c": [1.5, null]}}"#).unwrap(),
    ];
    for value in values {
        let ran = mirror.run([value.clone(), "ab".into()]);
        assert_eq!(ran.outputs[0], value);
        assert_eq!(
            ran.outputs[1].to_string(),
            plugin.project_folder().to_str().unwrap()
        );
        assert_eq!(told.wait(LONG), ["abab".into()]);
    }
    let error = mirror.try_run([Value::Empty, "".into()]).unwrap_err();
    assert_eq!(error.reason(), "there is no text");

    let mut later = plugin.node("built_with_1_0.later", json!({}));
    assert!(later.run::<Value>([]).flow.output().is_none());
    assert_eq!(later.run_own_event(LONG).outputs, [7_i64.into()]);

    plugin.set_settings(json!({"mirrors": [{"name": "hall", "times": 3}, {"name": "attic"}]}));
    plugin.try_settings_changed().unwrap();
    plugin.wait_for_log("2 mirrors");
    plugin.try_deactivate().unwrap();
    assert_eq!(plugin.reports(), []);
}

#[test]
fn plugin_of_1_0_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let library = build(folder.path(), |_| {});
    let answer = validate(&library);
    assert!(!answer.contains(" warn") && !answer.contains(" fail"), "{answer}");
}

fn validate(library: &Path) -> String {
    let mut command = Command::new(artifacts::pulsewire());
    let output = command.arg("validate").arg(library).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// An author's side that is not quite ours.
#[test]
fn plugin_that_makes_nodes_of_any_name_is_found_by_the_validator() {
    let folder = tempfile::tempdir().unwrap();
    let library = build(folder.path(), |sources| {
        let author = sources.join("plugin-api/src/abi/author.rs");
        replace(
            &author,
            "registrar.factory(node_type.as_str())",
            "registrar.factory(node_type.as_str().trim_end_matches(\"x1\"))",
        );
    });
    let answer = validate(&library);
    assert!(
        answer.contains("fail  unknown_types\n      it makes a node of the type `built_with_1_0.mirrorx1`"),
        "{answer}"
    );
    assert_eq!(answer.matches("fail  ").count(), 1, "{answer}");
}

#[test]
fn changed_signature_is_told_in_a_sentence_and_the_rest_is_logged() {
    let folder = tempfile::tempdir().unwrap();
    let library = build(folder.path(), |sources| {
        let abi = sources.join("plugin-api/src/abi");
        let (old, new) = (
            "fn settings_changed(&mut self)",
            "fn settings_changed(&mut self, _often: u32)",
        );
        replace(&abi.join("interface.rs"), old, new);
        replace(&abi.join("author.rs"), old, new);
        replace(
            &abi.join("loaded.rs"),
            "self.plugin.settings_changed()",
            "self.plugin.settings_changed(1)",
        );
    });
    let mut plugin = Harness::discover(&library);
    let error = plugin.try_load().unwrap_err();
    assert_eq!(error.step(), Step::Layout);
    let report = plugin.reports().pop().unwrap();
    assert_eq!(
        report.message,
        "the library's interface differs from plugin-api 1.0"
    );
    assert_eq!(
        report.hint.unwrap(),
        "build the plugin again with the plugin-api of this host"
    );

    let place = folder.path().join("plugins/built_with_1_0");
    fs::create_dir_all(&place).unwrap();
    fs::copy(&library, place.join(library.file_name().unwrap())).unwrap();
    let project = Project::new("", "format = 1\n").with_plugins_first(folder.path().join("plugins"));
    let checked = project.pulsewire(&["check"]);
    let said = checked
        .with_code(0)
        .matches("the library's interface differs from plugin-api 1.0");
    assert_eq!(said.count(), 1, "{checked:#?}");
    let told = checked.stdout.clone() + &checked.stderr;
    assert!(!told.contains("Type Layout"), "{checked:#?}");
    let logged = project.pulsewire(&["check", "--verbose"]);
    assert!(logged.stderr.contains("Type Layout"), "{logged:#?}");

    let answer = validate(&library);
    assert!(
        answer.contains("fail  layout\n      the library's interface differs"),
        "{answer}"
    );
    assert_eq!(answer.matches("fail  ").count(), 1, "{answer}");
}

#[test]
fn plugin_that_needs_a_newer_host_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let library = build(folder.path(), |sources| {
        let crate_root = sources.join("plugin-api/src/lib.rs");
        let version = |name: &str, number: &str| format!("pub const {name}: &str = \"{number}\";");
        replace(
            &crate_root,
            &version("API_VERSION", "1.0"),
            &version("API_VERSION", "1.9"),
        );
        replace(
            &crate_root,
            &version("MIN_HOST_API", "1.0"),
            &version("MIN_HOST_API", "1.7"),
        );
    });
    let mut plugin = Harness::discover(&library);
    assert!(plugin.try_load().is_err());
    let report = plugin.reports().pop().unwrap();
    assert_eq!(report.step, Step::Api);
    let expected = "the plugin needs a host with plugin-api 1.7 or later; this host has 1.0";
    assert_eq!(report.message, expected);
}
