//! `pulsewire run`.

use std::{
    collections::HashMap,
    fs,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use clap::{ValueEnum, ValueHint};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
    iterator::Signals,
};

use super::{Failure, Place, duration::parse_duration};
use crate::{
    console::{Console, Format, StreamConsole},
    engine::StopHandle,
    inspect,
    runtime::{Ended, RunOptions, Runtime, StartError},
};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
    /// Refuse to start if the plugin of any node is off or missing
    #[arg(long)]
    strict: bool,
    /// Safe mode: run without plugins, whatever the settings say
    #[arg(long, conflicts_with = "strict")]
    safe: bool,
    /// How long a call of a plugin's node may take before it is told of [default: 100ms]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    call_budget: Option<Duration>,
    /// End after this time: `500ms`, `10s`, `5m`, `2h`; a number alone is seconds
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    limit: Option<Duration>,
    /// How the project's console is written to stdout
    #[arg(long, value_enum, default_value_t = ConsoleFormat::Text)]
    console: ConsoleFormat,
    /// Let tools look into the run, over a WebSocket on this loopback address: `127.0.0.1:0` is a free port
    #[arg(long, value_name = "ADDRESS")]
    inspect: Option<SocketAddr>,
    /// Options for the project, `--name value` each; Get Command Line Option reads them
    #[arg(last = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

impl Arguments {
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
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
    let console = StreamConsole::new(format, io::stdout()).terminal(io::stdout().is_terminal());
    let console: Arc<dyn Console> = Arc::new(console);
    let mut open = place.options(arguments.folder);
    open.safeguards.without_plugins = arguments.safe;
    open.safeguards.call_budget = arguments.call_budget.or(open.safeguards.call_budget);
    if arguments.safe {
        log::warn!("safe mode: no plugin runs");
    }
    let options = RunOptions {
        open,
        strict: arguments.strict,
        ignore_changes: false,
        options: project_options(&arguments.options)?,
    };
    let mut runtime = Runtime::start(&options, console).map_err(|error| match error {
        StartError::Settings(faults) => Failure::Settings(faults),
        StartError::Project(faults) => Failure::Project(faults),
    })?;
    signals.stop(runtime.stop_handle());
    let inspected = arguments
        .inspect
        .map(|address| inspect(address, &mut runtime))
        .transpose()?;
    if let Some(limit) = arguments.limit {
        // The engine would let a branch that is under way run to its end.
        let handle = runtime.stop_handle();
        thread::spawn(move || {
            thread::sleep(limit);
            handle.stop();
        });
    }
    let ended = runtime.run(None);
    drop((inspected, runtime));
    Ok(match ended {
        // The Exit node allows 0 to 255 only.
        Ended::Exit(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
        Ended::Stopped | Ended::Deadline => ExitCode::SUCCESS,
    })
}

/// Serves tools until it is dropped, and says where.
fn inspect(address: SocketAddr, runtime: &mut Runtime) -> Result<inspect::Server, Failure> {
    if !address.ip().is_loopback() {
        let message = format!(
            "`--inspect {address}`: {} is no address of the loopback interface",
            address.ip()
        );
        return Err(Failure::Usage(message));
    }
    let server = inspect::Server::start(address, runtime.engine().inspector())
        .map_err(|error| Failure::refused(format!("`--inspect {address}`: {error}"), None))?;
    // Not the log, which can be switched off: without the token nobody can connect.
    let _ = writeln!(io::stderr(), "inspect: {}", server.url());
    Ok(server)
}

/// The options by their names: `--name value`, `--name=value`, or `--name` alone, whose value is empty.
fn project_options(words: &[String]) -> Result<HashMap<String, String>, Failure> {
    let mut options = HashMap::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").filter(|option| !option.is_empty());
        let Some(option) = option else {
            return Err(Failure::Usage(format!(
                "`{word}` belongs to no option; expected `--name value`"
            )));
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (
                option,
                words
                    .next_if(|word| !word.starts_with("--"))
                    .cloned()
                    .unwrap_or_default(),
            ),
        };
        options.insert(name.to_owned(), value);
    }
    Ok(options)
}

/// The first Ctrl-C, SIGTERM or SIGHUP ends the run cleanly, also one that came during the start; the second ends the
/// process, with the code that shells give to a signal. A SIGHUP that whoever started us ignores, as `nohup` does, stays
/// ignored.
struct Stopper(Option<Signals>);

/// What a shell says of a process that a signal ended.
const ENDED_BY_SIGNAL: i32 = 128;

impl Stopper {
    fn new() -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        let process = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mut followed = vec![SIGINT, SIGTERM];
        if !ignores(&process, SIGHUP) {
            followed.push(SIGHUP);
        }
        let registered = followed.iter().try_for_each(|&signal| {
            flag::register_conditional_shutdown(signal, ENDED_BY_SIGNAL + signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked)).map(|_| ())
        });
        let signals = registered.and_then(|()| Signals::new(&followed));
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

/// Whether the text of Linux's `/proc/PID/status` says that the process ignores the signal; elsewhere there is none.
fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_names_and_values() {
        let options = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            project_options(&words).map(|options| {
                let mut options: Vec<(String, String)> = options.into_iter().collect();
                options.sort();
                options
            })
        };
        let pairs = |pairs: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(pair).collect::<Vec<_>>()
        };
        let found = options(&["--speed", "-5", "--name=a=b", "--flag", "--last"]).unwrap();
        assert_eq!(
            found,
            pairs(&[("flag", ""), ("last", ""), ("name", "a=b"), ("speed", "-5")])
        );
        assert_eq!(options(&["--a", "1", "--a", "2"]).unwrap(), pairs(&[("a", "2")]));
        for wrong in [["x"].as_slice(), &["--a", "1", "2"], &["--"]] {
            assert!(matches!(options(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        let status = "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001001\n";
        assert!(ignores(status, SIGHUP));
        assert!(!ignores(status, SIGINT));
        assert!(!ignores("", SIGHUP));
    }
}
