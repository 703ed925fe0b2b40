//! Pulses that can never end: a ring of nodes that have one pulse output each.
//!
//! A ring through a node with a choice (Branch, a loop, a timeout) may end and is left to the step budget.

use pulsewire_plugin_api::manifest::NodeKind;

use super::{Program, graph::Draft};
use crate::diagnostics::Faults;

/// Finds every such ring and names it once.
pub(super) fn check(drafts: &[Draft<'_>], program: &Program, faults: &mut Faults) {
    let by_number: Vec<&Draft<'_>> = drafts.iter().filter(|draft| draft.number.is_some()).collect();
    let next = |number: usize| -> Option<usize> {
        let draft = by_number[number];
        let unconditional = draft.kind() == Some(NodeKind::Action) && draft.pulses.len() == 1;
        let target = program.next[program.nodes[number].first_next as usize..]
            .first()
            .filter(|_| unconditional)?;
        (!target.is_none()).then_some(target.node as usize)
    };
    // The walk that first came to a node; a walk that meets itself has found a ring.
    let mut walk_of = vec![usize::MAX; by_number.len()];
    for start in 0..by_number.len() {
        let mut at = Some(start);
        while let Some(number) = at.filter(|&number| walk_of[number] == usize::MAX) {
            walk_of[number] = start;
            at = next(number);
        }
        let Some(first) = at.filter(|&number| walk_of[number] == start) else {
            continue;
        };
        let mut ring = vec![first];
        ring.extend(
            std::iter::successors(next(first), |&number| next(number)).take_while(|&number| number != first),
        );
        let names: Vec<&str> = ring
            .iter()
            .chain([&first])
            .map(|&at| by_number[at].node.id.value.as_str())
            .collect();
        let message = format!("the pulse goes round without end: {}", names.join(" → "));
        let hint = "remove a wire, or put a `utilities.start_timeout` or a `flow_control.branch` in between";
        faults.push(by_number[first].fault(message).hint(hint));
    }
}
