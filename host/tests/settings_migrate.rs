//! Sections of an older schema version: only what the plugin changed is changed in the file, or nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use pulsewire_host::{
    diagnostics::Faults,
    settings::{
        RawSettings, Schema,
        edit::{EditError, add_entry, migrate_section, preview_migration, remove_entry},
        validate_section,
    },
};
use pulsewire_plugin_api::{
    manifest::Section,
    value::{Array, Dictionary, Value},
};

const SECTION: &str = r#"{
    "id": "lamp", "title": "Lamp", "version": 2, "lists": [{ "id": "lights", "title": "Lights", "fields": [
        { "id": "name", "type": "String", "required": true },
        { "id": "brightness", "type": "Float", "min": 0, "max": 1 },
        { "id": "room", "type": "String" }
    ] }]
}"#;

fn section() -> Section {
    serde_json::from_str(SECTION).unwrap()
}

/// A project's folder that holds nothing but its settings.
struct Project(tempfile::TempDir);

impl Project {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("settings.toml"), text).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path().join("settings.toml")).unwrap()
    }
}

/// Lamps become lights, percent a brightness.
fn migrated(from: u32, mut settings: Dictionary) -> Result<Dictionary, String> {
    assert_eq!(from, 1);
    let Some(Value::Array(lamps)) = settings.remove("lamps") else {
        return Ok(settings);
    };
    let lights = lamps.iter().map(|lamp| {
        let Value::Dictionary(mut light) = lamp.clone() else {
            return Err("no table".to_owned());
        };
        if let Some(Value::Int(percent)) = light.remove("percent") {
            light.insert("brightness", percent as f64 / 100.0);
        }
        Ok(Value::Dictionary(light))
    });
    settings.insert("lights", Value::Array(lights.collect::<Result<Array, _>>()?));
    Ok(settings)
}

fn migrate(project: &Project) -> Result<bool, EditError> {
    migrate_section(project.path(), &section(), migrated)
}

fn refusal<T: std::fmt::Debug>(result: Result<T, EditError>) -> String {
    match result.unwrap_err() {
        EditError::Faults(faults) => faults.to_string(),
        other => panic!("{other}"),
    }
}

const BEFORE: &str = "\
# my house
format   =  1

[plugins.other]   # off for now
enabled = false

# the lamp over the table
[[settings.lamp.lamps]] # first
name = 'table'   # not a desk
# half of it
percent = 50 # warm
room = \"\"\"
kitchen\"\"\"

[[settings.lamp.lamps]]
name = \"hall\"

[settings.other]   # nobody knows
a.b  = 0x1F
";

const AFTER: &str = "\
# my house
format   =  1

[plugins.other]   # off for now
enabled = false

[settings.lamp]
version = 2

# the lamp over the table
[[settings.lamp.lights]] # first
name = 'table'   # not a desk
room = \"\"\"
kitchen\"\"\"
# half of it
brightness = 0.5 # warm

[[settings.lamp.lights]]
name = \"hall\"

[settings.other]   # nobody knows
a.b  = 0x1F
";

#[test]
fn migration_keeps_comments_and_all_other_bytes() {
    let project = Project::new(BEFORE);
    assert!(migrate(&project).unwrap());
    assert_eq!(project.text(), AFTER);
    assert!(!migrate(&project).unwrap(), "it is done once");
    assert_eq!(project.text(), AFTER);
}

#[test]
fn migration_keeps_a_byte_order_mark_and_the_ends_of_lines() {
    let with_returns = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let project = Project::new(&with_returns(BEFORE));
    assert!(migrate(&project).unwrap());
    assert_eq!(project.text(), with_returns(AFTER));
}

#[test]
fn migration_serves_every_way_of_writing() {
    for (before, after) in [
        (
            "format = 1\nsettings.lamp.lamps = [{ name = \"a\", percent = 5 }, { name = \"b\" }] # two\n",
            "format = 1\nsettings.lamp.lights = [{ name = \"a\", brightness = 0.05 }, { name = \"b\" }] # two\n\
             settings.lamp.version = 2\n",
        ),
        (
            "format = 1\n[settings]\nlamp = { lamps = [{ name = \"a\" }] }\n",
            "format = 1\n[settings]\nlamp = { lights = [{ name = \"a\" }] , version = 2 }\n",
        ),
        (
            "format = 1\n[settings.lamp] # all\nversion = 1 # first\n[[settings.lamp.lamps]]\nname = \"a\"\n",
            "format = 1\n[settings.lamp] # all\nversion = 2 # first\n[[settings.lamp.lights]]\nname = \"a\"\n",
        ),
        (
            "format = 1\n[settings.lamp]\n",
            "format = 1\n[settings.lamp]\nversion = 2\n",
        ),
    ] {
        let project = Project::new(before);
        assert!(migrate(&project).unwrap(), "{before}");
        let raw = RawSettings::read(project.path()).unwrap();
        let mut faults = Faults::default();
        validate_section(&raw, &section(), &mut faults);
        assert_eq!(faults, Faults::default(), "{}", project.text());
        let squeezed = |text: &str| text.replace(' ', "");
        assert_eq!(squeezed(&project.text()), squeezed(after));
    }
}

#[test]
fn entries_that_went_came_and_moved_stand_in_the_new_order() {
    let list = |names: &[&str]| {
        let entries = names
            .iter()
            .map(|name| format!("[[settings.lamp.lights]]\nname = \"{name}\" # {name}\n"));
        format!(
            "format = 1\n[settings.lamp]\nversion = 1\n{}",
            entries.collect::<String>()
        )
    };
    let project = Project::new(&list(&["a", "b", "c"]));
    let reordered = |_: u32, _: Dictionary| {
        let entry = |name: &str| Value::Dictionary([("name", name)].into_iter().collect());
        let lights: Array = ["c", "new", "a"].into_iter().map(entry).collect();
        Ok([("lights", Value::Array(lights))].into_iter().collect())
    };
    assert!(migrate_section(project.path(), &section(), reordered).unwrap());
    let raw = RawSettings::read(project.path()).unwrap();
    let settings = validate_section(&raw, &section(), &mut Faults::default());
    assert_eq!(settings.names("lights"), ["c", "new", "a"]);
    assert!(project.text().contains("name = \"a\" # a"), "{}", project.text());
}

#[test]
fn failed_migration_leaves_the_file() {
    let project = Project::new(BEFORE);
    let failed = migrate_section(project.path(), &section(), |_, _| Err("no idea".to_owned()));
    assert!(refusal(failed).contains("no idea"));
    let invalid = migrate_section(project.path(), &section(), |_, settings| Ok(settings));
    let invalid = refusal(invalid);
    assert!(
        invalid.contains("what the plugin made of it is not valid: unknown list `lamps`"),
        "{invalid}"
    );
    assert_eq!(project.text(), BEFORE);
}

#[test]
fn preview_writes_nothing() {
    let project = Project::new(BEFORE);
    let raw = RawSettings::read(project.path()).unwrap();
    assert_eq!(raw.schema(&section()), Schema::Older(1));
    let preview = preview_migration(&raw, &section(), migrated).unwrap().unwrap();
    assert_eq!(preview.text(), AFTER);
    assert_eq!(project.text(), BEFORE);
}

const NEWER: &str = "format = 1\n[settings.lamp]\nversion = 3\nscenes = []\n[[settings.lamp.lights]]\nname = \"a\"\nhue = 7\n";

#[test]
fn newer_section_gives_what_is_known_with_a_warning() {
    let project = Project::new(NEWER);
    let raw = RawSettings::read(project.path()).unwrap();
    assert_eq!(raw.schema(&section()), Schema::Newer(3));
    let mut faults = Faults::default();
    let settings = validate_section(&raw, &section(), &mut faults);
    assert_eq!(settings.names("lights"), ["a"]);
    assert!(!faults.has_errors(), "{faults}");
    let text = faults.to_string();
    assert!(
        text.contains(
            "settings.toml:3:11: the section `lamp` has schema version 3, the plugin knows versions up to 2"
        ),
        "{text}"
    );
    assert!(!migrate(&project).unwrap());
    assert_eq!(project.text(), NEWER);
}

#[test]
fn sections_of_other_versions_are_not_edited() {
    for (text, version, hint) in [
        (NEWER, "version 3", "install the newer plugin"),
        (BEFORE, "version 1", "`pulsewire run` brings it up to date"),
    ] {
        let project = Project::new(text);
        for result in [
            add_entry(project.path(), &section(), "lights", &[("name", "z")]),
            remove_entry(project.path(), &section(), "lights", "a"),
        ] {
            let refusal = refusal(result);
            assert!(refusal.contains(version) && refusal.contains(hint), "{refusal}");
        }
        assert_eq!(project.text(), text);
    }
}

#[test]
fn first_entry_brings_the_version_with_it() {
    for (before, after) in [
        (
            "format = 1\n",
            "format = 1\n\n[settings.lamp]\nversion = 2\n\n[[settings.lamp.lights]]\nname = \"a\"\n",
        ),
        (
            "format = 1\nsettings = {}\n",
            "format = 1\nsettings = { lamp = { version = 2, lights = [{ name = \"a\" }]} }\n",
        ),
    ] {
        let project = Project::new(before);
        add_entry(project.path(), &section(), "lights", &[("name", "a")]).unwrap();
        assert_eq!(project.text(), after);
        let raw = RawSettings::read(project.path()).unwrap();
        assert_eq!(raw.schema(&section()), Schema::Current);
    }
}

#[test]
fn version_at_fault_is_told_at_its_place() {
    for wrong in ["0", "-1", "\"2\"", "2.0", "99999999999"] {
        let project = Project::new(&format!("format = 1\n[settings.lamp]\nversion = {wrong}\n"));
        let raw = RawSettings::read(project.path()).unwrap();
        let mut faults = Faults::default();
        validate_section(&raw, &section(), &mut faults);
        let text = faults.to_string();
        assert!(
            text.contains("settings.toml:3:11: version: expected a whole number from 1"),
            "{text}"
        );
    }
}
