//! Pulses that can never end: a ring of nodes that have one pulse output each.
//!
//! A ring through a node with a choice (Branch, a loop, a timeout) may end and is left to the step budget.

use pulsewire_plugin_api::manifest::NodeKind;

use super::{Program, functions::Use, lay::Place, sheet::Draft};
use crate::diagnostics::{Fault, Faults};

/// Finds every such ring and names it once, also one within a function that is called several times.
pub(super) fn check(uses: &[Use<'_>], places: &[Vec<Place>], program: &Program, faults: &mut Faults) {
    let drafts = uses.iter().zip(places);
    let drafts = drafts.flat_map(|(one, places)| one.sheet.drafts.iter().zip(places));
    let by_number: Vec<&Draft<'_>> = drafts
        .filter(|(_, place)| place.number.is_some())
        .map(|(draft, _)| draft)
        .collect();
    let next = |number: usize| -> Option<usize> {
        let place = &program.nodes[number];
        let unconditional = by_number[number].kind() == Some(NodeKind::Action) && place.next_count == 1;
        let target = program.next[place.first_next as usize..]
            .first()
            .filter(|_| unconditional)?;
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
        let hint = "remove a wire, or put a `utilities.start_timeout` or a `flow_control.branch` in between";
        let fault = by_number[first].fault(message).hint(hint);
        if !found.contains(&fault) {
            found.push(fault);
        }
    }
    found.into_iter().for_each(|fault| faults.push(fault));
}
