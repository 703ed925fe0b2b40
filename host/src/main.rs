//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    pulsewire_host::cli::main()
}
