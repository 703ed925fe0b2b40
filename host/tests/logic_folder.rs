//! The folder `logic/`: which files are graphs, and what is said about the others.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use proptest::prelude::*;
use pulsewire_host::{
    diagnostics::Faults,
    logic::{Graph, read_project_logic},
};
use pulsewire_plugin_api::manifest::Scope;

fn project(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn read(folder: &Path) -> (Vec<Graph>, String) {
    let mut faults = Faults::default();
    let graphs = read_project_logic(folder, &mut faults);
    let faults: Vec<String> = faults.into_sorted().iter().map(ToString::to_string).collect();
    (graphs, faults.join("\n"))
}

const EMPTY: &[u8] = b"format = 1\n";

#[test]
fn graphs_come_as_project_scenes_functions_in_the_order_of_names() {
    let folder = project(&[
        ("logic/scenes/b.toml", EMPTY),
        ("logic/scenes/a.toml", EMPTY),
        ("logic/scenes/notes.txt", b"not logic"),
        ("logic/scenes/.hidden.toml", b"="),
        ("logic/functions/f.toml", EMPTY),
        ("logic/project.toml", EMPTY),
    ]);
    let (graphs, faults) = read(folder.path());
    assert_eq!(faults, "");
    let ids: Vec<_> = graphs
        .iter()
        .map(|graph| (graph.id.as_str(), graph.scope))
        .collect();
    assert_eq!(
        ids,
        [
            ("project", Scope::Project),
            ("scenes/a", Scope::Scene),
            ("scenes/b", Scope::Scene),
            ("functions/f", Scope::Function)
        ]
    );
}

#[test]
fn scenes_alone_are_a_project() {
    let folder = project(&[("logic/scenes/a.toml", EMPTY)]);
    let (graphs, faults) = read(folder.path());
    assert_eq!((graphs.len(), faults.as_str()), (1, ""));
}

#[test]
fn neither_project_graph_nor_scenes_is_a_fault() {
    let folder = project(&[("logic/functions/f.toml", EMPTY)]);
    assert_eq!(
        read(folder.path()).1,
        "error: logic/project.toml: the project has no logic\n  \
         hint: it is the project's graph; graphs of scenes are `logic/scenes/NAME.toml`"
    );
}

#[test]
fn what_is_not_read_is_warned_of_if_it_looks_like_logic() {
    let folder = project(&[
        ("logic/project.toml", EMPTY),
        ("logic/Scenes.TOML", EMPTY),
        ("logic/other.toml", EMPTY),
        ("logic/projekt.tml", EMPTY),
        ("logic/README.md", b"notes"),
        ("logic/project.md", b"notes"),
        ("logic/.old.toml", EMPTY),
        ("logic/scene/main.toml", EMPTY),
        ("logic/scenes/lobby/main.toml", EMPTY),
        ("logic/scenes/a.toml", EMPTY),
        ("logic/scenes/a.toml~", EMPTY),
        ("logic/scenes/b.tml", EMPTY),
        ("logic/functions/notes.txt", b""),
    ]);
    let expected = "hint: logic is read from `logic/project.toml`, `logic/scenes/NAME.toml` and \
                    `logic/functions/NAME.toml`";
    assert_eq!(
        read(folder.path()).1,
        [
            "logic/Scenes.TOML: this file is not read",
            "logic/other.toml: this file is not read",
            "logic/projekt.tml: this file is not read",
            "logic/scene: this folder is not read",
            "logic/scenes/b.tml: this file is not read",
            "logic/scenes/lobby: this folder is not read",
        ]
        .map(|line| format!("warning: {line}\n  {expected}"))
        .join("\n")
    );
}

#[test]
fn one_bad_file_does_not_hide_the_faults_of_another() {
    let folder = project(&[
        ("logic/project.toml", b"format = 1\n# \xff\n"),
        ("logic/scenes/a b.toml", EMPTY),
        ("logic/scenes/c.toml", b"format = \n"),
    ]);
    std::fs::create_dir(folder.path().join("logic/scenes/d.toml")).unwrap();
    assert_eq!(
        read(folder.path()).1,
        "error: logic/project.toml:2:3: not UTF-8 text\n  \
         hint: save the file in the encoding UTF-8\n\
         error: logic/scenes/a b.toml: the file's name can't name a graph\n  \
         hint: use letters, digits, `_` and `-`, without dots and spaces\n\
         error: logic/scenes/c.toml:1:10: not valid TOML: string values must be quoted, expected literal string\n  \
         hint: write a value behind `=`\n\
         error: logic/scenes/d.toml: is not a regular file\n  \
         hint: move it away, and put a text file in its place"
    );
}

#[test]
fn file_in_the_place_of_a_folder_is_told() {
    let folder = project(&[("logic/project.toml", EMPTY), ("logic/scenes", b"")]);
    assert_eq!(
        read(folder.path()).1,
        "error: logic/scenes: is not a folder\n  hint: it is the folder of graphs: `logic/scenes/NAME.toml`"
    );
}

#[cfg(unix)]
#[test]
fn fifo_in_the_logic_folder_does_not_block() {
    let folder = project(&[("logic/project.toml", EMPTY), ("logic/scenes/.keep", b"")]);
    let fifo = folder.path().join("logic/scenes/pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    assert_eq!(
        read(folder.path()).1,
        "error: logic/scenes/pipe.toml: is not a regular file\n  \
         hint: move it away, and put a text file in its place"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = project(&[("logic/project.toml", &bytes)]);
        read(folder.path());
    }
}

#[cfg(unix)]
#[test]
fn link_to_nothing_is_named() {
    use std::os::unix::fs::symlink;
    let folder = project(&[("logic/project.toml", EMPTY), ("logic/scenes/a.toml", EMPTY)]);
    let told = |path: &str| {
        symlink("gone.toml", folder.path().join(path)).unwrap();
        read(folder.path()).1
    };
    let fault = |path| {
        format!(
            "error: {path}: is a link to `gone.toml`, which is not there\n  hint: make the link anew, or remove it"
        )
    };
    let scene = fault("logic/scenes/b.toml");
    assert_eq!(told("logic/scenes/b.toml"), scene);
    let functions = fault("logic/functions");
    assert_eq!(told("logic/functions"), [&*functions, &*scene].join("\n"));
    std::fs::remove_file(folder.path().join("logic/project.toml")).unwrap();
    let graph = fault("logic/project.toml");
    assert_eq!(
        told("logic/project.toml"),
        [&*functions, &*graph, &*scene].join("\n")
    );
    std::fs::remove_dir_all(folder.path().join("logic")).unwrap();
    assert_eq!(told("logic"), fault("logic"));
}
