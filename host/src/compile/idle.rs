//! Nodes that are right and yet never run: warnings, because the project runs without them.

use std::collections::HashSet;

use super::{
    hints,
    sheet::{Draft, Sheet, positions},
};
use crate::{
    diagnostics::{Fault, Faults, Severity},
    logic::Graph,
    toolbox::Origin,
};

/// Warns of each node of one graph that takes pulses, but into which no wire leads one.
pub(super) fn warn_unreached(graph: &Graph, drafts: &[Draft<'_>], faults: &mut Faults) {
    let positions = positions(drafts);
    let is_data = |node: &str, socket: &str| {
        let draft = positions.get(node).map(|at| &drafts[*at]);
        draft.is_some_and(|draft| draft.shape.inputs.iter().any(|input| input.id == socket))
    };
    // A wire at fault counts too: its own fault says enough.
    let ends = graph.wires.iter().map(|wire| &wire.to.value);
    let pulsed: HashSet<&str> = ends
        .filter(|end| !is_data(&end.node, &end.socket))
        .map(|end| end.node.as_str())
        .collect();
    for draft in drafts {
        let id = &draft.node.id;
        let pulses = &draft.shape.pulse_inputs;
        if !draft.node.enabled || pulses.is_empty() || pulsed.contains(id.value.as_str()) {
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
        let hint = "wire a pulse output to it, or set `enabled = false`";
        faults.push(fault.hint(hint).at_node(&graph.id, &id.value));
    }
}

/// Warns once of each used node type whose plugin is off or failed.
pub(super) fn warn_unavailable(sheets: &[Sheet<'_>], faults: &mut Faults) {
    let mut warned = HashSet::new();
    for draft in sheets.iter().flat_map(|sheet| &sheet.drafts) {
        let Some(entry) = draft.entry else { continue };
        let Origin::Unavailable { plugin, reason } = &entry.origin else {
            continue;
        };
        let id = entry.node_type.id.as_str();
        if !warned.insert(id) {
            continue;
        }
        let is = hints::standing(reason);
        let message = format!("node type `{id}`: plugin `{plugin}` {is}; its nodes will not run");
        faults.push(Fault {
            severity: Severity::Warning,
            ..draft.fault(message).hint(hints::unavailable(plugin, reason))
        });
    }
}
