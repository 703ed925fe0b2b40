//! `settings.toml`, the raw stage: its own keys, the plugins config, and what is said about faults in them.

use std::{path::PathBuf, sync::Arc};

use proptest::prelude::*;
use pulsewire_host::{
    diagnostics::{Faults, SourceFile},
    settings::RawSettings,
};

fn parse(text: &str) -> (Option<RawSettings>, String) {
    let mut faults = Faults::default();
    let settings = RawSettings::parse(Arc::new(SourceFile::new("settings.toml", text)), &mut faults);
    (settings, rendered(faults))
}

fn rendered(faults: Faults) -> String {
    let faults: Vec<String> = faults.into_sorted().iter().map(ToString::to_string).collect();
    faults.join("\n")
}

const WHOLE: &str = r#"format = 1

[plugins.socketio]
enabled = true

[plugins.zigbee]
enabled = false

[plugins.empty]

[host]
plugin_paths = ["plugins", "/opt/pulsewire"]

[[settings.socketio.connections]]
name = "chat"

[settings.zigbee]
anything = { goes = [1979-05-27] }
"#;

#[test]
fn plugin_is_enabled_unless_the_file_says_otherwise() {
    let (settings, faults) = parse(WHOLE);
    assert_eq!(faults, "");
    let settings = settings.unwrap();
    let ids = ["socketio", "zigbee", "empty", "absent"];
    assert_eq!(ids.map(|id| settings.is_enabled(id)), [true, false, true, true]);
    assert_eq!(
        settings.plugins().collect::<Vec<_>>(),
        [
            ("socketio".to_owned(), true),
            ("zigbee".to_owned(), false),
            ("empty".to_owned(), true)
        ]
    );
}

#[test]
fn paths_and_sections_are_kept_as_they_stand() {
    let settings = parse(WHOLE).0.unwrap();
    assert_eq!(
        settings.plugin_paths(),
        [PathBuf::from("plugins"), PathBuf::from("/opt/pulsewire")]
    );
    assert_eq!(settings.section_ids().collect::<Vec<_>>(), ["socketio", "zigbee"]);
    assert_eq!(settings.text(), WHOLE);
}

#[test]
fn section_that_no_plugin_declares_is_a_warning() {
    let settings = parse(WHOLE).0.unwrap();
    let mut faults = Faults::default();
    settings.warn_unknown_sections(&["socketio", "zigbe"], &mut faults);
    assert!(!faults.has_errors());
    assert_eq!(
        rendered(faults),
        "warning: settings.toml:17:11: no plugin declares the section `zigbee`\n  hint: did you mean `zigbe`?"
    );
}

/// A file without its first line `format = 1`, and the faults without `error: settings.toml:`.
const FAULTS: &[(&str, &str)] = &[
    (
        "[plugin.socketio]\nenabled = true\n",
        "2:2: unknown key `plugin`\n  hint: did you mean `plugins`?",
    ),
    (
        "[plugins]\nsocketio = true\n",
        "3:12: expected a table, found Bool `true`\n  \
         hint: write `[plugins.socketio]`, and below it `enabled = true` or `false`",
    ),
    (
        "[plugins.socketio]\nenable = true\n",
        "3:1: unknown key `enable`\n  hint: did you mean `enabled`?",
    ),
    (
        "[plugins.socketio]\nenabled = \"no\"\n",
        "3:11: expected Bool, found String `no`\n  hint: Bool is written `true`",
    ),
    (
        "plugins = 1\n",
        "2:11: expected a table, found Int `1`\n  hint: each plugin has a table of its own: `[plugins.ID]`",
    ),
    (
        "[host]\nplugin_path = []\n",
        "3:1: unknown key `plugin_path`\n  hint: did you mean `plugin_paths`?",
    ),
    (
        "[host]\nplugin_paths = \"plugins\"\n",
        "3:16: expected Array of Strings, found String `plugins`\n  hint: as in `plugin_paths = [\"plugins\"]`",
    ),
    (
        "[host]\nplugin_paths = [\"plugins\", 5]\n",
        "3:28: expected String, found Int `5`\n  hint: write it in quotes: `\"5\"`",
    ),
    ("[host]\nplugin_paths = [\"\"]\n", "3:17: the path is empty"),
    (
        "[host]\nsystem_calls = \"yes\"\n",
        "3:16: expected Bool, found String `yes`\n  hint: Bool is written `true`",
    ),
    (
        "settings = []\n",
        "2:12: expected a table, found Array of 0\n  \
         hint: each section has a table of its own: `[settings.ID]`",
    ),
    (
        "[plugins.a]\nenabled = maybe\n",
        "3:11: not valid TOML: string values must be quoted, expected literal string\n  hint: put texts in quotes: `\"maybe\"`",
    ),
    (
        "[plugins.a]\n[plugins.a]\n",
        "3:10: not valid TOML: duplicate key `a`\n  hint: put all that belongs to it below one `[plugins.a]`",
    ),
];

#[test]
fn every_fault_is_told_in_the_designers_words() {
    for (text, expected) in FAULTS {
        let text = format!("format = 1\n{text}");
        assert_eq!(
            parse(&text).1,
            format!("error: settings.toml:{expected}"),
            "\nthe faults of\n{text}"
        );
    }
}

#[test]
fn format_must_be_there_and_known() {
    assert_eq!(
        parse("").1,
        "error: settings.toml:1:1: missing key `format`\n  hint: begin the file with `format = 1`"
    );
    let (settings, faults) = parse("format = 3\n[newer]\n");
    assert!(settings.is_none());
    assert_eq!(
        faults,
        "error: settings.toml:1:10: format 3 is not supported\n  hint: this release reads format 1"
    );
}

#[test]
fn byte_order_mark_and_other_line_ends_are_read() {
    let (settings, faults) = parse("\u{feff}format = 1\r\n[plugins.a]\r\nenabled = 5\r\n");
    assert_eq!(
        faults,
        "error: settings.toml:3:11: expected Bool, found Int `5`\n  hint: Bool is written `true`"
    );
    assert!(!settings.unwrap().is_enabled("a"), "a plugin at fault stays off");
}

#[test]
fn missing_file_is_a_fault_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let faults = RawSettings::read(folder.path()).unwrap_err();
    assert_eq!(
        rendered(faults),
        "error: settings.toml: not found\n  \
         hint: a project is a folder with `settings.toml`; `--project DIR` names another folder"
    );
}

#[test]
fn faulty_file_is_never_replaced_by_defaults() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.toml"), "format = 1\nx = 1\ny = 2\n").unwrap();
    let faults = RawSettings::read(folder.path()).unwrap_err();
    assert_eq!(faults.len(), 2);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.toml"), &bytes).unwrap();
        let _ = RawSettings::read(folder.path());
    }

    #[test]
    fn no_toml_makes_the_reader_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20),
    ) {
        let (settings, faults) = parse(&pieces.concat());
        prop_assert!(settings.is_some() || !faults.is_empty());
    }
}

const PIECES: &[&str] = &[
    "format = 1\n",
    "[plugins]\n",
    "[plugins.a]\n",
    "plugins.a.enabled = true\n",
    "enabled = 1\n",
    "[host]\n",
    "plugin_paths = [1, []]\n",
    "[settings]\n",
    "[settings.a]\n",
    "[[settings.a.b]]\n",
    "a = [{ b = 1 }, 2]\n",
    "name = '''\nx'''\n",
    "[",
    "]\n",
    "= ",
    "\u{feff}",
    "\r",
];
