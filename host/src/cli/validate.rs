//! `pulsewire validate`.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::ValueHint;

use super::{Failure, duration::parse_limit, print_json};
use crate::{
    diagnostics::suggestion,
    validate::{self, CHECKS, ChildArguments, Options, report},
};

#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The plugin's library, such as target/release/libNAME.so
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    library: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a report for CI as well, in JUnit's format
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    junit: Option<PathBuf>,
    /// 1: can it be used at all? 2: does it keep the rules? 3: does it hold out?
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=3))]
    level: u8,
    /// Only this check, with those that it needs; may be given several times
    #[arg(long, value_name = "ID")]
    check: Vec<String>,
    /// What everything random is made from [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run once more what failed: one check, in one round, in these steps of it
    #[arg(long, value_name = "CHECK:SEED[:STEPS]", conflicts_with_all = ["check", "seed", "level"])]
    reproduce: Option<String>,
    /// How long one check may take, such as 45s; then it is killed
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_limit)]
    timeout: Duration,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List all checks
    ListChecks {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn execute(arguments: Arguments, out: &mut impl Write) -> Result<ExitCode, Failure> {
    if let Some(Command::ListChecks { json }) = arguments.command {
        if json {
            return print_json(out, &CHECKS);
        }
        out.write_all(report::list().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = options(&arguments)?;
    // With `--json`, stdout holds the answer and nothing else.
    let mut written = Ok(());
    let validation = validate::run(&options, |outcome| {
        if !arguments.json && written.is_ok() {
            written = out
                .write_all(report::outcome(outcome).as_bytes())
                .and_then(|()| out.flush());
        }
    });
    let validation = validation.map_err(|error| Failure::Usage(error.to_string()))?;
    written?;
    if let Some(path) = &arguments.junit {
        fs::write(path, report::junit::text(&validation))
            .map_err(|error| Failure::refused(format!("cannot write `{}`: {error}", path.display()), None))?;
    }
    if arguments.json {
        print_json(out, &validation)?;
    } else {
        writeln!(out, "{}", report::summary(&validation))?;
    }
    Ok(match validation.has_failed() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let mut only = arguments.check.clone();
    let (mut seed, mut steps) = (arguments.seed, None);
    if let Some(reproduce) = &arguments.reproduce {
        let (check, round, chosen) = round(reproduce).ok_or_else(|| {
            Failure::Usage(format!(
                "`{reproduce}` is not like `execution:42` or `execution:42:3,17`"
            ))
        })?;
        only = vec![check.to_owned()];
        (seed, steps) = (Some(round), chosen);
    }
    for id in &only {
        let mut known = CHECKS.iter().map(|check| check.id);
        if !known.clone().any(|known| known == id) {
            let hint = suggestion(id, known.by_ref());
            let hint = hint.unwrap_or_else(|| "see `pulsewire validate list-checks`".to_owned());
            return Err(Failure::Usage(format!("there is no check `{id}`\nhint: {hint}")));
        }
    }
    Ok(Options {
        program: std::env::current_exe()?,
        // Clap demands it.
        library: arguments.library.clone().unwrap_or_default(),
        level: arguments.level,
        only,
        seed: seed.unwrap_or_else(new_seed),
        one_round: arguments.reproduce.is_some(),
        steps,
        limit: arguments.timeout,
    })
}

/// `CHECK:SEED`, and perhaps `:STEP,STEP…`.
fn round(text: &str) -> Option<(&str, u64, Option<BTreeSet<u32>>)> {
    let (check, rest) = text.split_once(':')?;
    let (seed, steps) = match rest.split_once(':') {
        Some((seed, steps)) => (seed, Some(steps)),
        None => (rest, None),
    };
    let steps = steps.map(|steps| steps.split(',').map(str::parse).collect::<Result<_, _>>());
    Some((check, seed.parse().ok()?, steps.transpose().ok()?))
}

/// Short enough to be typed.
fn new_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(now.unwrap_or_default().subsec_nanos())
}

/// The child's side.
pub(super) fn check(arguments: &ChildArguments) -> Result<ExitCode, Failure> {
    validate::run_child(arguments).map_err(|error: io::Error| Failure::refused(error.to_string(), None))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_has_a_seed_and_perhaps_steps() {
        assert_eq!(round("execution:42"), Some(("execution", 42, None)));
        let steps = BTreeSet::from([3, 17]);
        assert_eq!(round("execution:42:3,17"), Some(("execution", 42, Some(steps))));
        for wrong in [
            "",
            "execution",
            "execution:",
            "execution:x",
            "execution:-1",
            "execution:42:",
            "execution:42:3,",
        ] {
            assert_eq!(round(wrong), None, "{wrong}");
        }
    }
}
