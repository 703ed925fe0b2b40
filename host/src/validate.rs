//! Conformance of a plugin's library: does it keep what `docs/plugins.md` asks for, whatever a host does with it?
//!
//! Each [`Check`] runs in a process of its own, `program validate-check …`, which is this program again: a library that
//! crashes, hangs or ends its process takes one check with it. The child writes its verdict into a file, since a plugin can
//! end the process with any exit code; a child that leaves none has crashed, one that is not done in time is killed with
//! all that it started, and hangs.
//!
//! The plugin meets no engine here, but a scripted host ([`host`]) that obeys, refuses, is slow, or calls back. What is
//! random is made from a seed, which is said with every fault: `--reproduce CHECK:SEED` does the same again. Where a round
//! has steps, it is then tried with fewer and fewer of them ([`fewest`]).
//!
//! A check needs others and is skipped without them, so that a fault shows at one place: a plugin that cannot be loaded is
//! not also called one that cannot run. Not here: whether a plugin does what its nodes promise.
//!
//! Start at [`run`], [`checks::CHECKS`].

mod checks;
mod child;
mod fewest;
mod host;
mod printed;
mod process;
mod pulsed;
pub(crate) mod report;
mod samples;
mod sandbox;
mod subject;
mod verdict;

use std::{
    collections::BTreeSet,
    io, path,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

pub use checks::{CHECKS, Check};
pub use child::{ChildArguments, run_child};
pub use verdict::{Outcome, Status};

/// What is checked, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that runs a check when it is called with [`ChildArguments`]: `pulsewire`.
    pub program: PathBuf,
    /// The plugin's library, in its final name.
    pub library: PathBuf,
    /// Only checks up to this level, 1 to 3.
    pub level: u8,
    /// Only these checks, with those that they need; empty: all.
    pub only: Vec<String>,
    /// What everything random is made from.
    pub seed: u64,
    /// Only the round with that very seed, not all that follow from it.
    pub one_round: bool,
    /// Only these steps of that round; nothing: all.
    pub steps: Option<BTreeSet<u32>>,
    /// How long one check may take; then it is killed.
    pub limit: Duration,
}

/// What came of all checks.
#[derive(Debug, Serialize)]
pub struct Validation {
    /// The library. What of its path is not Unicode is replaced where it is shown.
    #[serde(serialize_with = "lossy")]
    pub library: PathBuf,
    /// What everything random was made from.
    pub seed: u64,
    /// Every check that was chosen, in their order.
    pub checks: Vec<Outcome>,
}

fn lossy<S: serde::Serializer>(path: &Path, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(&path.to_string_lossy())
}

impl Validation {
    /// Whether any check failed, crashed or hung.
    pub fn has_failed(&self) -> bool {
        self.checks.iter().any(|outcome| outcome.status.is_bad())
    }

    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        let of_status = self.checks.iter().filter(|outcome| outcome.status == status);
        of_status.count()
    }
}

/// Runs the checks one after the other; `done` hears of each. Runs no code of the library in this process.
///
/// # Errors
/// A check could not be started, which says nothing of the library.
pub fn run(options: &Options, mut done: impl FnMut(&Outcome)) -> io::Result<Validation> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for check in chosen(options) {
        let unmet = check.needs.iter().find(|needed| {
            let needed = outcomes.iter().find(|outcome| outcome.check == **needed);
            needed.is_some_and(|outcome| outcome.status.is_bad() || outcome.status == Status::Skip)
        });
        let outcome = match unmet {
            Some(needed) => Outcome::skipped(check, format!("it needs `{needed}`")),
            None => fewest::outcome(check, options, sandbox::run(check, options)?)?,
        };
        done(&outcome);
        outcomes.push(outcome);
    }
    Ok(Validation {
        library: options.library.clone(),
        seed: options.seed,
        checks: outcomes,
    })
}

/// The checks of the level, or those that were named with all that they need.
fn chosen(options: &Options) -> Vec<&'static Check> {
    let mut wanted: Vec<&str> = options.only.iter().map(String::as_str).collect();
    // What is needed stands before what needs it.
    for check in CHECKS.iter().rev() {
        if wanted.contains(&check.id) {
            wanted.extend(check.needs);
        }
    }
    let all = CHECKS.iter().filter(|check| match options.only.is_empty() {
        true => check.level <= options.level,
        false => wanted.contains(&check.id),
    });
    all.collect()
}

/// The absolute path of a file, so that a loader searches nowhere else. A link stays one: its name is the plugin's.
fn absolute(path: &Path) -> PathBuf {
    path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            program: PathBuf::new(),
            library: PathBuf::new(),
            level: 3,
            only: Vec::new(),
            seed: 1,
            one_round: false,
            steps: None,
            limit: Duration::from_secs(1),
        }
    }

    fn ids(options: &Options) -> Vec<&'static str> {
        chosen(options).iter().map(|check| check.id).collect()
    }

    #[test]
    fn check_stands_after_what_it_needs() {
        for (at, check) in CHECKS.iter().enumerate() {
            for needed in check.needs {
                let before = CHECKS[..at].iter().any(|check| check.id == *needed);
                assert!(before, "`{}` needs `{needed}`", check.id);
            }
        }
    }

    #[test]
    fn check_that_cannot_be_started_is_an_error() {
        let program = PathBuf::from("/nowhere/pulsewire");
        let error = run(&Options { program, ..options() }, |_| {}).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("the check `file` could not be started"),
            "{error}"
        );
    }

    #[test]
    fn level_and_names_choose_checks() {
        let first = Options {
            level: 1,
            ..options()
        };
        assert!(chosen(&first).iter().all(|check| check.level == 1));
        let named = Options {
            only: vec!["create".to_owned()],
            ..options()
        };
        assert_eq!(ids(&named), ["file", "load", "layout", "create"]);
        assert_eq!(ids(&options()).len(), CHECKS.len());
    }
}
