//! The plugin and its nodes as registry and engine see them.

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use pulsewire_plugin_api::{Call, Node, NodeError, NodeResult, abi::interface::NodeSetup, value::Dictionary};

use super::{
    datum::{data, pairs},
    messages::{Answer, Made, Method, Request, Run},
    shared::Shared,
};
use crate::plugins::{entry::PluginCalls, registry::DEACTIVATION_LIMIT};

/// How much longer than allowed a plugin may take to end before its process is ended.
const GRACE: Duration = Duration::from_secs(1);

/// A plugin in a process of its own. Dropping it ends the process.
pub(in crate::plugins) struct IsolatedPlugin {
    shared: Arc<Shared>,
    supervisor: Option<JoinHandle<()>>,
}

impl IsolatedPlugin {
    pub(super) fn new(shared: Arc<Shared>, supervisor: JoinHandle<()>) -> Self {
        Self {
            shared,
            supervisor: Some(supervisor),
        }
    }
}

impl PluginCalls for IsolatedPlugin {
    fn activate(&mut self) -> Result<(), String> {
        self.shared.activate()
    }

    fn create_node(&mut self, node_type: &str, setup: NodeSetup) -> Result<Box<dyn Node>, String> {
        let number = self.shared.create_node(Made {
            number: 0,
            node_type: node_type.to_owned(),
            graph: setup.graph.to_string(),
            node: setup.node.to_string(),
            attributes: pairs(&setup.attributes),
            own_event: setup.own_event,
        })?;
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(IsolatedNode { number, shared }))
    }

    fn settings_changed(&mut self) -> Result<(), String> {
        self.shared.settings_changed()
    }

    fn migrate(&self, section: &str, from: u32, settings: Dictionary) -> Result<Dictionary, String> {
        self.shared.migrate(section, from, &settings)
    }

    fn deactivate(&mut self) -> Result<(), String> {
        self.shared.deactivate(DEACTIVATION_LIMIT + GRACE)
    }
}

impl Drop for IsolatedPlugin {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(supervisor) = self.supervisor.take() {
            // Its panic was told by the panic hook.
            let _ = supervisor.join();
        }
    }
}

struct IsolatedNode {
    number: u64,
    shared: Arc<Shared>,
}

impl IsolatedNode {
    fn run(&self, method: Method, call: &mut Call<'_>) -> NodeResult {
        let request = Request::Run(Run {
            number: self.number,
            method,
            pulse: call.pulse() as u32,
            inputs: data(call.inputs()),
            outputs: data(call.outputs().iter()),
            values: data(call.values().iter()),
        });
        let answer = self.shared.call(&request, self.shared.call_limit);
        match answer.map_err(NodeError::new)? {
            Answer::Ran { pulse, outputs } => {
                let places = call.outputs();
                for (at, datum) in outputs {
                    if let Some(place) = places.get_mut(at as usize) {
                        *place = datum.into();
                    }
                }
                Ok(pulse.into())
            }
            answer => Err(NodeError::new(format!("its process answered {answer:?}"))),
        }
    }
}

impl Node for IsolatedNode {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.run(Method::Execute, call)
    }

    fn resume(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.run(Method::Resume, call)
    }

    fn on_event(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.run(Method::OnEvent, call)
    }
}

impl Drop for IsolatedNode {
    fn drop(&mut self) {
        self.shared.drop_node(self.number);
    }
}
