//! The engine as plugins see it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use pulsewire_plugin_api::{EmitError, Wanted, value::Value};

use crate::{
    console::{Console, Level, Line},
    engine::{EventQueue, Events},
    plugins::EngineServices,
};

/// What every plugin of a project shares. Any thread.
pub(crate) struct Services {
    folder: PathBuf,
    queue: Arc<EventQueue>,
    events: Arc<Events>,
    /// Sections as JSON by their ids.
    settings: RwLock<HashMap<String, String>>,
    /// None where plugins are only listed.
    console: Option<Arc<dyn Console>>,
}

impl Services {
    pub(crate) fn new(folder: &Path, queue: Arc<EventQueue>, events: Arc<Events>) -> Self {
        Self {
            folder: folder.to_owned(),
            queue,
            events,
            settings: RwLock::default(),
            console: None,
        }
    }

    pub(crate) fn with_console(self, console: Arc<dyn Console>) -> Self {
        Self {
            console: Some(console),
            ..self
        }
    }

    /// Replaces the settings that plugins read.
    pub(crate) fn set_settings(&self, settings: HashMap<String, String>) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(crate) fn events(&self) -> &Arc<Events> {
        &self.events
    }

    /// The section as plugins read it now.
    pub(crate) fn section(&self, section: &str) -> Option<String> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(section)
            .cloned()
    }
}

impl EngineServices for Services {
    fn settings(&self, _plugin: &str, section: &str) -> Option<String> {
        self.section(section)
    }

    fn project_folder(&self) -> PathBuf {
        self.folder.clone()
    }

    fn event(&self, node_type: &str, key: &str) -> Option<u64> {
        Some(self.events.number(node_type, key))
    }

    fn wanted(&self, event: u64) -> Wanted {
        self.events.wanted(event)
    }

    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        self.queue
            .push_many(event, count, values)
            .map_err(|_| EmitError::Full)
    }

    fn tell(&self, level: Level, message: &str) {
        if let Some(console) = &self.console {
            console.show(&Line::of_engine(level, message));
        }
    }
}
