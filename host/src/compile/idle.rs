//! Nodes that are right and yet never run: warnings, because the project runs without them.

use std::collections::HashMap;

use indexmap::IndexMap;
use pulsewire_plugin_api::manifest::NodeKind;

use super::{
    hints,
    sheet::{Draft, Sheet, positions},
};
use crate::{
    diagnostics::{Fault, Faults, Severity},
    logic::Graph,
    toolbox::{Origin, Toolbox},
};

/// Warns of each node of one graph that takes pulses, but into which no wire leads one.
pub(super) fn warn_unreached(graph: &Graph, drafts: &[Draft<'_>], faults: &mut Faults) {
    // Any node may be what a wire or node at fault is about.
    if graph.unsound.is_partial("wire") || graph.unsound.is_partial("node") {
        return;
    }
    let positions = positions(drafts);
    let is_data = |node: &str, socket: &str| {
        let draft = positions.get(node).map(|at| &drafts[*at]);
        draft.is_some_and(|draft| draft.shape.inputs.iter().any(|input| input.id == socket))
    };
    // A wire at fault counts too: its own fault says enough.
    let ends = graph
        .wires
        .iter()
        .filter_map(|wire| Some(&wire.to.as_ref()?.value));
    let mut pulsed: HashMap<&str, usize> = HashMap::new();
    for end in ends.filter(|end| !is_data(&end.node, &end.socket)) {
        *pulsed.entry(&end.node).or_default() += 1;
    }
    for draft in drafts {
        let id = &draft.node.id;
        let pulses = &draft.shape.pulse_inputs;
        if !draft.node.enabled || pulses.is_empty() || pulsed.contains_key(id.value.as_str()) {
            continue;
        }
        let pulses: Vec<String> = pulses
            .iter()
            .map(|pulse| format!("`{}.{pulse}`", id.value))
            .collect();
        let fault = Fault::warning(
            &graph.source,
            &id.span,
            format!("nothing pulses {}", pulses.join(" or ")),
        );
        faults.push(fault.hint(NEEDS_A_PULSE).at_node(&graph.id, &id.value));
    }
    warn_closed_rings(drafts, &pulsed, faults);
}

const NEEDS_A_PULSE: &str = "wire a pulse output to it, or set `enabled = false`";

/// Warns of each ring into which no pulse leads from outside. What follows it does not run either, and is not named: one
/// wire mends it all.
fn warn_closed_rings(drafts: &[Draft<'_>], pulsed: &HashMap<&str, usize>, faults: &mut Faults) {
    let mut into = vec![Vec::new(); drafts.len()];
    for (from, draft) in drafts.iter().enumerate() {
        for (to, _) in draft.pulses.iter().flatten() {
            into[*to].push(from);
        }
    }
    // Of a node without wires something else was said, or it starts by itself; a wire at fault may be what reaches it.
    let mut reached = vec![false; drafts.len()];
    let starts = |at: usize| {
        let wires = pulsed
            .get(drafts[at].node.id.value.as_str())
            .copied()
            .unwrap_or_default();
        into[at].is_empty() || into[at].len() < wires || drafts[at].kind() != Some(NodeKind::Action)
    };
    (0..drafts.len())
        .filter(|at| starts(*at))
        .for_each(|at| reach(at, drafts, &mut reached));
    for first in 0..drafts.len() {
        if reached[first] {
            continue;
        }
        // Backwards from any such node there is nothing but other such nodes, and so in the end a ring.
        let mut trail = vec![first];
        let ring = loop {
            let before = into[trail[trail.len() - 1]][0];
            if let Some(at) = trail.iter().position(|known| *known == before) {
                break trail.split_off(at);
            }
            trail.push(before);
        };
        reach(ring[0], drafts, &mut reached);
        let mut ring = ring;
        ring.reverse();
        let is_endless = ring
            .iter()
            .zip(ring.iter().cycle().skip(1))
            .all(|(from, to)| leads_on(&drafts[*from], *to));
        let is_off = ring.iter().any(|at| !drafts[*at].node.enabled);
        if is_endless || is_off {
            // An error of its own; or meant so.
            continue;
        }
        let earliest = ring
            .iter()
            .enumerate()
            .min_by_key(|(_, at)| **at)
            .map_or(0, |(place, _)| place);
        ring.rotate_left(earliest);
        let ring: Vec<&Draft<'_>> = ring.iter().map(|at| &drafts[*at]).collect();
        let names = ring.iter().chain([&ring[0]]);
        let names: Vec<&str> = names.map(|draft| draft.node.id.value.as_str()).collect();
        let message = format!(
            "no event reaches it; it is only pulsed in a ring: {}",
            names.join(" → ")
        );
        let (graph, id) = (ring[0].graph, &ring[0].node.id);
        let fault = Fault::warning(&graph.source, &id.span, message).hint(NEEDS_A_PULSE);
        faults.push(fault.at_node(&graph.id, &id.value));
    }
}

/// Whether each pulse at `from` goes on to the draft `to` in the same branch.
fn leads_on(from: &Draft<'_>, to: usize) -> bool {
    let only = (from.pulses.len() == 1).then_some(0);
    let output = from.on_start().or(only);
    let target = output.and_then(|output| from.pulses[output]);
    target.is_some_and(|(target, _)| target == to)
}

/// Marks all that a pulse from `first` can come to.
fn reach(first: usize, drafts: &[Draft<'_>], reached: &mut [bool]) {
    let mut open = vec![first];
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            open.extend(drafts[at].pulses.iter().flatten().map(|(to, _)| *to));
        }
    }
}

/// Warns once of each used node type whose plugin is off, failed or missing, as its nodes wait for it.
pub(super) fn warn_unavailable(sheets: &[Sheet<'_>], toolbox: &Toolbox, faults: &mut Faults) {
    let mut absent: IndexMap<&str, Vec<&Draft<'_>>> = IndexMap::new();
    for draft in sheets.iter().flat_map(|sheet| &sheet.drafts) {
        let id = draft.node.node_type.value.as_str();
        let is_absent = match draft.entry {
            Some(entry) => !entry.is_available(),
            None => !toolbox.is_misspelt(id),
        };
        if is_absent {
            absent.entry(id).or_default().push(draft);
        }
    }
    for (id, drafts) in absent {
        let prefix = id.split_once('.').map_or("", |(prefix, _)| prefix);
        let (plugin, reason) = match drafts[0].entry.map(|entry| &entry.origin) {
            Some(Origin::Unavailable { plugin, reason }) => (plugin.as_str(), Some(reason.as_str())),
            _ => (prefix, toolbox.broken(prefix)),
        };
        let (is, hint) = match reason {
            Some(reason) => (hints::standing(reason), hints::unavailable(plugin, reason)),
            None => (
                "is not installed".into(),
                hints::missing_plugin(id, plugin, toolbox),
            ),
        };
        let nodes = match drafts.len() {
            1 => "the node".to_owned(),
            count => format!("its {count} nodes"),
        };
        let message = format!("node type `{id}`: plugin `{plugin}` {is}; {nodes} will not run");
        faults.push(Fault {
            severity: Severity::Warning,
            ..drafts[0].fault(message).hint(hint)
        });
    }
}
