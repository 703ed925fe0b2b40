//! Edits of `settings.toml` that nobody thought of: random files, compared as texts and as data.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod settings_common;

use std::fs;

use proptest::prelude::*;
use pulsewire_host::{
    diagnostics::Faults,
    settings::{RawSettings, edit::set_plugin_enabled},
};
use serde_json::Value as Json;
use settings_common::Project;
use toml_edit::Item;

/// Lines of real files, in any order; some of the files are no TOML, those must stay as they are.
const LINES: &[&str] = &[
    "format = 1\n",
    "\n",
    "\r\n",
    "# a comment with [plugins.b]\n",
    "   # indented\r\n",
    "[plugins.a]\n",
    "[plugins.b] # b\n",
    "\t[ plugins . \"c d\" ]\n",
    "enabled = false   # off\n",
    "enabled=true\n",
    "[host]\nplugin_paths = [\n  'x', # one\n]\n",
    "[settings.other]\nwhen = 1979-05-27T07:32:00Z\nb.z = 1\na = 2\nb.y = 3\n",
    "[[settings.socketio.connections]]\nname = 'one'\nurl = 'ws://h'\n",
    "[[settings.socketio.connections]]\nurl = 'ws://h' # u\nname = \"two\"\n",
    "[settings.socketio.connections.headers]\nx = \"\"\"\n[[settings.socketio.connections]]\n\"\"\"\n",
    "[settings.\"ü\".x]\n\"\" = [1, [2]]\n",
    "last = 1",
];

fn file() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(prop::sample::select(LINES), 0..12);
    (any::<bool>(), lines).prop_map(|(mark, lines)| {
        let mark = if mark { "\u{feff}" } else { "" };
        format!("{mark}format = 1\n{}", lines.concat())
    })
}

proptest! {
    #[test]
    fn toggling_twice_from_an_explicit_state_gives_the_same_file(text in file(), id in "[ab]|c d") {
        let project = Project::new(&text);
        if set_plugin_enabled(project.path(), &id, false).is_ok() {
            let off = project.text();
            prop_assert!(!RawSettings::read_with(project.path(), &mut Faults::default()).unwrap().is_enabled(&id));
            prop_assert!(project.enable(&id, true));
            prop_assert!(project.enable(&id, false));
            prop_assert_eq!(&project.text(), &off);
            let mut expected = data(&text);
            expected["plugins"][id.as_str()]["enabled"] = false.into();
            prop_assert_eq!(data(&off), expected);
        } else {
            prop_assert_eq!(project.text(), text);
        }
    }

    #[test]
    fn edits_only_add_to_the_text(text in file()) {
        let project = Project::new(&text);
        let disabled = set_plugin_enabled(project.path(), "new", false).is_ok();
        if disabled {
            let after = project.text();
            prop_assert!(is_one_insertion(&text, &after), "{text:?} became {after:?}");
        }
        let text = project.text();
        if project.add(&[("name", "new"), ("url", "ws://new")]).is_ok() {
            let after = project.text();
            prop_assert!(is_one_insertion(&text, &after), "{text:?} became {after:?}");
            let mut expected = data(&text);
            entries(&mut expected).push(serde_json::json!({ "name": "new", "url": "ws://new" }));
            prop_assert_eq!(data(&after), expected);
            project.remove("new").unwrap();
            let left = project.text();
            prop_assert_eq!(without_breaks(&left), without_breaks(&text));
        } else {
            prop_assert_eq!(project.text(), text);
        }
    }

    #[test]
    fn removing_only_takes_away_from_the_text(text in file(), name in "one|two") {
        let project = Project::new(&text);
        match project.remove(&name) {
            Ok(()) => {
                let after = project.text();
                for line in after.lines().filter(|line| !line.is_empty()) {
                    prop_assert!(text.contains(line));
                }
                let mut expected = data(&text);
                // Of two with the same name, which is a fault, the first goes.
                let entries = entries(&mut expected);
                let first = entries.iter().position(|entry| entry["name"] == name.as_str());
                entries.remove(first.unwrap());
                prop_assert_eq!(normal(data(&after)), normal(expected));
            }
            Err(_) => prop_assert_eq!(project.text(), text),
        }
    }

    #[test]
    fn no_bytes_make_an_edit_panic_and_none_is_lost(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, &bytes).unwrap();
        if set_plugin_enabled(folder.path(), "a", false).is_err() {
            prop_assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }
}

/// Whether `after` is `before` with one stretch put in.
fn is_one_insertion(before: &str, after: &str) -> bool {
    let same = |(a, b): &(u8, u8)| a == b;
    let head = before.bytes().zip(after.bytes()).take_while(same).count();
    let tail = before
        .bytes()
        .rev()
        .zip(after.bytes().rev())
        .take_while(same)
        .count();
    after.len() >= before.len() && head + tail >= before.len()
}

fn without_breaks(text: &str) -> String {
    text.replace(['\r', '\n'], "")
}

/// What a text says, without how it says it.
fn data(text: &str) -> Json {
    let file: toml_edit::DocumentMut = text.parse().unwrap();
    plain(file.as_item())
}

fn plain(item: &Item) -> Json {
    if let Some(table) = item.as_table_like() {
        return table
            .iter()
            .map(|(key, item)| (key.to_owned(), plain(item)))
            .collect();
    }
    match item {
        Item::ArrayOfTables(tables) => tables.iter().map(|table| plain(&table.clone().into())).collect(),
        Item::Value(value) => match value.as_array() {
            Some(values) => values.iter().map(|value| plain(&value.clone().into())).collect(),
            None => match (value.as_bool(), value.as_str()) {
                (Some(flag), _) => flag.into(),
                (_, Some(text)) => text.into(),
                _ => value.to_string().trim().into(),
            },
        },
        _ => Json::Null,
    }
}

/// The list of connections, made if there is none.
fn entries(data: &mut Json) -> &mut Vec<Json> {
    let list = &mut data["settings"]["socketio"]["connections"];
    if list.is_null() {
        *list = Json::Array(Vec::new());
    }
    list.as_array_mut().unwrap()
}

/// A list without entries is as good as no list.
fn normal(mut data: Json) -> Json {
    if entries(&mut data).is_empty() {
        data["settings"]["socketio"] = Json::Null;
    }
    let other = data["settings"]["other"].take();
    let umlaut = data["settings"]["ü"].take();
    data["settings"] = serde_json::json!({
        "other": other,
        "ü": umlaut,
        "socketio": data["settings"]["socketio"].take(),
    });
    data
}
