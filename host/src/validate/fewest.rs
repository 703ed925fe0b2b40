//! The fewest steps that still show a fault of chance: a hundred calls explain nothing, two do.

use std::{
    collections::BTreeSet,
    io,
    time::{Duration, Instant},
};

use super::{
    Check, Options, Outcome, Status,
    sandbox::{self, Trial, listed},
};

/// The outcome of a trial; if it was bad by chance, with how to see the same again, in as few steps as were found.
pub(super) fn outcome(check: &'static Check, options: &Options, trial: Trial) -> io::Result<Outcome> {
    let Trial {
        mut outcome, round, ..
    } = trial;
    let Some(seed) = round.filter(|_| outcome.status.is_bad()) else {
        return Ok(outcome);
    };
    outcome.reproduce = Some(format!("{}:{seed}", check.id));
    // Each further hang would last as long as the first.
    if outcome.status == Status::Hang {
        return Ok(outcome);
    }
    let again = |steps: Option<BTreeSet<u32>>| {
        let options = Options {
            seed,
            one_round: true,
            steps,
            ..options.clone()
        };
        let trial = sandbox::run(check, &options)?;
        Ok::<_, io::Error>(Some(trial).filter(|trial| is_same(&trial.outcome, &outcome)))
    };
    // Without the rounds before it, the fault may not come.
    let Some(whole) = again(options.steps.clone())?.filter(|trial| !trial.steps.is_empty()) else {
        return Ok(outcome);
    };
    let fewest = match options.steps {
        Some(_) => whole,
        None => fewest(whole, options.limit, again)?,
    };
    let steps = fewest.steps.iter().copied().collect();
    outcome.reproduce = Some(format!("{}:{seed}:{}", check.id, listed(&steps)));
    outcome.details.push("the fewest calls that show it:".to_owned());
    let calls = fewest.calls.iter().enumerate();
    outcome
        .details
        .extend(calls.map(|(at, call)| format!("{}. {call}", at + 1)));
    Ok(outcome)
}

/// Numbers and texts of the reason may differ, because others are at hand.
fn is_same(one: &Outcome, other: &Outcome) -> bool {
    one.status == other.status && one.details.first() == other.details.first()
}

/// Leaves out larger and smaller parts, as long as the fault shows, and new trials begin for no longer than `limit`.
fn fewest(
    mut best: Trial,
    limit: Duration,
    mut again: impl FnMut(Option<BTreeSet<u32>>) -> io::Result<Option<Trial>>,
) -> io::Result<Trial> {
    let start = Instant::now();
    let mut size = best.steps.len().div_ceil(2);
    loop {
        let (mut at, before) = (0, best.steps.len());
        while at < best.steps.len() && start.elapsed() < limit {
            let end = (at + size).min(best.steps.len());
            let rest = best.steps[..at].iter().chain(&best.steps[end..]);
            match again(Some(rest.copied().collect()))? {
                Some(shorter) => best = shorter,
                None => at = end,
            }
        }
        match size {
            1 if best.steps.len() == before => return Ok(best),
            1 => {}
            _ => size = size.div_ceil(2),
        }
        if start.elapsed() >= limit {
            return Ok(best);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::CHECKS;

    fn trial(steps: impl IntoIterator<Item = u32>) -> Trial {
        Trial {
            outcome: Outcome::skipped(&CHECKS[0], String::new()),
            round: Some(7),
            steps: steps.into_iter().collect(),
            calls: Vec::new(),
        }
    }

    /// What is left of a hundred steps if the fault shows whenever `shows` says so.
    fn left(shows: impl Fn(&BTreeSet<u32>) -> bool) -> (Vec<u32>, usize) {
        let mut trials = 0;
        let found = fewest(trial(0..100), Duration::from_secs(60), |steps| {
            trials += 1;
            Ok(steps.filter(|steps| shows(steps)).map(trial))
        });
        (found.unwrap().steps, trials)
    }

    #[test]
    fn steps_that_matter_stay() {
        let (steps, trials) = left(|steps| [3, 40, 97].iter().all(|step| steps.contains(step)));
        assert_eq!(steps, [3, 40, 97]);
        assert!(trials < 80, "{trials}");
    }

    #[test]
    fn nothing_is_left_out_if_all_steps_matter() {
        assert_eq!(left(|steps| steps.len() == 100).0.len(), 100);
    }

    #[test]
    fn a_step_that_matters_only_beside_another_goes_with_it() {
        let (steps, _) = left(|steps| steps.contains(&9) && (steps.contains(&8) || !steps.contains(&1)));
        assert_eq!(steps, [9]);
    }
}
