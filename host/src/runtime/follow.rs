//! Following the settings: plugins come and go while the project runs. Changed logic is only noticed.
//!
//! Nothing is half done: a settings file that is at fault changes nothing, and says why on the console.

use super::{Runtime, make_node};
use crate::{
    console::{Level, Line},
    diagnostics::{Fault, Faults, Severity},
    settings::RawSettings,
};

impl Runtime {
    /// Looks at the files, one of which may have changed.
    pub(super) fn follow_files(&mut self) {
        let folder = self.project.folder().to_owned();
        if self.on_disk.has_new_settings(&folder) {
            self.follow_settings();
        }
        self.on_disk.follow_logic(&folder, &*self.console);
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
        let faults = self.project.faults_with(&settings, &self.graphs);
        if faults.has_errors() {
            return self.refuse(&faults);
        }
        if is_as_it_was {
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
        let mut program = self.project.compile(&self.graphs, &mut Faults::default());
        self.kept.fill(&mut program);
        let (project, console, events) = (&mut self.project, &*self.console, self.services.events());
        self.absences.report(&program, project.toolbox(), console);
        self.engine.replace(program, |program, at| {
            make_node(program, at, project, events, console)
        });
    }

    fn refuse(&mut self, faults: &Faults) {
        self.on_disk.are_settings_at_fault = true;
        for fault in faults.iter() {
            let level = match fault.severity {
                Severity::Warning => Level::Warning,
                Severity::Error => Level::Error,
            };
            self.console.show(&Line::of_engine(level, &one_line(fault)));
        }
        let message = "the settings changed but are at fault; the project goes on as it was";
        self.console.show(&Line::of_engine(Level::Error, message));
    }

    /// Only now may the settings allow more than those before. Says so if they were at fault before.
    fn accept(&mut self) {
        self.engine
            .allow_system_calls(self.project.settings().allows_system_calls());
        if std::mem::take(&mut self.on_disk.are_settings_at_fault) {
            let message = "the settings are in order again";
            self.console.show(&Line::of_engine(Level::Notice, message));
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
