//! Older sections of the Project Settings, brought up to date by their plugins: in the file when the project runs, in memory
//! when it is only looked at.

use pulsewire_plugin_api::manifest::Section;

use super::Project;
use crate::{
    diagnostics::{Fault, Faults},
    plugins::State,
    settings::{
        FILE, RawSettings, Schema, SectionSettings,
        edit::{self, EditError},
        validate_section,
    },
};

impl Project {
    /// Has each loaded plugin bring its section in the file up to date. One that can't has failed, and its section stays.
    pub(crate) fn migrate(&mut self) {
        for (plugin, section, from) in self.older_sections(&self.settings, &State::Loaded) {
            match self.migrated_on_disk(&plugin, &section) {
                Ok(Some(settings)) => self.settings = settings,
                Ok(None) => {}
                Err(error) => self.fail_migration(&section, from, &error),
            }
        }
    }

    /// As [`migrate`](Self::migrate), but the file stays: what it would say is kept for listing and checking.
    pub(super) fn preview_migrations(&mut self) {
        self.previews.clear();
        for (plugin, section, from) in self.older_sections(&self.settings, &State::Loaded) {
            let migrated = edit::preview_migration(&self.settings, &section, |from, settings| {
                self.plugins.migrate(&plugin, &section.id, from, settings)
            });
            match migrated {
                Ok(Some(settings)) => drop(self.previews.insert(section.id, settings)),
                Ok(None) => {}
                Err(error) => self.fail_migration(&section, from, &error),
            }
        }
    }

    /// Settings that are to be taken over while plugins are active, with the sections of these up to date, also in the file.
    ///
    /// # Errors
    /// A fault for each section that its plugin can't bring up to date.
    pub(crate) fn migrated_for_active(&mut self, settings: RawSettings) -> Result<RawSettings, Faults> {
        let (mut settings, mut faults) = (settings, Faults::default());
        for (plugin, section, from) in self.older_sections(&settings, &State::Active) {
            if !settings.is_enabled(&plugin) {
                continue;
            }
            match self.migrated_on_disk(&plugin, &section) {
                Ok(Some(migrated)) => settings = migrated,
                Ok(None) => {}
                Err(error) => {
                    let message = failure(&section, from, &error);
                    faults.push(settings.schema_error(&section.id, message).hint(hint(&section)));
                }
            }
        }
        match faults.has_errors() {
            true => Err(faults),
            false => Ok(settings),
        }
    }

    /// The section of these settings, checked. An older one as its plugin would bring it up to date, if that is known.
    pub(super) fn section_in(
        &self,
        settings: &RawSettings,
        section: &Section,
        faults: &mut Faults,
    ) -> Option<SectionSettings> {
        let Schema::Older(from) = settings.schema(section) else {
            return Some(validate_section(settings, section, faults));
        };
        let (id, version) = (&section.id, section.version);
        let message = format!("the section `{id}` has schema version {from}, the plugin has {version}");
        let warning = settings.schema_warning(id, message);
        faults.push(warning.hint("`pulsewire run` brings it up to date, and writes it"));
        let preview = self.previews.get(id)?;
        // It is sound, and its lines are not those of the file.
        Some(validate_section(preview, section, &mut Faults::default()))
    }

    /// The plugin, its section and the version that the settings have.
    fn older_sections(&self, settings: &RawSettings, state: &State) -> Vec<(String, Section, u32)> {
        let mut older = Vec::new();
        for entry in self
            .plugins
            .entries()
            .iter()
            .filter(|entry| entry.state() == state)
        {
            let sections = entry
                .manifest()
                .into_iter()
                .flat_map(|manifest| &manifest.sections);
            for section in sections {
                if let Schema::Older(from) = settings.schema(section) {
                    older.push((entry.id().to_owned(), section.clone(), from));
                }
            }
        }
        older
    }

    fn migrated_on_disk(&self, plugin: &str, section: &Section) -> Result<Option<RawSettings>, EditError> {
        let mut before = 0;
        let is_changed = edit::migrate_section(&self.folder, section, |from, settings| {
            before = from;
            self.plugins.migrate(plugin, &section.id, from, settings)
        })?;
        if !is_changed {
            return Ok(None);
        }
        let (id, version) = (&section.id, section.version);
        log::info!("{FILE}: the section `{id}` was brought from schema version {before} to {version}");
        let mut faults = Faults::default();
        match RawSettings::read_with(&self.folder, &mut faults) {
            Some(settings) => Ok(Some(settings)),
            None => Err(EditError::Faults(faults)),
        }
    }

    fn fail_migration(&mut self, section: &Section, from: u32, error: &EditError) {
        self.plugins
            .fail_settings(&section.id, failure(section, from, error), hint(section));
        self.fill_toolbox();
    }
}

impl RawSettings {
    fn schema_error(&self, section: &str, message: String) -> Fault {
        let severity = crate::diagnostics::Severity::Error;
        Fault {
            severity,
            ..self.schema_warning(section, message)
        }
    }
}

fn failure(section: &Section, from: u32, error: &EditError) -> String {
    let (id, version) = (&section.id, section.version);
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    let reason = format!("{error}{}", source.unwrap_or_default());
    format!("plugin `{id}` can't bring its section `{id}` from schema version {from} to {version}: {reason}")
}

fn hint(section: &Section) -> String {
    let (id, version) = (&section.id, section.version);
    format!(
        "the section was not touched; change it by hand and write `version = {version}` into `[settings.{id}]`"
    )
}
