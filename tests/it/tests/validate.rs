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

/// Rules that `breaks_rules` breaks on demand, with the one thing that is found of each.
const LOADING: &[(&str, &str)] = &[
    ("aborts_on_load", "load crash"),
    ("starts_on_load", "quiet_load fail"),
    ("opens_on_load", "quiet_load fail"),
    ("calls_in_new", "create fail"),
    ("claims_extensions", "create fail"),
    ("registers_other", "register fail"),
    ("registers_less", "register fail"),
];
const BEGINNING_AND_END: &[(&str, &str)] = &[
    ("needs_settings", "activate fail"),
    ("asks_for_others", "activate fail"),
    ("exits", "activate crash"),
    ("takes_memory", "activate crash"),
    ("exits_in_node", "pulse crash"),
    ("fires_nowhere", "pulse fail"),
    ("drops_no_nodes", "pulse fail"),
    ("cannot_end", "deactivate fail"),
    ("ends_late", "deactivate fail"),
    ("leaves_thread", "threads fail"),
    ("leaves_process", "threads fail"),
    ("opens_files", "threads fail"),
    ("calls_late", "late_calls fail"),
];
const RUNNING: &[(&str, &str)] = &[
    ("changes_folder", "process fail"),
    ("sets_variable", "process fail"),
    ("catches_signals", "process fail"),
    ("changes_rights", "process fail"),
    ("closes_files", "process fail"),
    ("closes_all_files", "process fail"),
    ("prints", "process warn"),
    ("aborts_at_the_end", "exit crash"),
    ("ends_once", "lifecycle fail"),
    ("is_alone", "instances fail"),
];
const SETTINGS: &[(&str, &str)] = &[
    ("refuses_plain", "changed_settings warn"),
    ("trusts_settings", "bad_settings fail"),
    ("tells_secret", "secrets fail"),
    ("refuses_older", "migration warn"),
    ("mistakes_older", "migration fail"),
    ("trusts_older", "migration fail"),
];
const NODES: &[(&str, &str)] = &[
    ("trusts_host", "refusing_host fail"),
    ("logs_locked", "blocked_log fail"),
    ("trusts_values", "execution fail"),
    ("mistakes_types", "execution fail"),
    ("trusts_branches", "execution fail"),
    ("trusts_own_events", "execution fail"),
    ("emits_too_much", "execution fail"),
    ("blocks", "budget fail"),
    ("is_slow", "budget warn"),
    ("grows", "budget warn"),
    ("logs_much", "budget warn"),
];
/// Of these only the check itself is run, with a short limit: all that follows from them would last too long.
const HANGING: &[(&str, &str)] = &[
    ("hangs_on_load", "load hang"),
    ("never_drops", "create hang"),
    ("never_ends", "deactivate hang"),
    ("hangs_at_the_end", "exit hang"),
    ("emits_locked", "reentrant_host hang"),
];
/// What other tests find in other plugins: below, and in `old_plugins.rs`.
const ELSEWHERE: &[&str] = &[
    "file fail",
    "layout fail",
    "unknown_types fail",
    "permissions warn",
    "exports warn",
    "descriptors warn",
    "changed_settings fail",
];

/// Each broken rule, and what is found of it.
#[track_caller]
fn assert_each_found(rules: &[(&str, &str)]) {
    let library = fixtures::path("breaks_rules");
    for (rule, expected) in rules {
        assert_found(&library, rule, expected);
    }
}

#[test]
fn each_check_has_a_plugin_of_which_it_finds_something() {
    let listed = pulsewire("", &["list-checks", "--json"]);
    let checks: Json = serde_json::from_slice(&listed.stdout).unwrap();
    let rules = [LOADING, BEGINNING_AND_END, RUNNING, SETTINGS, NODES, HANGING].concat();
    let found = rules
        .into_iter()
        .map(|(_, found)| found)
        .chain(ELSEWHERE.iter().copied());
    let found: Vec<&str> = found.filter_map(|found| found.split(' ').next()).collect();
    for check in checks.as_array().unwrap() {
        assert!(found.contains(&check["id"].as_str().unwrap()), "{check}");
    }
}

#[test]
fn sound_plugins_pass_every_check() {
    for name in ["breaks_rules", "good", "lamp", "migrates"] {
        assert_clean(&fixtures::path(name));
    }
}

#[test]
fn plugins_pass_every_check() {
    for id in ["socketio", "websocket"] {
        assert_clean(&fixtures::plugin(id));
    }
}

#[test]
fn broken_loading_is_found() {
    assert_each_found(LOADING);
}

#[test]
fn broken_beginning_and_end_are_found() {
    assert_each_found(BEGINNING_AND_END);
}

/// Of this only the check itself is run, since every check loads it.
#[test]
fn library_that_takes_its_time_to_load_is_found() {
    let only = ["--check", "load"];
    let (found, answer) = found(&fixtures::path("breaks_rules"), "computes_on_load", &only);
    assert_eq!(found, ["load warn"], "{answer:#}");
}

#[cfg(target_os = "linux")]
#[test]
fn plugin_that_takes_all_memory_is_told_how_much_there_is() {
    let only = ["--check", "activate"];
    let (found, answer) = found(&fixtures::path("breaks_rules"), "takes_memory", &only);
    assert_eq!(found, ["activate crash"], "{answer:#}");
    let said = answer.to_string();
    assert!(said.contains("it may take 4 GB of memory at most"), "{answer:#}");
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
    assert_each_found(RUNNING);
}

#[test]
fn broken_rules_of_settings_are_found() {
    assert_each_found(SETTINGS);
}

#[test]
fn broken_nodes_are_found() {
    assert_each_found(NODES);
}

#[test]
fn check_that_hangs_is_killed() {
    let library = fixtures::path("breaks_rules");
    for (rule, expected) in HANGING {
        let check = expected.split(' ').next().unwrap();
        let (found, answer) = found(&library, rule, &["--check", check, "--timeout", "8s"]);
        assert_eq!(found, [*expected], "{answer:#}");
        let details = answer["checks"].as_array().unwrap().last().unwrap()["details"].to_string();
        assert!(details.contains("the last call: "), "{details}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_that_a_plugin_started_is_left() {
    let library = fixtures::path("breaks_rules");
    let (_, answer) = found(&library, "leaves_process", &["--check", "threads"]);
    assert!(
        answer
            .to_string()
            .contains("the process `sleep` runs although the plugin was deactivated"),
        "{answer:#}"
    );
    let mark = b"BROKEN_RULE=leaves_process";
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let is_ours = environment.split(|byte| *byte == 0).any(|entry| entry == mark);
        // Another test may just be running the same.
        assert!(!is_ours || !command.starts_with(b"sleep"), "{process:?}");
    }
}

/// Not by its group, and not by its environment: by its parent alone.
#[cfg(target_os = "linux")]
#[test]
fn process_that_hides_is_found_and_ended() {
    let library = fixtures::path("breaks_rules");
    let (found, answer) = found(&library, "leaves_stranger", &["--check", "threads"]);
    assert_eq!(found, ["threads fail"], "{answer:#}");
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        assert!(!command.starts_with(b"sleep\x003607"), "{process:?}");
    }
}

#[test]
fn timeouts_that_make_no_sense_are_refused() {
    for (time, words) in [
        ("9999999999999999h", "the time is too long"),
        ("0s", "expected more than 0"),
        ("-1s", "expected one number"),
    ] {
        let option = format!("--timeout={time}");
        let refused = pulsewire("", &["x.so", &option]);
        assert_eq!(refused.status.code(), Some(2), "{refused:#?}");
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(text.contains(words), "{text}");
    }
    let (found, answer) = found(
        &fixtures::path("good"),
        "",
        &["--level", "1", "--timeout", "876000h"],
    );
    assert!(found.is_empty(), "{answer:#}");
}

#[cfg(unix)]
#[test]
fn odd_paths_and_files_are_no_obstacle() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let parent = tempfile::tempdir().unwrap();
    let folder = parent
        .path()
        .join(std::ffi::OsStr::from_bytes(b"a \xff <&'\"> b"));
    fs::create_dir(&folder).unwrap();
    let library = fixtures::path("good");
    let name = library.file_name().unwrap();
    fs::copy(&library, folder.join(name)).unwrap();
    let report = parent.path().join("report.xml");
    let mut command = Command::new(artifacts::pulsewire());
    command.arg("validate").arg(folder.join(name));
    command.args(["--level", "1", "--json", "--junit"]).arg(&report);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:#?}");
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        answer["library"].as_str().unwrap().contains("a \u{fffd} <&"),
        "{answer}"
    );
    let xml = fs::read_to_string(report).unwrap();
    assert!(xml.contains("/a \u{fffd} &lt;&amp;'&quot;&gt; b/"), "{xml}");

    // A link counts under its own name, as in a plugin folder.
    fs::rename(folder.join(name), folder.join("built.so")).unwrap();
    symlink("built.so", folder.join(name)).unwrap();
    let mut command = Command::new(artifacts::pulsewire());
    command
        .arg("validate")
        .arg(folder.join(name))
        .args(["--level", "1"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:#?}");

    for (odd, words) in [
        ("folder", "a folder"),
        ("fifo", "a FIFO"),
        ("empty", "empty"),
        ("huge", "4294967296"),
    ] {
        let path = parent.path().join(format!("lib{odd}.so"));
        match odd {
            "folder" => fs::create_dir(&path).unwrap(),
            "fifo" => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            "empty" => fs::write(&path, "").unwrap(),
            _ => fs::File::create(&path).unwrap().set_len(4 << 30).unwrap(),
        }
        let (found, answer) = found(&path, "", &[]);
        assert_eq!(found, ["file fail"], "{odd}");
        let said = answer["checks"][0]["details"][0].as_str().unwrap();
        assert!(said.contains(words), "{odd}: {said}");
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

    patched(folder.path(), b"PULSEWIRE_PLUGIN_METADATA", b"Q");
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

/// The library with some of its bytes replaced.
fn patched(folder: &Path, old: &[u8], new: &[u8]) -> PathBuf {
    let library = fixtures::path("breaks_rules");
    let mut bytes = fs::read(&library).unwrap();
    // The compiler may have made several copies.
    let mut from = 0;
    while let Some(at) = bytes[from..].windows(old.len()).position(|window| window == old) {
        from += at;
        bytes[from..from + new.len()].copy_from_slice(new);
    }
    assert!(from > 0);
    let copy = folder.join(library.file_name().unwrap());
    fs::write(&copy, bytes).unwrap();
    copy
}

#[test]
fn help_that_is_missing_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let help = b"What nobody may see.";
    let library = patched(folder.path(), help, &[b' '; 20]);
    assert_found(&library, "", "descriptors warn");
}

#[test]
fn fault_of_chance_is_reproduced_by_its_seed_in_the_fewest_steps() {
    let library = fixtures::path("breaks_rules");
    let last = |answer: &Json| answer["checks"].as_array().unwrap().last().unwrap().clone();
    let only = ["--check", "execution", "--seed", "1000"];
    let (_, answer) = found(&library, "trusts_values", &only);
    let reproduce = last(&answer)["reproduce"].as_str().unwrap().to_owned();
    let parts: Vec<&str> = reproduce.split(':').collect();
    let [check, seed, steps] = parts[..] else {
        panic!("{reproduce}")
    };
    assert_eq!(check, "execution");
    // One makes the node, the other one pulses it.
    assert_eq!(steps.split(',').count(), 2, "{answer:#}");
    let details = last(&answer)["details"].to_string();
    assert!(
        details.contains("`execute` of a node `breaks_rules.work`, pulse 1, with"),
        "{details}"
    );

    for again in [reproduce.clone(), format!("{check}:{seed}")] {
        let (found, again) = found(&library, "trusts_values", &["--reproduce", &again]);
        assert_eq!(found, ["execution fail"], "{again:#}");
        assert_eq!(last(&again)["details"], last(&answer)["details"]);
        assert_eq!(last(&again)["reproduce"], reproduce);
        assert_eq!(again["seed"].to_string(), seed);
    }
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
    assert!(xml.contains("failures=\"1\" errors=\"0\" skipped=\"2\""), "{xml}");
    assert!(
        xml.contains("<failure type=\"fail\" message=\"it cannot be activated"),
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
