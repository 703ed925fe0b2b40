//! The project's own commands: `cargo xtask COMMAND`.
//!
//! Each command is a file of its own with a `run`; this file only maps words to them and their outcome to an exit code:
//! 0 done, 1 the command failed, 2 it was used wrongly. What `.ci/run` does is `cargo xtask check` and `cargo xtask test`.

mod bench;
mod build;
mod cargo;
mod check;
mod demo;
mod failure;
mod fuzz;
mod instructions;
mod libraries;
mod other_compiler;
mod test;
mod tidy;
mod tools;
mod workspace;

use clap::{Parser, Subcommand};
use failure::Result;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "The project's own commands",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the host and every plugin, and put the plugins where the host finds them
    Build(build::Arguments),
    /// Install what tests need, build everything and run all tests
    Test(test::Arguments),
    /// Check format, lints, documentation and the house rules
    Check,
    /// Check the house rules only
    Tidy,
    /// Install the Socket.IO servers that tests talk to
    Tools,
    /// Find a second Rust compiler release and build the Socket.IO plugin with it
    OtherCompiler(other_compiler::Arguments),
    /// Show the root project at work against an embedded server
    Demo(demo::Arguments),
    /// Throw random input at the protocol
    Fuzz(fuzz::Arguments),
    /// Measure, as JSON lines
    Bench(bench::Arguments),
    /// Count the engine's instructions, with Valgrind
    Instructions,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Check => check::run(),
        Command::Tidy => tidy::run(),
        Command::Tools => tools::run(),
        Command::OtherCompiler(arguments) => other_compiler::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Instructions => instructions::run(&workspace::Workspace::load()?),
    }
}
