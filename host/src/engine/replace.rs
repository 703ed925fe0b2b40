//! Putting a program into the engine: the first one, or a new one in place of a running one.
//!
//! A node that stands in both programs unchanged keeps its state, its latched outputs and its timers; a variable
//! of the same name and type keeps its value, and so does a socket of a call. Called between branches only.

use std::{collections::HashMap, sync::Arc};

use pulsewire_plugin_api::Wanted;
use rustc_hash::FxHashMap;

use super::{
    events::{EventId, Events, Listeners},
    node::{EngineNode, Placeholder},
    run::{Cell, Engine},
    scenes::scene_of,
};
use crate::compile::{Listener, NodeInfo, Program};

impl Engine {
    /// Replaces the running program. `make` makes the node for position `at` of the new program, unless it can be
    /// taken over from the old one.
    pub fn replace(
        &mut self,
        mut program: Program,
        mut make: impl FnMut(&mut Program, usize) -> Box<dyn EngineNode>,
    ) {
        let old: HashMap<(Arc<str>, Arc<str>), usize> = self
            .world
            .infos
            .iter()
            .enumerate()
            .map(|(at, info)| ((Arc::clone(&info.graph), Arc::clone(&info.id)), at))
            .collect();
        let same: Vec<Option<usize>> = program
            .infos
            .iter()
            .map(|info| {
                let at = *old.get(&(Arc::clone(&info.graph), Arc::clone(&info.id)))?;
                self.world.infos[at].is_same_node(info).then_some(at)
            })
            .collect();
        let mut nodes = Vec::with_capacity(same.len());
        for (at, same) in same.iter().enumerate() {
            nodes.push(match *same {
                None => make(&mut program, at),
                Some(old) => {
                    program.set_own_event(at, self.world.infos[old].own_event);
                    self.keep_outputs(&mut program, at, old);
                    std::mem::replace(&mut self.cells[old].node, Box::new(Placeholder))
                }
            });
        }
        self.keep_calls(&mut program);
        for (name, old) in &self.variables {
            if let Some(new) = program
                .variables
                .get(name)
                .filter(|new| new.data_type == old.data_type)
            {
                program.slots[new.slot as usize] = self.slots[old.slot as usize].clone();
                if new.persistent && !old.persistent {
                    self.world.has_written_persistent();
                }
            }
        }
        let renumbered: HashMap<u32, u32> = same
            .iter()
            .enumerate()
            .filter_map(|(new, old)| Some(((*old)? as u32, new as u32)))
            .collect();
        self.world.timers.renumber(|node| renumbered.get(&node).copied());
        self.hearing.change(self.world.queue.len());
        self.install(program, nodes);
    }

    fn keep_outputs(&mut self, program: &mut Program, new: usize, old: usize) {
        let from = self.cells[old].first_output as usize;
        let to = program.nodes[new].first_output as usize;
        for at in 0..self.cells[old].output_count as usize {
            // Function Outputs of one call have the same slots, so it stays for the next of them.
            program.slots[to + at] = self.slots[from + at].clone();
        }
    }

    /// Keeps what calls have handed in and got back, also when the nodes of the function that put it there are others now.
    fn keep_calls(&self, program: &mut Program) {
        for (path, new) in &program.calls {
            let Some(old) = self.calls.get(path).filter(|old| old.function == new.function) else {
                continue;
            };
            for (new, old) in [(&new.inputs, &old.inputs), (&new.outputs, &old.outputs)] {
                for (at, socket) in new.sockets.iter().enumerate() {
                    if let Some(before) = old.sockets.iter().position(|before| before == socket) {
                        let value = self.slots[old.first as usize + before].clone();
                        program.slots[new.first as usize + at] = value;
                    }
                }
            }
        }
    }

    /// Drops every node of `plugin` and puts a placeholder in its place, before the plugin is deactivated.
    pub fn detach(&mut self, plugin: &str) {
        self.drop_nodes(|info| match info.plugin.as_deref() == Some(plugin) {
            true => Some(NodeInfo {
                placeholder: true,
                ..info.clone()
            }),
            false => None,
        });
    }

    /// Drops all nodes of a scene that ends, and forgets its variables, so that the next program begins the scene anew.
    pub(crate) fn end_scene(&mut self, scene: &str) {
        self.keep();
        let nowhere: Arc<str> = Arc::from("");
        self.drop_nodes(|info| match scene_of(&info.graph) == Some(scene) {
            // No node of the next program is called so, and none goes on as this one.
            true => Some(NodeInfo {
                graph: Arc::clone(&nowhere),
                ..info.clone()
            }),
            false => None,
        });
        self.variables.retain(|name, _| scene_of(name) != Some(scene));
        self.calls.retain(|path, _| scene_of(path) != Some(scene));
    }

    /// Puts placeholders in the place of nodes: of each for which `dropped` says what is known about it then.
    fn drop_nodes(&mut self, dropped: impl Fn(&NodeInfo) -> Option<NodeInfo>) {
        let mut infos = self.world.infos.to_vec();
        for (cell, info) in self.cells.iter_mut().zip(&mut infos) {
            if let Some(dropped) = dropped(info) {
                cell.node = Box::new(Placeholder);
                *info = dropped;
            }
        }
        self.world.infos = infos.into();
    }

    pub(super) fn install(&mut self, program: Program, nodes: Vec<Box<dyn EngineNode>>) {
        self.cells = program
            .nodes
            .iter()
            .zip(nodes)
            .map(|(place, node)| Cell {
                node,
                first_input: place.first_input,
                input_count: place.input_count,
                first_output: place.first_output,
                output_count: place.output_count,
                first_next: place.first_next,
                next_count: place.next_count,
                waits: false,
            })
            .collect();
        self.world.listeners = listen(&program, &self.world.events);
        self.slots = program.slots;
        self.inputs = program.inputs;
        self.next = program.next;
        self.variables = program.variables;
        self.calls = program.calls;
        self.world.infos = program.infos.into();
        self.world.silence_unsubscribed();
        self.watch.install(&self.world.infos);
    }
}

/// Makes it known to whoever emits that `program` listens, and returns its listeners.
pub(crate) fn listen(program: &Program, events: &Events) -> Listeners {
    let mut listeners: FxHashMap<EventId, (Vec<u32>, Wanted)> = FxHashMap::default();
    let mut listen = |event, node, wanted| {
        let (nodes, all_wanted) = listeners.entry(event).or_default();
        nodes.push(node);
        *all_wanted = all_wanted.or(wanted);
    };
    let is_read = read_slots(program);
    for listener in &program.listeners {
        let event = events.number(&listener.node_type, &listener.key);
        listen(event, listener.node, wanted(program, listener, &is_read));
    }
    for (at, info) in program.infos.iter().enumerate() {
        if let Some(event) = info.own_event.filter(|_| info.runs) {
            listen(event, at as u32, Wanted::EVERYTHING);
        }
    }
    events.listen(
        listeners
            .iter()
            .map(|(&event, (_, wanted))| (event, *wanted))
            .collect(),
    );
    Listeners::new(listeners.into_iter().map(|(event, (nodes, _))| (event, nodes)))
}

/// For each slot, whether any input reads it.
fn read_slots(program: &Program) -> Vec<bool> {
    let mut is_read = vec![false; program.slots.len()];
    for &slot in &program.inputs {
        is_read[slot as usize] = true;
    }
    is_read
}

/// What the listener wants of its event: of a node without behaviour, the outputs that somebody reads.
fn wanted(program: &Program, listener: &Listener, is_read: &[bool]) -> Wanted {
    if !listener.passes {
        return Wanted::EVERYTHING;
    }
    let place = &program.nodes[listener.node as usize];
    let outputs = &is_read[place.first_output as usize..][..place.output_count as usize];
    let read = outputs.iter().enumerate().filter(|(_, is_read)| **is_read);
    read.fold(Wanted::HEARD_ONLY, |wanted, (at, _)| wanted.with_value(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::NodePlace;

    /// Two event nodes of one type with two outputs each, and a node that reads the second output of the first.
    fn program(passes: bool) -> Program {
        let event_node = |first_output| NodePlace {
            first_output,
            output_count: 2,
            ..NodePlace::default()
        };
        let reader = NodePlace {
            input_count: 1,
            first_output: 4,
            ..NodePlace::default()
        };
        let listener = |node, key: &str| Listener {
            node_type: "p.on_event".to_owned(),
            key: key.to_owned(),
            node,
            passes,
        };
        Program {
            slots: vec![Default::default(); 4],
            nodes: vec![event_node(0), event_node(2), reader],
            inputs: vec![1],
            listeners: vec![listener(0, "a"), listener(1, "b"), listener(1, "a")],
            ..Program::default()
        }
    }

    #[test]
    fn only_values_of_wired_outputs_are_wanted() {
        let events = Events::default();
        let listeners = listen(&program(true), &events);
        let [a, b] = ["a", "b"].map(|key| events.number("p.on_event", key));
        assert_eq!(events.wanted(a), Wanted::NOTHING.with_value(1));
        assert_eq!(events.wanted(b), Wanted::HEARD_ONLY);
        assert_eq!(events.wanted(events.new_number()), Wanted::NOTHING);
        let nodes = |event| {
            listeners
                .of(event)
                .filter_map(|place| listeners.node(place))
                .collect::<Vec<_>>()
        };
        assert_eq!(nodes(a), [0, 1]);
        assert_eq!(nodes(b), [1]);
    }

    #[test]
    fn a_node_with_behaviour_may_read_all_values() {
        let events = Events::default();
        listen(&program(false), &events);
        assert_eq!(
            events.wanted(events.number("p.on_event", "b")),
            Wanted::EVERYTHING
        );
    }
}
