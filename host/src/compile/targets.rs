//! The next node of every pulse output, with Enabled and Pulse Pass Through already decided.

use super::{Program, Target, graph::Draft};

/// Lays the targets of one node into the program.
pub(super) fn lay(draft: &Draft<'_>, drafts: &[Draft<'_>], program: &mut Program) {
    let Some(number) = draft.number else { return };
    let first_next = program.next.len() as u32;
    for pulse in &draft.pulses {
        program.next.push(follow(draft.first_of_graph, *pulse, drafts));
    }
    let place = &mut program.nodes[number as usize];
    place.first_next = first_next;
    place.next_count = draft.pulses.len() as u32;
}

/// Follows a wire past the nodes that let the pulse pass; a disabled node ends it.
fn follow(first_of_graph: usize, mut wire: Option<(usize, usize)>, drafts: &[Draft<'_>]) -> Target {
    // Nodes that let the pulse pass may stand in a ring; then nothing ever runs.
    for _ in 0..=drafts.len() {
        let Some((at, pulse)) = wire else {
            return Target::NONE;
        };
        let target = &drafts[first_of_graph + at];
        if !target.node.enabled {
            return Target::NONE;
        }
        if !target.node.pulse_pass_through {
            let node = target.number.map(|node| Target {
                node,
                pulse: pulse as u32,
            });
            return node.unwrap_or(Target::NONE);
        }
        wire = target.pulses.first().copied().flatten();
    }
    Target::NONE
}
