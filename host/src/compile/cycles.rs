//! Pulses that can never end: a ring of nodes that have one pulse output each, or of timers from On Start on.
//!
//! A ring through a node with a choice (Branch, a loop) may end and is left to the step budget; one through a timer's other
//! outputs leaves time for everything else.

use pulsewire_plugin_api::manifest::NodeKind;

use super::{Program, functions::Use, lay::Place, sheet::Draft};
use crate::{
    diagnostics::{Fault, Faults},
    nodes::START_TIMEOUT,
};

/// Finds every such ring and names it once, also one within a function that is called several times.
pub(super) fn check(uses: &[Use<'_>], places: &[Vec<Place>], program: &Program, faults: &mut Faults) {
    let drafts = uses.iter().zip(places);
    let drafts = drafts.flat_map(|(one, places)| one.sheet.drafts.iter().zip(places));
    let by_number: Vec<&Draft<'_>> = drafts
        .filter(|(_, place)| place.number.is_some())
        .map(|(draft, _)| draft)
        .collect();
    let next = |number: usize| -> Option<usize> {
        let (place, draft) = (&program.nodes[number], by_number[number]);
        let only = (place.next_count == 1).then_some(0);
        let output = draft.on_start().or(only)?;
        let is_pulsed = draft.kind() == Some(NodeKind::Action);
        let target = program.next[place.first_next as usize + output..]
            .first()
            .filter(|_| is_pulsed)?;
        (!target.is_none()).then_some(target.node as usize)
    };
    // The walk that first came to a node; a walk that meets itself has found a ring.
    let mut walk_of = vec![usize::MAX; by_number.len()];
    let mut found: Vec<Fault> = Vec::new();
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
        let timer = ring.iter().find(|&&at| by_number[at].on_start().is_some());
        let hint = match timer {
            Some(&at) => {
                let id = &by_number[at].node.id.value;
                format!("lead the ring through `out` of `{id}`, which fires later")
            }
            None => {
                format!("remove a wire, or put a `{START_TIMEOUT}` or a `flow_control.branch` in between")
            }
        };
        let fault = by_number[first].fault(message).hint(hint);
        if !found.contains(&fault) {
            found.push(fault);
        }
    }
    found.into_iter().for_each(|fault| faults.push(fault));
}
