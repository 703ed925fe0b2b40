//! The command line `pulsewire`: arguments in, text or JSON out, an exit code.
//!
//! Data goes to stdout, everything else to stderr: with `--json`, stdout holds the answer or nothing. The answer of
//! `check` are the faults. Exit codes: 0 done, 1 the project or a plugin is at fault, 2 wrong usage or unreadable settings;
//! `run` ends with an Exit node's code.

mod check;
mod describe;
mod duration;
mod failure;
mod new;
mod plugins;
mod run;
mod schema;
mod settings;
mod toolbox;
mod validate;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};
use serde::Serialize;

pub use failure::Failure;

use crate::{
    diagnostics::Faults,
    plugins::{Hash, PROBE_LIMIT, Safeguards, serve_plugin, try_library},
    project::{OpenOptions, Project, lacks_settings, project_above},
};

/// Runs visual Logic.
#[derive(Debug, Parser)]
#[command(
    name = "pulsewire",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
struct Place {
    /// The project's folder [default: the current directory]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    project: Option<PathBuf>,
    /// A folder with plugins, searched first; may be given several times
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugin_dir: Vec<PathBuf>,
    /// How long a library may take when it is tried out before it is opened [default: 5s]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration::parse_limit)]
    probe_limit: Option<Duration>,
    /// Say more on stderr; twice: even more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a project until Ctrl-C, SIGTERM, SIGHUP, an Exit node or `--for`
    Run(run::Arguments),
    /// Find every fault of settings and logic
    Check(check::Arguments),
    /// List plugins, switch them on or off
    Plugins {
        #[command(subcommand)]
        command: plugins::Command,
    },
    /// Show what can be wired now
    Toolbox {
        #[command(subcommand)]
        command: toolbox::Command,
    },
    /// Show and edit the Project Settings
    Settings {
        #[command(subcommand)]
        command: settings::Command,
    },
    /// Make a project or a plugin that runs at once
    New {
        #[command(subcommand)]
        command: new::Command,
    },
    /// Print the JSON Schema of the project's files, for editors
    Schema {
        /// Of which file
        file: schema::File,
    },
    /// Open a library and answer on stdout; the host runs it before it opens the library itself
    #[command(name = TRY_LIBRARY, hide = true)]
    TryLibrary {
        /// The library
        path: PathBuf,
    },
    /// Run one plugin for a host that is the other end of stdin and stdout
    #[command(name = SERVE_PLUGIN, hide = true)]
    ServePlugin {
        /// The library
        path: PathBuf,
        /// Its SHA-256
        #[arg(value_parser = parse_hash)]
        hash: Hash,
    },
    /// Find out whether a plugin's library keeps the rules, whatever a host does with it
    Validate(validate::Arguments),
    /// One check of `validate`, in a process of its own
    #[command(hide = true)]
    ValidateCheck(crate::validate::ChildArguments),
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// The hidden command with which this program tries a library out in a process of its own.
pub(crate) const TRY_LIBRARY: &str = "try-library";

/// The hidden command with which this program runs a plugin in a process of its own.
pub(crate) const SERVE_PLUGIN: &str = "serve-plugin";

fn parse_hash(text: &str) -> Result<Hash, &'static str> {
    Hash::parse(text).ok_or("expected 64 hexadecimal digits")
}

/// Where shells look.
const COMPLETIONS: &str = "\
Where to put the output; new shells have the completions:
  bash  pulsewire completions bash > ~/.local/share/bash-completion/completions/pulsewire
        (needs the package bash-completion)
  zsh   pulsewire completions zsh > ~/.zfunc/_pulsewire
        (with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc)
  fish  pulsewire completions fish > ~/.config/fish/completions/pulsewire.fish";

/// Reads the arguments of the process and does what they say.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(&arguments);
    // Not locked: the console of `run` writes on a thread of its own.
    let mut out = io::stdout();
    let done = execute(arguments, &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        Ok(code) => code,
        // Whoever reads has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let mut text = io::stderr().lock();
            let _ = writeln!(text, "{failure}");
            failure.exit_code()
        }
    }
}

fn start_log(arguments: &Arguments) {
    let level = match (arguments.place.verbose, &arguments.command) {
        (0, Command::Run(_)) => "info",
        (0, _) => "warn",
        (1, _) => "debug",
        _ => "trace",
    };
    // The watcher of files logs each change of a folder that is moved; what matters we say ourselves.
    let level = format!("{level},notify=off");
    let environment = env_logger::Env::default().filter_or("PULSEWIRE_LOG", level);
    env_logger::Builder::from_env(environment)
        .target(env_logger::Target::Stderr)
        .init();
}

fn execute(arguments: Arguments, out: &mut io::Stdout) -> Result<ExitCode, Failure> {
    let Arguments { place, command } = arguments;
    let own = match &command {
        Command::Run(arguments) => arguments.folder(),
        Command::Check(arguments) => arguments.folder(),
        _ => None,
    };
    if let (Some(own), Some(project)) = (own, &place.project) {
        let (own, project) = (own.display(), project.display());
        let message = format!("the project is named twice: `--project {project}` and `{own}`");
        return Err(Failure::Usage(message));
    }
    let folder = place.options(own.map(PathBuf::from)).folder;
    let done = match command {
        Command::Run(arguments) => run::execute(&place, arguments),
        Command::Check(arguments) => check::execute(&place, arguments, out),
        Command::Plugins { command } => plugins::execute(&place, command, out),
        Command::Toolbox { command } => toolbox::execute(&place, command, out),
        Command::Settings { command } => settings::execute(&place, command, out),
        Command::New { command } => new::execute(command, out),
        Command::TryLibrary { path } => Ok(try_library(&path)),
        Command::ServePlugin { path, hash } => Ok(serve_plugin(&path, hash)),
        Command::Validate(arguments) => validate::execute(arguments, out),
        Command::ValidateCheck(arguments) => validate::check(&arguments),
        Command::Schema { file } => schema::execute(&place, file, out),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "pulsewire", out);
            Ok(ExitCode::SUCCESS)
        }
    };
    done.map_err(|failure| failure.in_folder(&folder))
}

impl Place {
    /// Where the project and its plugins are; `folder` is a command's own argument and counts more.
    fn options(&self, folder: Option<PathBuf>) -> OpenOptions {
        let folder = folder
            .or_else(|| self.project.clone())
            .unwrap_or_else(|| PathBuf::from("."));
        OpenOptions {
            folder,
            plugin_dirs: self.plugin_dir.clone(),
            safeguards: Safeguards::of_pulsewire(self.probe_limit.unwrap_or(PROBE_LIMIT)),
        }
    }

    /// The project as it can be seen without running any plugin.
    fn open_without_plugins(&self) -> Result<Project, Failure> {
        let mut faults = Faults::default();
        let project = Project::open(&self.options(None), &mut faults);
        let project = project.ok_or_else(|| Failure::Settings(faults.clone()))?;
        warn(&project, &faults);
        Ok(project)
    }

    /// The project, or, where there is none and none was named, what one would begin with.
    fn open_or_begin(&self) -> Result<Project, Failure> {
        let options = self.options(None);
        let is_outside = lacks_settings(&options.folder) && project_above(&options.folder).is_none();
        if self.project.is_some() || !is_outside {
            return self.open();
        }
        let mut project = Project::without_settings(&options);
        project.load_plugins_for_listing();
        Ok(project)
    }

    /// The project with its plugins loaded, not active.
    fn open(&self) -> Result<Project, Failure> {
        let mut project = self.open_without_plugins()?;
        project.load_plugins_for_listing();
        Ok(project)
    }
}

/// Faults that do not keep a command from answering.
fn warn(project: &Project, faults: &Faults) {
    faults
        .iter()
        .map(|fault| project.located(fault))
        .for_each(|fault| log::warn!("{}", fault.without_severity()));
}

/// What is said beside an answer that is empty.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "note: {text}");
}

/// Pretty JSON and a line end.
fn print_json(out: &mut impl Write, value: &impl Serialize) -> Result<ExitCode, Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
