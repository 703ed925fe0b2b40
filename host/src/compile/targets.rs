//! The next node of every pulse output, with Enabled and Pulse Pass Through already decided.

use super::{Program, Target, functions::Use, lay::Place, sheet::Role};

/// A wire's end: a use, and in it a draft with its pulse input.
type End = (usize, Option<(usize, usize)>);

/// Lays the targets of the node `number`, which is draft `at` of its use, into the program.
pub(super) fn lay(
    uses: &[Use<'_>],
    places: &[Vec<Place>],
    at: (usize, usize),
    number: u32,
    program: &mut Program,
) {
    let first_next = program.next.len() as u32;
    for end in ends(uses, at) {
        program.next.push(follow(uses, places, end));
    }
    let place = &mut program.nodes[number as usize];
    place.first_next = first_next;
    place.next_count = program.next.len() as u32 - first_next;
}

/// Where the pulse outputs of a node lead: those of a call into the function, that of a Function Output out of it.
fn ends(uses: &[Use<'_>], (at, draft_at): (usize, usize)) -> Vec<End> {
    let one = &uses[at];
    let draft = &one.sheet.drafts[draft_at];
    let only_pulse =
        |at: usize, draft: usize| (at, uses[at].sheet.drafts[draft].pulses.first().copied().flatten());
    match draft.role {
        Role::Call(_) => {
            let inside = one.calls.get(&draft_at).and_then(|&callee| {
                let sheet = uses[callee].sheet;
                let entry = sheet.entry().filter(|&entry| sheet.drafts[entry].node.enabled)?;
                Some(only_pulse(callee, entry))
            });
            vec![inside.unwrap_or((at, None))]
        }
        Role::Exit => {
            let outside = one.caller.map(|(caller, call)| only_pulse(caller, call));
            vec![outside.unwrap_or((at, None))]
        }
        _ => draft.pulses.iter().map(|pulse| (at, *pulse)).collect(),
    }
}

/// Follows a wire past the nodes that let the pulse pass; a disabled node ends it.
fn follow(uses: &[Use<'_>], places: &[Vec<Place>], (at, mut wire): End) -> Target {
    let drafts = &uses[at].sheet.drafts;
    // Nodes that let the pulse pass may stand in a ring; then nothing ever runs.
    for _ in 0..=drafts.len() {
        let Some((draft_at, pulse)) = wire else {
            return Target::NONE;
        };
        let target = &drafts[draft_at];
        if !target.node.enabled {
            return Target::NONE;
        }
        if !target.node.pulse_pass_through {
            let node = places[at][draft_at].number.map(|node| Target {
                node,
                pulse: pulse as u32,
            });
            return node.unwrap_or(Target::NONE);
        }
        // One with several is at fault, and told so.
        let [only] = target.pulses.as_slice() else {
            return Target::NONE;
        };
        wire = *only;
    }
    Target::NONE
}
