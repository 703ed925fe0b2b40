//! Where a library may lie, and which file it must be.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
};

use pulsewire_harness::fixtures;
use pulsewire_host::plugins::hash_library;
use pulsewire_it::project::Project;

/// A project with the good plugin, and its library.
fn project(settings: &str) -> (Project, PathBuf) {
    let project = Project::new(settings, "format = 1").with_good_plugin();
    let library = project.folder().join("plugin-folder/good/libgood.so");
    fs::set_permissions(&library, fs::Permissions::from_mode(0o644)).unwrap();
    (project, library)
}

/// The state of the good plugin once it was loaded, or why it was not.
fn state(project: &Project) -> String {
    let faults = project.pulsewire(&["check", "--json"]);
    let faults: serde_json::Value = serde_json::from_str(&faults.stdout).unwrap();
    let of_plugin = faults.as_array().unwrap().iter().find_map(|fault| {
        let message = fault["message"].as_str()?;
        message.strip_prefix("plugin `good`: ").map(str::to_owned)
    });
    of_plugin.unwrap_or_else(|| "fine".to_owned())
}

#[test]
fn library_that_others_may_write_to_is_refused_unless_it_is_trusted_by_name() {
    let (project, library) = project("");
    assert_eq!(state(&project), "fine");
    fs::set_permissions(&library, fs::Permissions::from_mode(0o666)).unwrap();
    let refused = state(&project);
    assert!(refused.starts_with("everybody may write to `"), "{refused}");
    project.write("settings.toml", "format = 1\n[plugins.good]\ntrust_file = true\n");
    assert_eq!(state(&project), "fine");
}

#[test]
fn link_out_of_the_plugin_folders_is_refused_unless_it_is_trusted_by_name() {
    let (project, library) = project("");
    fs::remove_file(&library).unwrap();
    symlink(fixtures::path("good"), &library).unwrap();
    let refused = state(&project);
    assert!(refused.starts_with("the file is a link to `"), "{refused}");
    project.write("settings.toml", "format = 1\n[plugins.good]\ntrust_file = true\n");
    assert_eq!(state(&project), "fine");
}

#[test]
fn nothing_is_remembered_where_others_may_write() {
    let (project, _) = project("");
    let set_mode = |mode| fs::set_permissions(project.cache(), fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o777);
    let ran = project.pulsewire(&["run", "--for", "0ms"]);
    ran.with_code(0);
    let told = format!(
        "nothing is remembered of plugins in `{0}`: everybody may write to `{0}`",
        project.cache().display()
    );
    assert!(ran.stderr.contains(&told), "{ran:#?}");
    assert_eq!(fs::read_dir(project.cache()).unwrap().count(), 0);
    set_mode(0o700);
    let ran = project.pulsewire(&["run", "--for", "0ms"]);
    assert!(!ran.stderr.contains("nothing is remembered"), "{ran:#?}");
    assert_ne!(fs::read_dir(project.cache()).unwrap().count(), 0);
}

#[test]
fn library_must_have_the_hash_that_the_settings_name() {
    let (project, library) = project("");
    let hash = hash_library(&library).unwrap();
    let pin = |hash: &str| {
        project.write(
            "settings.toml",
            &format!("format = 1\n[plugins.good]\nsha256 = \"{hash}\"\n"),
        )
    };
    pin(&hash.to_string());
    assert_eq!(state(&project), "fine");
    let other = "0".repeat(64);
    pin(&other);
    let expected = format!("the file has the SHA-256 {hash}, the plugins config wants {other}");
    assert_eq!(state(&project), expected);

    pin("abc");
    let faults = project.pulsewire(&["check"]);
    faults.with_code(1);
    assert!(
        faults.stdout.contains("expected 64 hexadecimal digits"),
        "{faults:#?}"
    );
}
