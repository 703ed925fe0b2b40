//! What the command line knows of plugins without running them.

use std::fs;

use pulsewire_host::plugins::hash_library;
use pulsewire_it::project::{Project, graph};

/// A project that calls a node of the good plugin once and ends.
fn project() -> Project {
    let lines = "begin: events.on_initialize\nshout: good.shout { text = \"hello\" }\nend: utilities.exit\n\
                 begin.out -> shout.in\nshout.out -> end.in";
    Project::new("", &graph(lines)).with_good_plugin()
}

#[test]
fn info_tells_hash_compiler_trial_and_the_last_run() {
    let project = project();
    let library = project
        .folder()
        .join(format!("plugin-folder/good/{}", library_name()));
    let before = project.pulsewire(&["plugins", "info", "good", "--json"]).json();
    assert_eq!(before["sha256"], hash_library(&library).unwrap().to_string());
    assert!(
        before["compiler"].as_str().unwrap().starts_with("rustc 1."),
        "{before}"
    );
    assert_eq!(
        (before["tried_out"].as_str(), before["last_run"].as_object()),
        (None, None)
    );

    project.pulsewire(&["run"]).with_code(0);
    let after = project.pulsewire(&["plugins", "info", "good", "--json"]).json();
    assert_eq!(after["tried_out"], "sound");
    let run = &after["last_run"];
    assert_eq!((&run["calls"], &run["overruns"]), (&1.into(), &0.into()), "{run}");
    let states = run["states"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state[1].as_str().unwrap());
    assert_eq!(
        states.collect::<Vec<_>>(),
        ["declared", "loaded", "active", "declared"]
    );
    let text = project.pulsewire(&["plugins", "info", "good"]);
    assert!(
        text.with_code(0)
            .contains("calls of nodes: 1, too long: 0; declared ("),
        "{text:#?}"
    );
}

#[test]
fn damaged_record_of_the_last_run_is_ignored() {
    let project = project();
    project.pulsewire(&["run"]).with_code(0);
    for file in fs::read_dir(project.cache().join("runs")).unwrap() {
        fs::write(file.unwrap().path(), b"[{\"id\":1}]").unwrap();
    }
    let info = project.pulsewire(&["plugins", "info", "good", "--json"]).json();
    assert!(info["last_run"].is_null(), "{info}");
}

#[test]
fn paths_show_the_order_and_what_was_found_where() {
    let project = project();
    project.write(
        "settings.toml",
        "format = 1\n[host]\nplugin_paths = [\"nowhere\"]\n",
    );
    let paths = project.pulsewire(&["plugins", "paths", "--json"]).json();
    let rows: Vec<_> = (paths.as_array().unwrap().iter())
        .map(|row| {
            (
                row["origin"].as_str().unwrap(),
                row["exists"].as_bool().unwrap(),
                row["plugins"].to_string(),
            )
        })
        .collect();
    let of_good = ("--plugin-dir", true, "[\"good\"]".to_owned());
    assert!(rows.contains(&of_good), "{rows:?}");
    let of_settings = ("plugin_paths", false, "[]".to_owned());
    assert!(rows.contains(&of_settings), "{rows:?}");
    let place = |row| rows.iter().position(|one| *one == row);
    assert!(place(of_good) < place(of_settings));
    let text = project.pulsewire(&["plugins", "paths"]);
    assert!(
        text.with_code(0).contains("nowhere  (plugin_paths): not there"),
        "{text:#?}"
    );
}

fn library_name() -> String {
    pulsewire_host::plugins::library_file_name("good")
}
