//! Following the files: plugins come and go, and logic changes, while the project runs.
//!
//! Nothing is half done: settings or logic that are at fault change nothing, and say why on the console.

use std::collections::{BTreeSet, HashSet};

use super::{Runtime, absent_nodes, make_node, scenes};
use crate::{
    compile::Program,
    console::{Level, Line},
    diagnostics::{Fault, Faults, Severity},
    logic::Graph,
    settings::RawSettings,
};

impl Runtime {
    /// Looks at the files, one of which may have changed.
    pub(super) fn follow_files(&mut self) {
        let folder = self.project.folder().to_owned();
        let are_settings_new = self.on_disk.has_new_settings(&folder);
        let is_logic_new = self.on_disk.has_new_logic(&folder);
        // What is at fault may be so only because of the other.
        if are_settings_new || (is_logic_new && self.on_disk.are_settings_at_fault) {
            self.follow_settings();
        }
        if is_logic_new || (are_settings_new && self.on_disk.is_logic_at_fault) {
            self.follow_logic();
        }
    }

    /// Takes changed logic over. Nodes that stay as they were keep their state; scenes that were not there begin.
    fn follow_logic(&mut self) {
        let mut faults = Faults::default();
        let graphs = self.project.read_logic(&mut faults);
        let program = self.project.compile(&graphs, &mut faults);
        if self.is_strict {
            faults.extend(absent_nodes(&graphs, self.project.toolbox()));
        }
        if faults.has_errors() {
            self.on_disk.is_logic_at_fault = true;
            let message = "the logic changed but is at fault; the project goes on as it was";
            return self.tell(&faults, message);
        }
        let is_same = self.is_running(&graphs);
        if std::mem::take(&mut self.on_disk.is_logic_at_fault) && is_same {
            return self.notice("the logic is in order again");
        }
        if is_same {
            return;
        }
        let running = self.take_over(graphs);
        let program = scenes::part_of(program, &self.project, &self.graphs, &running);
        self.run_scenes(running, program);
    }

    /// Takes graphs over that were found sound; the scenes that are to run then.
    fn take_over(&mut self, graphs: Vec<Graph>) -> BTreeSet<String> {
        fn scenes_of(graphs: &[Graph]) -> HashSet<&str> {
            graphs.iter().filter_map(Graph::scene_name).collect()
        }
        let (before, now) = (scenes_of(&self.graphs), scenes_of(&graphs));
        let new = scenes::at_start(&graphs).into_iter();
        let new = new.filter(|scene| !before.contains(scene.as_str()));
        let staying = self.running.iter().filter(|scene| now.contains(scene.as_str()));
        let running = staying.cloned().chain(new).collect();
        self.graphs = graphs;
        self.notice("the logic changed; it runs as it is now");
        running
    }

    /// The logic on disk, if it is another and sound with these settings.
    fn sound_logic(&self, settings: &RawSettings) -> Option<Vec<Graph>> {
        let mut faults = Faults::default();
        let graphs = self.project.read_logic(&mut faults);
        let is_sound = !faults.has_errors() && !self.project.faults_with(settings, &graphs).has_errors();
        (is_sound && !self.is_running(&graphs)).then_some(graphs)
    }

    /// Whether these graphs say what runs already.
    fn is_running(&self, graphs: &[Graph]) -> bool {
        fn texts(graphs: &[Graph]) -> impl Iterator<Item = (&str, &str)> {
            let texts = graphs.iter();
            texts.map(|graph| (&*graph.id, &*graph.source.text))
        }
        texts(graphs).eq(texts(&self.graphs))
    }

    fn notice(&self, message: &str) {
        self.console.show(&Line::of_engine(Level::Notice, message));
    }

    fn follow_settings(&mut self) {
        let settings = match RawSettings::read(self.project.folder()) {
            Ok(settings) => settings,
            Err(faults) => return self.refuse(&faults),
        };
        let is_as_it_was = settings.text() == self.project.settings().text();
        if is_as_it_was && !self.on_disk.are_settings_at_fault {
            return;
        }
        if self.project.is_trying_out(&settings, &self.engine.stop_handle()) {
            return self.on_disk.look_at_settings_again();
        }
        let settings = match self.project.migrated_for_active(settings) {
            Ok(settings) => settings,
            Err(faults) => return self.refuse(&faults),
        };
        let faults = self.project.faults_with(&settings, &self.graphs);
        let mut running = self.running.clone();
        if faults.has_errors() {
            let Some(graphs) = self.sound_logic(&settings) else {
                return self.refuse(&faults);
            };
            running = self.take_over(graphs);
        } else if is_as_it_was {
            return self.accept();
        }
        for plugin in self.project.active_plugins() {
            if !settings.is_enabled(&plugin) {
                // Its nodes go before the plugin that made them.
                self.engine.detach(&plugin);
                log::info!("plugin `{plugin}` is switched off");
            }
        }
        let faults = self.project.follow(settings, &self.services, &self.graphs);
        match faults.has_errors() {
            true => self.refuse(&faults),
            false => self.accept(),
        }
        // What settings at fault forbid is forbidden all the same.
        if !self.project.settings().allows_system_calls() {
            self.engine.allow_system_calls(false);
        }
        self.hand_out_settings();
        self.project.activate_plugins();
        let program = scenes::link(&self.project, &self.graphs, &running);
        self.run_scenes(running, program);
    }

    /// Gives plugins their sections anew and tells those whose section changed.
    fn hand_out_settings(&mut self) {
        let active = self.project.active_plugins();
        let before: Vec<Option<String>> = active.iter().map(|id| self.services.section(id)).collect();
        self.services
            .set_settings(self.project.settings_json(&mut Faults::default()));
        for (plugin, section) in active.iter().zip(before) {
            if section != self.services.section(plugin) {
                self.project.settings_changed(plugin);
            }
        }
    }

    /// Goes on with another program.
    pub(super) fn replace_program(&mut self, mut program: Program) {
        // The new program may not have all of the variables, or have them with other types.
        self.engine.keep();
        self.kept.fill(&mut program);
        let (project, console, events) = (&mut self.project, &*self.console, self.services.events());
        self.absences.report(&program, project.toolbox(), console);
        self.engine.replace(program, |program, at| {
            make_node(program, at, project, events, console)
        });
    }

    fn refuse(&mut self, faults: &Faults) {
        // The libraries may be others when these settings are mended.
        self.project.forget_trials();
        self.on_disk.are_settings_at_fault = true;
        self.tell(
            faults,
            "the settings changed but are at fault; the project goes on as it was",
        );
    }

    /// Says on the console what is wrong, and what that means.
    fn tell(&self, faults: &Faults, message: &str) {
        for fault in faults.iter() {
            let level = match fault.severity {
                Severity::Warning => Level::Warning,
                Severity::Error => Level::Error,
            };
            self.console.show(&Line::of_engine(level, &one_line(fault)));
        }
        self.console.show(&Line::of_engine(Level::Error, message));
    }

    /// Only now may the settings allow more than those before. Says so if they were at fault before.
    fn accept(&mut self) {
        self.engine
            .allow_system_calls(self.project.settings().allows_system_calls());
        if std::mem::take(&mut self.on_disk.are_settings_at_fault) {
            self.notice("the settings are in order again");
        }
    }
}

/// The fault with its hint; a console message is one line.
fn one_line(fault: &Fault) -> String {
    let mut fault = fault.clone();
    let hint = fault.hint.take();
    let text = fault.without_severity();
    match hint {
        Some(hint) => format!("{text}; {hint}"),
        None => text,
    }
}
