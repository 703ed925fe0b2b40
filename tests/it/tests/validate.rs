//! `pulsewire validate`: every broken rule is found by the check that is meant for it, and by no other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use pulsewire_harness::fixtures;
use pulsewire_it::artifacts;
use serde_json::Value as Json;

fn pulsewire(broken_rule: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(artifacts::pulsewire());
    command.env("BROKEN_RULE", broken_rule).arg("validate");
    command.args(arguments).output().unwrap()
}

/// The checks that did not pass and were not skipped, as `CHECK STATUS`, with the whole answer.
#[track_caller]
fn found(library: &Path, broken_rule: &str, arguments: &[&str]) -> (Vec<String>, Json) {
    let library = library.to_str().unwrap();
    let output = pulsewire(broken_rule, &[&[library, "--json"], arguments].concat());
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:#?}"));
    let checks = answer["checks"].as_array().unwrap().iter();
    let found = checks.filter(|check| check["status"] != "pass" && check["status"] != "skip");
    let found: Vec<String> = found
        .map(|check| format!("{} {}", check["check"], check["status"]).replace('"', ""))
        .collect();
    let is_bad = |found: &String| !found.ends_with(" warn");
    let code = i32::from(found.iter().any(is_bad));
    assert_eq!(output.status.code(), Some(code), "{answer:#}");
    (found, answer)
}

#[track_caller]
fn assert_found(library: &Path, broken_rule: &str, expected: &str) {
    let (found, answer) = found(library, broken_rule, &[]);
    assert_eq!(found, [expected], "{broken_rule}: {answer:#}");
}

#[track_caller]
fn assert_clean(library: &Path) {
    let (found, answer) = found(library, "", &[]);
    assert!(found.is_empty(), "{answer:#}");
    let passed = answer["checks"].as_array().unwrap().iter();
    assert!(
        passed.filter(|check| check["status"] == "pass").count() > 18,
        "{answer:#}"
    );
}

/// Each broken rule, and what is found of it.
#[track_caller]
fn assert_each_found(rules: &[(&str, &str)]) {
    let library = fixtures::path("breaks_rules");
    for (rule, expected) in rules {
        assert_found(&library, rule, expected);
    }
}

#[test]
fn sound_plugins_pass_every_check() {
    for name in ["breaks_rules", "good", "lamp"] {
        assert_clean(&fixtures::path(name));
    }
}

#[test]
fn plugins_pass_every_check() {
    assert_clean(&fixtures::plugin("socketio"));
}

#[test]
fn broken_loading_is_found() {
    assert_each_found(&[
        ("aborts_on_load", "load crash"),
        ("starts_on_load", "quiet_load fail"),
        ("calls_in_new", "create fail"),
        ("registers_other", "register fail"),
    ]);
}

#[test]
fn broken_beginning_and_end_are_found() {
    assert_each_found(&[
        ("needs_settings", "activate fail"),
        ("asks_for_others", "activate fail"),
        ("exits", "activate crash"),
        ("ends_late", "deactivate fail"),
        ("leaves_thread", "threads fail"),
        ("calls_late", "late_calls fail"),
    ]);
}

/// By chance other checks come to the limit too.
#[test]
fn trust_in_limits_is_found() {
    let only = ["--check", "changed_settings"];
    let (found, answer) = found(&fixtures::path("breaks_rules"), "trusts_limits", &only);
    assert_eq!(found, ["changed_settings fail"], "{answer:#}");
}

#[test]
fn broken_rules_of_running_are_found() {
    assert_each_found(&[
        ("changes_folder", "process fail"),
        ("ends_once", "lifecycle fail"),
        ("is_alone", "instances fail"),
        ("trusts_settings", "bad_settings fail"),
        ("tells_secret", "secrets fail"),
    ]);
}

#[test]
fn broken_nodes_are_found() {
    assert_each_found(&[
        ("trusts_host", "refusing_host fail"),
        ("trusts_values", "execution fail"),
        ("mistakes_types", "execution fail"),
        ("blocks", "budget fail"),
        ("grows", "budget warn"),
        ("logs_much", "budget warn"),
    ]);
}

#[test]
fn check_that_hangs_is_killed() {
    let library = fixtures::path("breaks_rules");
    for (rule, check) in [("hangs_on_load", "load"), ("never_ends", "deactivate")] {
        let (found, answer) = found(&library, rule, &["--check", check, "--timeout", "5s"]);
        assert_eq!(found, [format!("{check} hang")], "{answer:#}");
    }
}

#[cfg(unix)]
#[test]
fn file_at_fault_is_found_without_loading_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let library = fixtures::path("breaks_rules");
    let copy = folder.path().join(library.file_name().unwrap());
    let bytes = fs::read(&library).unwrap();

    fs::write(&copy, &bytes[..bytes.len() / 2]).unwrap();
    assert_found(&copy, "aborts_on_load", "file fail");
    assert_found(&PathBuf::from("nowhere/libnothing.so"), "", "file fail");

    let name = b"PULSEWIRE_PLUGIN_METADATA";
    let mut renamed = bytes.clone();
    let at = bytes
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    renamed[at] = b'Q';
    fs::write(&copy, renamed).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o666)).unwrap();
    let (found, answer) = found(&copy, "", &["--check", "exports", "--check", "permissions"]);
    assert_eq!(found, ["permissions warn", "exports warn"], "{answer:#}");
    assert!(
        answer
            .to_string()
            .contains("it exports `QULSEWIRE_PLUGIN_METADATA`")
    );
}

#[test]
fn panicking_plugins_without_help_are_found() {
    for (name, check) in [
        ("panics_in_register", "register"),
        ("panics_in_drop", "create"),
        ("panics_in_activate", "activate"),
        ("panics_in_node", "pulse"),
        ("panics_in_thread", "pulse"),
    ] {
        let (found, answer) = found(&fixtures::path(name), "", &[]);
        let expected = [format!("{check} fail"), "descriptors warn".to_owned()];
        assert_eq!(found, expected, "{name}: {answer:#}");
    }
}

#[test]
fn fault_of_chance_is_reproduced_by_its_seed() {
    let library = fixtures::path("breaks_rules");
    let (_, answer) = found(
        &library,
        "trusts_values",
        &["--check", "execution", "--seed", "1000"],
    );
    let checks = answer["checks"].as_array().unwrap();
    let reproduce = checks.last().unwrap()["reproduce"].as_str().unwrap();
    let (found, again) = found(&library, "trusts_values", &["--reproduce", reproduce]);
    assert_eq!(found, ["execution fail"], "{again:#}");
    assert_eq!(
        again["checks"].as_array().unwrap().last().unwrap()["details"],
        checks.last().unwrap()["details"]
    );
    assert_eq!(
        Some(&*again["seed"].to_string()),
        reproduce.strip_prefix("execution:")
    );
}

#[test]
fn report_for_ci_names_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.xml");
    let library = fixtures::path("breaks_rules");
    let output = pulsewire(
        "needs_settings",
        &[
            library.to_str().unwrap(),
            "--level",
            "1",
            "--junit",
            report.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("fail  activate\n      it cannot be activated without settings"),
        "{text}"
    );
    let xml = fs::read_to_string(report).unwrap();
    assert!(xml.contains("failures=\"1\" skipped=\"2\""), "{xml}");
    assert!(
        xml.contains("<failure type=\"fail\">it cannot be activated"),
        "{xml}"
    );
}

#[test]
fn checks_are_listed_and_misspelt_ones_refused() {
    let listed = pulsewire("", &["list-checks", "--json"]);
    let checks: Json = serde_json::from_slice(&listed.stdout).unwrap();
    assert!(
        checks
            .as_array()
            .unwrap()
            .iter()
            .any(|check| check["id"] == "execution")
    );
    let misspelt = pulsewire("", &["x.so", "--check", "exection"]);
    assert_eq!(misspelt.status.code(), Some(2));
    let text = String::from_utf8_lossy(&misspelt.stderr);
    assert!(text.contains("did you mean `execution`?"), "{text}");
}
