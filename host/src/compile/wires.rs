//! Wires: both ends must exist, point the right way, carry the same, and not be taken.

use rustc_hash::FxHashMap;

use super::{
    hints,
    shape::Shape,
    sheet::{Draft, accepts, positions},
};
use crate::{
    diagnostics::{Fault, Faults, Span, nearest, suggestion},
    logic::{ANY_END, End, Graph, Spanned},
};

/// Where a wire ends at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Socket {
    Pulse(usize),
    Data(usize),
}

/// Joins the drafts of one graph.
pub(super) fn join(graph: &Graph, drafts: &mut [Draft<'_>], faults: &mut Faults) {
    let positions = positions(drafts);
    let mut taken: FxHashMap<(usize, Socket, bool), &Span> = FxHashMap::default();
    for wire in &graph.wires {
        let from = find(graph, drafts, &positions, &wire.from, true, faults);
        let to = find(graph, drafts, &positions, &wire.to, false, faults);
        let (Some((source, out)), Some((target, input))) = (from, to) else {
            continue;
        };
        match (out, input) {
            (Socket::Pulse(output), Socket::Pulse(pulse)) => {
                if is_free(&mut taken, (source, out, true), graph, &wire.from, faults) {
                    drafts[source].pulses[output] = Some((target, pulse));
                }
            }
            (Socket::Data(output), Socket::Data(at)) => {
                let given = drafts[source].shape.outputs[output].data_type;
                let wanted = drafts[target].shape.inputs[at].data_type;
                if !accepts(wanted, given) {
                    let message = format!(
                        "`{}` is {given}, but `{}` takes {wanted}",
                        wire.from.value, wire.to.value
                    );
                    let fault = Fault::error(&graph.source, &wire.from.span, message);
                    let hint = "put a `utilities.conversion` between them";
                    faults.push(fault.hint(hint).at_node(&graph.id, &wire.to.value.node));
                } else if is_free(&mut taken, (target, input, false), graph, &wire.to, faults) {
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
                    wire.from.value,
                    word(out),
                    wire.to.value,
                    word(input)
                );
                let fault = Fault::error(&graph.source, &wire.from.span, message);
                faults.push(fault.at_node(&graph.id, &wire.to.value.node));
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

/// The place that `end` names; a node of a missing plugin has no places, and no fault either.
fn find(
    graph: &Graph,
    drafts: &[Draft<'_>],
    positions: &FxHashMap<&str, usize>,
    end: &Spanned<End>,
    is_output: bool,
    faults: &mut Faults,
) -> Option<(usize, Socket)> {
    let End { node, socket } = &end.value;
    let Some(&at) = positions.get(node.as_str()) else {
        let fault = Fault::error(&graph.source, &end.span, format!("there is no node `{node}`"));
        faults.push(Fault {
            hint: nearest_node(node, drafts, faults.len()),
            ..fault
        });
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
    let mut elsewhere: Vec<&str> = if is_output {
        inputs().collect()
    } else {
        outputs().collect()
    };
    elsewhere.extend(
        (if is_output {
            &shape.pulse_inputs
        } else {
            &shape.pulse_outputs
        })
        .iter()
        .map(String::as_str),
    );
    let message = if elsewhere.contains(&socket.as_str()) {
        format!(
            "`{}` is an {other}, but a wire goes from an output to an input",
            end.value
        )
    } else {
        format!("there is no {word} `{socket}`")
    };
    let sockets = if is_output {
        &node_type.outputs
    } else {
        &node_type.inputs
    };
    let known = pulses.iter().map(String::as_str).chain(data.iter().copied());
    let is_near = nearest(socket, data.iter().copied()).is_some();
    let hint = hints::repeated(socket, sockets, &shape.attributes)
        .or_else(|| hints::takes_no_pulse(node_type).filter(|_| !is_output && !is_near))
        .or_else(|| suggestion(socket, known));
    let fault = Fault::error(&graph.source, &end.span, message).at_node(&graph.id, node);
    faults.push(Fault { hint, ..fault });
    None
}

/// What an end may be that names a node and no socket.
fn socket_hint(node: &str, shape: &Shape, is_output: bool) -> String {
    let ids: Vec<&str> = match is_output {
        true => {
            let data = shape.outputs.iter().map(|output| output.id.as_str());
            shape
                .pulse_outputs
                .iter()
                .map(String::as_str)
                .chain(data)
                .collect()
        }
        false => {
            let data = shape.inputs.iter().map(|input| input.id.as_str());
            shape
                .pulse_inputs
                .iter()
                .map(String::as_str)
                .chain(data)
                .collect()
        }
    };
    let ends: Vec<String> = ids.iter().take(12).map(|id| format!("`{node}.{id}`")).collect();
    match ends.as_slice() {
        [] => ANY_END.to_owned(),
        [only] => format!("write {only}"),
        _ => format!("write one of {}", ends.join(", ")),
    }
}

/// A suggestion for a misspelt node; a file with very many faults gets none, because each looks at every node.
fn nearest_node(id: &str, drafts: &[Draft<'_>], faults: usize) -> Option<String> {
    const MANY_FAULTS: usize = 50;
    (faults < MANY_FAULTS).then(|| suggestion(id, drafts.iter().map(|draft| draft.node.id.value.as_str())))?
}
