//! All checks, in the order in which they run.

mod budget;
mod descriptors;
mod execution;
mod hostile;
mod library;
mod life;
mod migration;
mod settings;

use serde::Serialize;

use super::subject::Subject;

/// One property of a plugin that can be tested by itself.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Its name.
    pub id: &'static str,
    /// 1: whether it can be used at all. 2: whether it keeps the rules. 3: whether it holds out.
    pub level: u8,
    /// What is true of a plugin that passes.
    pub about: &'static str,
    /// Checks without which this one makes no sense.
    pub needs: &'static [&'static str],
    /// Runs in a process of its own. An error is a fault like those that the subject is told of.
    #[serde(skip)]
    pub(super) run: fn(&mut Subject) -> Result<(), String>,
}

macro_rules! checks {
    ($($level:literal $id:ident ($($need:ident)*) $run:path, $about:literal;)*) => {
        /// All of them. What is needed stands before what needs it.
        pub const CHECKS: &[Check] = &[$(Check {
            id: stringify!($id),
            level: $level,
            about: $about,
            needs: &[$(stringify!($need)),*],
            run: $run,
        },)*];
    };
}

checks! {
    1 file () library::file,
        "The file is a whole library for this system, and what it says about itself is consistent.";
    1 load (file) library::load,
        "The system's loader opens it with all symbols bound, in 100 ms.";
    1 quiet_load (load) library::quiet_load,
        "Loading alone starts no thread or process, opens no file, changes no folder, variable or signal.";
    1 layout (load) library::layout,
        "Its memory layouts are those of plugin-api, in one direction at least.";
    1 create (layout) library::create,
        "A plugin can be made and dropped; `new` calls nothing but the log; unknown extensions are answered with nothing.";
    1 register (create) library::register,
        "It registers what its metadata declares, twice the same.";
    1 activate (register) life::activate,
        "It can be activated without any settings, and asks for nothing that is not its own.";
    1 pulse (activate) life::pulse,
        "A node of each type can be made, pulsed and dropped without a panic, on whatever thread.";
    1 deactivate (pulse) life::deactivate,
        "`deactivate` succeeds, in two seconds.";
    2 permissions (file) library::permissions,
        "Not everybody may write to the file or to a folder above it.";
    2 exports (file) library::exports,
        "It exports the entry of a plugin, its metadata, and nothing else.";
    2 descriptors (file) descriptors::descriptors,
        "Everything has a label and a help; defaults have their types and lie within their limits.";
    2 unknown_types (deactivate) life::unknown_types,
        "It refuses to make nodes of types that it does not have.";
    2 threads (deactivate) life::threads,
        "Two seconds after `deactivate` no thread or process of the plugin runs, and activation leaves no files open.";
    2 late_calls (deactivate) life::late_calls,
        "After `deactivate` it calls the host no more.";
    2 process (deactivate) life::process,
        "Current folder, environment, signals and open files are what they were before it ran, and stdout is the project's.";
    2 exit (deactivate) life::exit,
        "The process that ran it ends at once, and as it wants: what the library does at the end breaks nothing.";
    2 lifecycle (deactivate) life::lifecycle,
        "It can be made, used and dropped many times; calls out of order break nothing.";
    2 instances (deactivate) life::instances,
        "Two hosts in one process can run it at the same time.";
    2 changed_settings (deactivate) settings::changed,
        "It takes plain settings, and any that its section allows at least without a panic, also while it runs.";
    2 bad_settings (deactivate) settings::bad,
        "Settings that no host hands over are refused without a panic.";
    2 secrets (deactivate) settings::secrets,
        "What stands in a secret field shows in no log line, report or error.";
    2 migration (deactivate) migration::migration,
        "Sections of older schema versions are brought up to date, and what makes no sense is refused without a panic.";
    3 refusing_host (deactivate) hostile::refusing_host,
        "A host that is slow, full, or gives nothing makes it fail at most.";
    3 reentrant_host (deactivate) hostile::reentrant_host,
        "A host that runs other nodes before `emit` returns waits for no lock that the plugin holds meanwhile.";
    3 blocked_log (deactivate) hostile::blocked_log,
        "While the host takes no log lines from its threads, its calls do not wait for them.";
    3 execution (deactivate) execution::execution,
        "Nodes take any values in any order, and put out what they declare.";
    3 budget (deactivate) budget::budget,
        "A node returns at once; many pulses neither fill the memory nor flood the log.";
}
