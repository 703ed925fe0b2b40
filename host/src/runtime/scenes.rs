//! Scenes come and go: the program is made of the project's graph and those of the scenes that run.

use std::collections::BTreeSet;

use super::Runtime;
use crate::{compile::Program, diagnostics::Faults, logic::Graph, project::Project};

/// The scenes that run from the start on.
pub(super) fn at_start(graphs: &[Graph]) -> BTreeSet<String> {
    let starting = graphs.iter().filter(|graph| graph.start);
    starting
        .filter_map(|graph| graph.scene_name().map(str::to_owned))
        .collect()
}

/// The program of the scenes that run. The graphs were found sound.
pub(super) fn compile(project: &Project, graphs: &[Graph], running: &BTreeSet<String>) -> Program {
    let graphs = graphs.iter();
    let runs = |graph: &&Graph| graph.scene_name().is_none_or(|scene| running.contains(scene));
    let graphs: Vec<&Graph> = graphs.filter(runs).collect();
    project.compile(&graphs, &mut Faults::default())
}

impl Runtime {
    /// Carries out what nodes wished about scenes.
    pub(super) fn follow_scenes(&mut self) {
        let Some((wanted, ended)) = self.engine.take_scenes() else {
            return;
        };
        // One that ended and is wanted again begins anew, and so has to be gone in between.
        if !ended.is_disjoint(&wanted) {
            let staying = self.running.difference(&ended).cloned().collect();
            self.run_scenes(staying);
        }
        self.run_scenes(wanted);
    }

    /// Ends the scenes that are not among these, and begins those that do not run yet.
    pub(super) fn run_scenes(&mut self, scenes: BTreeSet<String>) {
        let before = std::mem::replace(&mut self.running, scenes);
        self.engine.set_scenes(self.running.clone());
        self.replace_program();
        let new: Vec<String> = self.running.difference(&before).cloned().collect();
        for scene in new {
            self.engine.begin_scene(&scene);
        }
        self.engine.give_turn();
    }
}
