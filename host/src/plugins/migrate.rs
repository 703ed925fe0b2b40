//! Settings of an older schema version: the plugin is asked to bring them up to date.

use pulsewire_plugin_api::value::Dictionary;

use super::{Plugins, Report, Step, calls::Call};

impl Plugins {
    /// What a loaded or active plugin makes of its section of schema version `from`.
    ///
    /// # Errors
    /// What it said, or the text of its panic. `[logic-thread]`
    pub(crate) fn migrate(
        &self,
        id: &str,
        section: &str,
        from: u32,
        settings: Dictionary,
    ) -> Result<Dictionary, String> {
        let running = self
            .get(id)
            .and_then(|entry| Some((entry, entry.running.as_ref()?)));
        let (entry, running) = running.ok_or_else(|| format!("plugin `{id}` is not loaded"))?;
        let _entered = entry.enter(self.calls.as_deref(), Call::Migrate);
        running.plugin.migrate(section, from, settings)
    }

    /// Ends a plugin whose settings can't be used. `[logic-thread]`
    pub(crate) fn fail_settings(&mut self, id: &str, message: String, hint: String) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            let report = Report::new(Step::Settings, message).hint(hint);
            log::error!("{report}");
            entry.fail(report);
        }
    }
}
