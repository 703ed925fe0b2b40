//! Scenes come and go: the program is made of the project's graph and those of the scenes that run.
//!
//! A change links them all once, without checks. It does not go graph by graph, because the numbers of a program run through
//! all of them, and linking takes time in proportion to their nodes.

use std::collections::{BTreeSet, HashSet};

use super::Runtime;
use crate::{compile::Program, logic::Graph, project::Project};

/// The scenes that run from the start on.
pub(super) fn at_start(graphs: &[Graph]) -> BTreeSet<String> {
    let starting = graphs.iter().filter(|graph| graph.start);
    starting
        .filter_map(|graph| graph.scene_name().map(str::to_owned))
        .collect()
}

/// All scenes.
pub(super) fn all(graphs: &[Graph]) -> BTreeSet<String> {
    let scenes = graphs.iter().filter_map(Graph::scene_name);
    scenes.map(str::to_owned).collect()
}

/// The program of the scenes that run. The graphs were found sound.
pub(super) fn link(project: &Project, graphs: &[Graph], running: &BTreeSet<String>) -> Program {
    project.link(graphs, |graph| {
        graph.scene_name().is_none_or(|scene| running.contains(scene))
    })
}

/// The same, if the program of all graphs is there already.
pub(super) fn part_of(
    whole: Program,
    project: &Project,
    graphs: &[Graph],
    running: &BTreeSet<String>,
) -> Program {
    let mut scenes = graphs.iter().filter_map(Graph::scene_name);
    match scenes.all(|scene| running.contains(scene)) {
        true => whole,
        false => link(project, graphs, running),
    }
}

impl Runtime {
    /// Carries out what nodes wished about scenes.
    pub(super) fn follow_scenes(&mut self) {
        let Some((mut wanted, ended)) = self.engine.take_scenes() else {
            return;
        };
        // A scene's file may have gone since nodes wished for it.
        let graphs = self.graphs.iter().filter_map(Graph::scene_name);
        let known: HashSet<&str> = graphs.collect();
        wanted.retain(|scene| known.contains(scene.as_str()));
        for scene in ended.intersection(&wanted) {
            self.engine.end_scene(scene);
            self.running.remove(scene);
        }
        let program = link(&self.project, &self.graphs, &wanted);
        self.run_scenes(wanted, program);
    }

    /// Goes on with the program of these scenes: ends those that are not among them, and begins those that do not run yet.
    pub(super) fn run_scenes(&mut self, scenes: BTreeSet<String>, program: Program) {
        let before = std::mem::replace(&mut self.running, scenes);
        self.engine.set_scenes(all(&self.graphs), &self.running, &before);
        self.replace_program(program);
        let new: Vec<String> = self.running.difference(&before).cloned().collect();
        self.engine.begin_scenes(&new);
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc, time::Duration};

    use crate::{
        compile::counted::{CHECKED, LINKED},
        console::{Console, Line},
        project::OpenOptions,
        runtime::{Ended, RunOptions, Runtime},
    };

    struct Silent;

    impl Console for Silent {
        fn show(&self, _: &Line<'_>) {}
    }

    const PROJECT: &str = r#"
        format = 1
        node = [
            { id = "begin", type = "events.on_initialize" },
            { id = "unload", type = "scenes.unload_scene", attributes = { scene = "hall" } },
            { id = "load", type = "scenes.load_scene", attributes = { scene = "hall" } },
            { id = "loaded", type = "scenes.on_scene_loaded", attributes = { scene = "hall" } },
            { id = "end", type = "utilities.exit" },
        ]
        wire = [
            { from = "begin.out", to = "unload.in" },
            { from = "unload.out", to = "load.in" },
            { from = "loaded.out", to = "end.in" },
        ]
    "#;

    #[test]
    fn scene_that_begins_anew_has_each_graph_linked_once_and_none_checked() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("logic/scenes")).unwrap();
        fs::write(folder.path().join("settings.toml"), "format = 1").unwrap();
        fs::write(folder.path().join("logic/project.toml"), PROJECT).unwrap();
        fs::write(folder.path().join("logic/scenes/hall.toml"), "format = 1").unwrap();
        fs::write(
            folder.path().join("logic/scenes/yard.toml"),
            "format = 1\nstart = false",
        )
        .unwrap();
        let options = RunOptions {
            open: OpenOptions {
                folder: folder.path().to_owned(),
                ..OpenOptions::default()
            },
            ignore_changes: true,
            ..RunOptions::default()
        };
        let mut runtime = Runtime::start(&options, Arc::new(Silent)).unwrap();
        let before = (CHECKED.get(), LINKED.get());
        assert_eq!(runtime.run(Some(Duration::from_secs(20))), Ended::Exit(0));
        assert_eq!((CHECKED.get(), LINKED.get()), (before.0, before.1 + 2));
    }
}
