//! Making the nodes of a program: built-in ones here, a plugin's by the plugin.

use pulsewire_plugin_api::{
    Node,
    abi::interface::NodeSetup,
    value::{DataType, Text},
};

use crate::{
    compile::Program,
    engine::{EngineNode, Events, PassEvent, Placeholder, PluginNode},
    nodes::Build,
    toolbox::{Origin, Toolbox},
};

/// Asks a plugin for a node of the type that is named.
type AskPlugin<'a> = dyn FnMut(&str, NodeSetup) -> Option<Box<dyn Node>> + 'a;

/// Makes the node at position `at`. `plugin_node` asks a plugin; if it answers nothing, it has said why, and a
/// placeholder takes the node's place.
pub(crate) fn make_node(
    program: &mut Program,
    at: usize,
    toolbox: &Toolbox,
    events: &Events,
    plugin_node: &mut AskPlugin<'_>,
) -> Box<dyn EngineNode> {
    let info = &program.infos[at];
    let Some(entry) = toolbox.get(&info.node_type) else {
        return Box::new(Placeholder);
    };
    let outputs = || {
        info.outputs
            .iter()
            .map(|output| output.data_type)
            .collect::<Box<[DataType]>>()
    };
    match &entry.origin {
        Origin::Builtin(builtin) => {
            let build = Build::new(&info.attributes, events);
            // The compiler has made one like it before, so this does not fail.
            let node = builtin.make(&build).unwrap_or_else(|_| Box::new(Placeholder));
            let requested = build.requested_event();
            program.set_own_event(at, requested);
            node
        }
        Origin::Plugin {
            has_behaviour: false, ..
        } => Box::new(PassEvent::new(outputs())),
        Origin::Plugin { .. } => {
            let own_event = events.new_number();
            let setup = NodeSetup {
                graph: Text::from(&*info.graph),
                node: Text::from(&*info.id),
                attributes: info.attributes.clone(),
                own_event,
            };
            let Some(node) = plugin_node(&info.node_type, setup) else {
                return Box::new(Placeholder);
            };
            let node = PluginNode {
                node,
                outputs: outputs(),
            };
            program.set_own_event(at, Some(own_event));
            Box::new(node)
        }
        Origin::Unavailable { .. } => Box::new(Placeholder),
    }
}
