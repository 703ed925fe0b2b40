//! Wires: both ends must exist, point the right way, carry the same, and not be taken.

use rustc_hash::FxHashMap;

use pulsewire_plugin_api::manifest::{self, NodeType};

use super::{
    hints,
    shape::Shape,
    sheet::{Draft, accepts, positions},
};
use crate::{
    diagnostics::{Fault, Faults, Span, nearest, suggestion},
    logic::{ANY_END, End, Graph, Spanned},
};

const SWAP: &str = "swap `from` and `to`";

/// Where a wire ends at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Socket {
    Pulse(usize),
    Data(usize),
}

/// The graph of the wires, and all that there are.
struct Graphs<'a> {
    graph: &'a Graph,
    all: &'a [&'a Graph],
}

/// Joins the drafts of one graph.
pub(super) fn join(graph: &Graph, all: &[&Graph], drafts: &mut [Draft<'_>], faults: &mut Faults) {
    let positions = positions(drafts);
    let mut taken: FxHashMap<(usize, Socket, bool), &Span> = FxHashMap::default();
    for wire in &graph.wires {
        let place = Graphs { graph, all };
        let (from, to) = match (&wire.from, &wire.to) {
            (Some(from), Some(to)) => (from, to),
            // Its other end is told already.
            (Some(from), None) => {
                find(&place, drafts, &positions, (from, None), true, faults);
                continue;
            }
            (None, Some(to)) => {
                find(&place, drafts, &positions, (to, None), false, faults);
                continue;
            }
            (None, None) => continue,
        };
        if is_swapped((&from.value, &to.value), drafts, &positions) {
            let message = format!(
                "`{}` is an input, but a wire goes from an output to an input",
                from.value
            );
            let fault = Fault::error(&graph.source, &from.span, message).hint(SWAP);
            faults.push(fault.at_node(&graph.id, &from.value.node));
            continue;
        }
        let found = find(&place, drafts, &positions, (from, Some(to)), true, faults);
        let target = find(&place, drafts, &positions, (to, Some(from)), false, faults);
        let (Some((source, out)), Some((target, input))) = (found, target) else {
            continue;
        };
        match (out, input) {
            (Socket::Pulse(output), Socket::Pulse(pulse)) => {
                if is_free(&mut taken, (source, out, true), graph, from, faults) {
                    drafts[source].pulses[output] = Some((target, pulse));
                }
            }
            (Socket::Data(output), Socket::Data(at)) => {
                let given = drafts[source].shape.outputs[output].data_type;
                let wanted = drafts[target].shape.inputs[at].data_type;
                if !accepts(wanted, given) {
                    if may_be_another(&drafts[source], &from.value.socket, true)
                        || may_be_another(&drafts[target], &to.value.socket, false)
                    {
                        continue;
                    }
                    let message = format!("`{}` is {given}, but `{}` takes {wanted}", from.value, to.value);
                    let fault = Fault::error(&graph.source, &from.span, message);
                    let hint = "put a `utilities.conversion` between them";
                    faults.push(fault.hint(hint).at_node(&graph.id, &to.value.node));
                } else if is_free(&mut taken, (target, input, false), graph, to, faults) {
                    drafts[target].wired[at] = Some((source, output));
                }
            }
            (out, _) => {
                let word = |socket| {
                    if matches!(socket, Socket::Pulse(_)) {
                        "a pulse"
                    } else {
                        "data"
                    }
                };
                let message = format!(
                    "`{}` carries {}, but `{}` takes {}",
                    from.value,
                    word(out),
                    to.value,
                    word(input)
                );
                let hint = fitting(&drafts[target], out);
                let fault = Fault::error(&graph.source, &from.span, message).hint(hint);
                faults.push(fault.at_node(&graph.id, &to.value.node));
            }
        }
    }
}

/// A pulse output and a data input take one wire each.
fn is_free<'a>(
    taken: &mut FxHashMap<(usize, Socket, bool), &'a Span>,
    place: (usize, Socket, bool),
    graph: &Graph,
    end: &'a Spanned<End>,
    faults: &mut Faults,
) -> bool {
    let Some(first) = taken.insert(place, &end.span) else {
        return true;
    };
    let (line, _) = graph.source.position(first.start);
    let is_output = place.2;
    let (what, hint) = if is_output {
        (
            "pulse output",
            "to start several branches, wire it to a `flow_control.sequential`",
        )
    } else {
        (
            "input",
            "to choose between values, wire them to a `flow_control.select_data`",
        )
    };
    let message = format!("{what} `{}` already has a wire, in line {line}", end.value);
    let fault = Fault::error(&graph.source, &end.span, message).hint(hint);
    faults.push(fault.at_node(&graph.id, &end.value.node));
    false
}

/// The place that `end` names; a node of a missing plugin has no places, and no fault either. `other` is the wire's other
/// end, unless that is at fault.
fn find(
    &Graphs { graph, all }: &Graphs<'_>,
    drafts: &[Draft<'_>],
    positions: &FxHashMap<&str, usize>,
    (end, other): (&Spanned<End>, Option<&Spanned<End>>),
    is_output: bool,
    faults: &mut Faults,
) -> Option<(usize, Socket)> {
    let End { node, socket } = &end.value;
    let Some(&at) = positions.get(node.as_str()) else {
        // A node that is there, but at fault, is not missing.
        let is_nameless = || {
            let known = drafts.iter().map(|draft| draft.node.id.value.as_str());
            graph.unsound.is_partial("node") && nearest(node, known).is_none()
        };
        if graph.unsound.nodes.contains(node) || is_nameless() {
            return None;
        }
        let mut fault = Fault::error(&graph.source, &end.span, format!("there is no node `{node}`"));
        if let Some(other) = other {
            fault = fault.at_node(&graph.id, &other.value.node);
        }
        let hint = nearest_node(node, drafts, all, faults.len())
            .unwrap_or_else(|| "a wire joins nodes of the same file; remove it, or add the node".to_owned());
        faults.push(fault.hint(hint));
        return None;
    };
    let draft = &drafts[at];
    let shape = &draft.shape;
    if socket.is_empty() {
        let message = format!("expected `node.socket`, found `{node}`");
        let fault = Fault::error(&graph.source, &end.span, message).hint(socket_hint(node, shape, is_output));
        faults.push(fault.at_node(&graph.id, node));
        return None;
    }
    let node_type = &draft.entry?.node_type;
    let outputs = || shape.outputs.iter().map(|output| output.id.as_str());
    let inputs = || shape.inputs.iter().map(|input| input.id.as_str());
    let (pulses, data): (_, Vec<&str>) = match is_output {
        true => (&shape.pulse_outputs, outputs().collect()),
        false => (&shape.pulse_inputs, inputs().collect()),
    };
    if let Some(pulse) = pulses.iter().position(|id| id == socket) {
        return Some((at, Socket::Pulse(pulse)));
    }
    if let Some(place) = data.iter().position(|id| *id == socket.as_str()) {
        return Some((at, Socket::Data(place)));
    }
    let (word, other) = if is_output {
        ("output", "input")
    } else {
        ("input", "output")
    };
    let is_backwards = has(shape, !is_output, socket);
    if !is_backwards && is_uncertain(shape, is_output) && sockets_vary(node_type, is_output) {
        return None;
    }
    let message = if is_backwards {
        format!(
            "`{}` is an {other}, but a wire goes from an output to an input",
            end.value
        )
    } else {
        format!("there is no {word} `{socket}`")
    };
    let described = if is_output {
        &node_type.outputs
    } else {
        &node_type.inputs
    };
    let known = pulses.iter().map(String::as_str).chain(data.iter().copied());
    let is_near = nearest(socket, data.iter().copied()).is_some();
    let hint = hints::repeated(socket, described, &shape.attributes)
        .or_else(|| hints::takes_no_pulse(node_type).filter(|_| !is_output && !is_near))
        .or_else(|| is_backwards.then(|| SWAP.to_owned()))
        .or_else(|| suggestion(socket, known))
        .unwrap_or_else(|| format!("`pulsewire toolbox show {}` names them all", node_type.id));
    let fault = Fault::error(&graph.source, &end.span, message).at_node(&graph.id, node);
    faults.push(fault.hint(hint));
    None
}

/// Whether attributes decide which outputs or inputs there are.
fn sockets_vary(node_type: &NodeType, is_output: bool) -> bool {
    described(node_type, is_output)
        .iter()
        .any(|socket| !socket.repeat.is_empty())
}

fn described(node_type: &NodeType, is_output: bool) -> &[manifest::Socket] {
    match is_output {
        true => &node_type.outputs,
        false => &node_type.inputs,
    }
}

fn is_uncertain(shape: &Shape, is_output: bool) -> bool {
    match is_output {
        true => shape.uncertain_outputs,
        false => shape.uncertain_inputs,
    }
}

/// Whether the socket `id` may be of another type than it seems, because of a fault that is told already.
fn may_be_another(draft: &Draft<'_>, id: &str, is_output: bool) -> bool {
    let is_fixed = |socket: &manifest::Socket| {
        socket.id == *id && socket.typed_by.is_empty() && socket.repeat.is_empty()
    };
    let is_fixed = draft
        .entry
        .is_some_and(|entry| described(&entry.node_type, is_output).iter().any(is_fixed));
    !is_fixed && is_uncertain(&draft.shape, is_output)
}

/// The ids of all outputs or inputs.
fn sockets(shape: &Shape, is_output: bool) -> Vec<&str> {
    match is_output {
        true => ids(&shape.pulse_outputs, &shape.outputs, |output| &output.id),
        false => ids(&shape.pulse_inputs, &shape.inputs, |input| &input.id),
    }
}

/// Whether there is such an output or input. Asked for every wire, so it gathers nothing.
fn has(shape: &Shape, is_output: bool, id: &str) -> bool {
    match is_output {
        true => {
            shape.pulse_outputs.iter().any(|pulse| pulse == id)
                || shape.outputs.iter().any(|output| output.id == id)
        }
        false => {
            shape.pulse_inputs.iter().any(|pulse| pulse == id)
                || shape.inputs.iter().any(|input| input.id == id)
        }
    }
}

/// Whether both ends are right, but in each other's place.
fn is_swapped((from, to): (&End, &End), drafts: &[Draft<'_>], positions: &FxHashMap<&str, usize>) -> bool {
    let is_only = |end: &End, is_output: bool| {
        let shape = positions.get(end.node.as_str()).map(|at| &drafts[*at].shape);
        shape.is_some_and(|shape| has(shape, is_output, &end.socket) && !has(shape, !is_output, &end.socket))
    };
    is_only(from, false) && is_only(to, true)
}

/// What an end may be that names a node and no socket.
fn socket_hint(node: &str, shape: &Shape, is_output: bool) -> String {
    let sockets = sockets(shape, is_output);
    choice(node, &sockets).unwrap_or_else(|| ANY_END.to_owned())
}

/// For a pulse that leads into data, and the other way round: the inputs of the same kind.
fn fitting(target: &Draft<'_>, out: Socket) -> String {
    let (node, shape) = (&target.node.id.value, &target.shape);
    let inputs = match out {
        Socket::Pulse(_) => ids(&shape.pulse_inputs, &[], String::as_str),
        Socket::Data(_) => ids(&[], &shape.inputs, |input| &input.id),
    };
    choice(node, &inputs).unwrap_or_else(|| format!("`{node}` takes no such wire; remove it"))
}

fn ids<'s, T>(pulses: &'s [String], data: &'s [T], id: impl Fn(&'s T) -> &'s str) -> Vec<&'s str> {
    pulses
        .iter()
        .map(String::as_str)
        .chain(data.iter().map(id))
        .collect()
}

fn choice(node: &str, sockets: &[&str]) -> Option<String> {
    let ends: Vec<String> = sockets
        .iter()
        .take(12)
        .map(|id| format!("`{node}.{id}`"))
        .collect();
    match ends.as_slice() {
        [] => None,
        [only] => Some(format!("write {only}")),
        _ => Some(format!("write one of {}", ends.join(", "))),
    }
}

/// What to do about a node that is not there: it is misspelt, or stands in another file. With very many faults nothing is
/// said, because each looks at every node.
fn nearest_node(id: &str, drafts: &[Draft<'_>], all: &[&Graph], faults: usize) -> Option<String> {
    const MANY_FAULTS: usize = 50;
    if faults >= MANY_FAULTS {
        return None;
    }
    let ids = || drafts.iter().map(|draft| draft.node.id.value.as_str());
    if nearest(id, ids()).is_none() {
        let has_it = |graph: &&&Graph| graph.nodes.iter().any(|node| node.id.value == id);
        if let Some(other) = all.iter().find(has_it) {
            let file = other.source.path.display();
            return Some(format!(
                "it stands in {file}; a wire joins nodes of one file, an event goes from one to another"
            ));
        }
    }
    suggestion(id, ids())
}
