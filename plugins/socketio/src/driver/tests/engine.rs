//! An engine that counts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use pulsewire_plugin_api::{EmitError, HostServices, Wanted, value::Value};
use serde_json::{Value as Json, json};

use super::lock;
use crate::settings::tests::entry;

/// How often each event node was told, and what the settings say.
pub(super) struct Engine {
    settings: String,
    node_types: Mutex<Vec<String>>,
    told: Mutex<BTreeMap<String, usize>>,
    /// Whoever tells this node first meets a defect.
    panics_at: Mutex<Option<&'static str>>,
}

impl Engine {
    /// With one connection, `c`.
    pub(super) fn new(fields: Json) -> Arc<Self> {
        Arc::new(Self {
            settings: json!({"connections": [entry(fields)]}).to_string(),
            node_types: Mutex::default(),
            told: Mutex::default(),
            panics_at: Mutex::default(),
        })
    }

    /// A defect in the plugin's thread, when it tells of this next.
    pub(super) fn panic_at(&self, node_type: &'static str) {
        *lock(&self.panics_at) = Some(node_type);
    }

    pub(super) fn told(&self, node_type: &str) -> usize {
        lock(&self.told).get(node_type).copied().unwrap_or_default()
    }
}

impl HostServices for Engine {
    fn log(&self, _: u32, _: &str, _: &str) {}
    fn log_level(&self) -> u32 {
        0
    }
    fn report(&self, _: &str) {}
    fn settings(&self, _: &str) -> Option<String> {
        Some(self.settings.clone())
    }
    fn project_folder(&self) -> Option<String> {
        None
    }
    fn event(&self, node_type: &str, _: &str) -> Option<u64> {
        let mut node_types = lock(&self.node_types);
        node_types.push(node_type.to_owned());
        lock(&self.told).insert(node_type.to_owned(), 0);
        Some(node_types.len() as u64 - 1)
    }
    fn wanted(&self, _: u64) -> Wanted {
        Wanted::EVERYTHING
    }
    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        let node_types = lock(&self.node_types);
        let node_type = &node_types[event as usize];
        let is_defect = lock(&self.panics_at).take_if(|at| at == node_type).is_some();
        assert!(!is_defect, "the defect that the test wants");
        if let Some(told) = lock(&self.told).get_mut(node_type) {
            *told += count;
        }
        values.fill(Value::Empty);
        Ok(count)
    }
}
