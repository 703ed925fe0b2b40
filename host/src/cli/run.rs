//! `pulsewire run`.

use std::{
    io,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use clap::{ValueEnum, ValueHint};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    iterator::Signals,
};

use super::{Failure, Place};
use crate::{
    console::{Console, Format, StreamConsole},
    engine::{Outcome, StopHandle},
    runtime::{RunOptions, Runtime, StartError},
};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
    /// Refuse to start if the plugin of any node is off or missing
    #[arg(long)]
    strict: bool,
    /// End after this time: `500ms`, `10s`, `5m`, `2h`
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    limit: Option<Duration>,
    /// How the project's console is written to stdout
    #[arg(long, value_enum, default_value_t = ConsoleFormat::Text)]
    console: ConsoleFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ConsoleFormat {
    /// One message a line
    Text,
    /// One JSON object a line
    Json,
}

pub(super) fn execute(place: &Place, arguments: Arguments) -> Result<ExitCode, Failure> {
    // Before anything is started that would have to be ended.
    let signals = Stopper::new();
    let format = match arguments.console {
        ConsoleFormat::Text => Format::Text,
        ConsoleFormat::Json => Format::Json,
    };
    let console: Arc<dyn Console> = Arc::new(StreamConsole::new(format, io::stdout()));
    let options = RunOptions {
        open: place.options(arguments.folder),
        strict: arguments.strict,
        ignore_changes: false,
    };
    let mut runtime = Runtime::start(&options, console).map_err(|error| match error {
        StartError::Settings(faults) => Failure::Settings(faults),
        StartError::Project(faults) => Failure::Project(faults),
    })?;
    signals.stop(runtime.stop_handle());
    let outcome = runtime.run(arguments.limit);
    drop(runtime);
    Ok(match outcome {
        // The Exit node allows 0 to 255 only.
        Outcome::Exit(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        Outcome::Stopped | Outcome::Deadline | Outcome::Attention => ExitCode::SUCCESS,
    })
}

/// The first Ctrl-C or SIGTERM ends the run cleanly, also one that came during the start; the second ends the process.
struct Stopper(Option<Signals>);

impl Stopper {
    fn new() -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let registered = [SIGINT, SIGTERM].into_iter().try_for_each(|signal| {
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked)).map(|_| ())
        });
        let signals = registered.and_then(|()| Signals::new([SIGINT, SIGTERM]));
        Self(
            signals
                .map_err(|error| log::warn!("signals end the process at once: {error}"))
                .ok(),
        )
    }

    fn stop(self, handle: StopHandle) {
        let Some(mut signals) = self.0 else { return };
        let spawned = thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for _ in signals.forever() {
                log::info!("stopping; once more ends at once");
                handle.stop();
            }
        });
        if let Err(error) = spawned {
            log::warn!("signals do not end the run: {error}");
        }
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        unit => return Err(format!("unknown unit `{unit}`; expected ms, s, m or h")),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| "expected a number and a unit, such as `10s`".to_owned())?;
    Duration::try_from_secs_f64(number * factor).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "s", "10x", "-1s", "NaN", "infs", "1e400s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
