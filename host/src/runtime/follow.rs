//! Following the settings: plugins come and go while the project runs.
//!
//! Nothing is half done: a settings file that is at fault changes nothing, and says why on the console.

use super::{Runtime, make_node};
use crate::{
    console::{Level, Line},
    diagnostics::Faults,
    settings::RawSettings,
};

impl Runtime {
    pub(super) fn follow_settings(&mut self) {
        let settings = match RawSettings::read(self.project.folder()) {
            Ok(settings) => settings,
            Err(faults) => return self.refuse(&faults),
        };
        if settings.text() == self.project.settings().text() {
            return;
        }
        let faults = self.project.faults_with(&settings, &self.graphs);
        if faults.has_errors() {
            return self.refuse(&faults);
        }
        for plugin in self.project.active_plugins() {
            if !settings.is_enabled(&plugin) {
                // Its nodes go before the plugin that made them.
                self.engine.detach(&plugin);
                log::info!("plugin `{plugin}` is switched off");
            }
        }
        let faults = self.project.follow(settings, &self.services, &self.graphs);
        if faults.has_errors() {
            self.refuse(&faults);
        }
        self.hand_out_settings();
        self.project.activate_plugins();
        self.replace_program();
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

    /// Compiles the graphs for the plugins that are there now and goes on with them. They were found sound.
    fn replace_program(&mut self) {
        let program = self.project.compile(&self.graphs, &mut Faults::default());
        let (project, console, events) = (&mut self.project, &*self.console, self.services.events());
        self.absences.report(&program, project.toolbox(), console);
        self.engine.replace(program, |program, at| {
            make_node(program, at, project, events, console)
        });
    }

    fn refuse(&self, faults: &Faults) {
        for fault in faults.iter() {
            let message = fault.without_severity();
            self.console.show(&Line {
                level: Level::Error,
                graph: "",
                node: "",
                message: &message,
            });
        }
        let message = "the settings changed but are at fault; the project goes on as it was";
        self.console.show(&Line {
            level: Level::Error,
            graph: "",
            node: "",
            message,
        });
    }
}
