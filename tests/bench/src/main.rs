//! `cargo xtask bench [NAME…]`: runs the benches whose names begin so, or all, and prints a JSON line each.
//!
//! Exit codes: 0 all limits kept, 1 one was missed or a bench could not be run, 2 there is no such bench.

use std::{env, process::ExitCode};

use pulsewire_bench::{
    benches::{self, Bench},
    connections,
    nodes::{self, Nodes},
};

fn main() -> ExitCode {
    let names: Vec<String> = env::args().skip(1).collect();
    if names == [connections::SERVE] {
        return match connections::serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("error: the server of the connections: {failure}");
                ExitCode::FAILURE
            }
        };
    }
    if let [mode, outer] = names.as_slice()
        && mode == nodes::ONCE
    {
        let outer = outer.parse().unwrap_or_default();
        return match Nodes::Builtin.once(outer) {
            Ok(executions) => {
                println!("{executions}");
                ExitCode::SUCCESS
            }
            Err(failure) => {
                eprintln!("error: {failure}");
                ExitCode::FAILURE
            }
        };
    }
    let is_wanted = |bench: &Bench, name: &String| bench.name.starts_with(name.as_str());
    if let Some(unknown) = names
        .iter()
        .find(|name| !benches::ALL.iter().any(|bench| is_wanted(bench, name)))
    {
        let known: Vec<&str> = benches::ALL.iter().map(|bench| bench.name).collect();
        eprintln!(
            "error: there is no bench `{unknown}`\nhint: there are {}",
            known.join(", ")
        );
        return ExitCode::from(2);
    }
    let mut is_ok = true;
    for bench in &benches::ALL {
        if !names.is_empty() && !names.iter().any(|name| is_wanted(bench, name)) {
            continue;
        }
        match bench.run() {
            Ok(measures) => {
                for measure in measures {
                    is_ok &= measure.is_ok();
                    println!("{}", measure.line());
                }
            }
            Err(failure) => {
                is_ok = false;
                eprintln!("error: bench `{}`: {failure}", bench.name);
            }
        }
    }
    if is_ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
