//! The table of what can go wrong with a plugin, and what the host makes of it: `docs/plugin-failures.md`.
//!
//! What a host says stands in it as it was said just now; a row without a library to show names the tests that hold it.
//! After a change on purpose, `PULSEWIRE_BLESS=1 cargo test -p pulsewire-it --test plugin_failures rows` writes it anew.

use std::{collections::BTreeSet, env, fs, path::Path, time::Duration};

use pulsewire_harness::LONG;
use pulsewire_it::artifacts;

use crate::misbehaving::{SHORT, host_of, refusal, replaced, safeguards, that_does};

const PAGE: &str = "docs/plugin-failures.md";

const HEAD: &str = "\
# What can go wrong with a plugin

Every way in which plugins are known to harm their hosts, what shows it here, and what the host makes of it. The words are
the host's own; numbers of more than two digits stand as `N`. Written by
`PULSEWIRE_BLESS=1 cargo test -p pulsewire-it --test plugin_failures rows`; the tests are in `tests/it/tests`, `tests/harness`
and `host`.

| # | What goes wrong | Library | What the host says or does | Tests |
| --- | --- | --- | --- | --- |
";

/// What the host makes of it.
enum Outcome {
    /// A host that tries libraries out refuses this one, in time.
    Refuses(fn() -> Vec<u8>),
    /// As before; the library hangs.
    Waits(fn() -> Vec<u8>),
    /// The tests show it.
    Does(&'static str),
}

use Outcome::{Does, Refuses, Waits};

/// What goes wrong, the library, the outcome, the tests.
type Row = (&'static str, &'static str, Outcome, &'static [&'static str]);

#[rustfmt::skip]
const ROWS: [Row; 32] = [
    ("no file, a folder, an empty file, a text", "a letter", Refuses(|| b"Not a library.\n".to_vec()),
        &["files_that_are_no_library_are_refused", "folder_named_like_a_library_is_refused"]),
    ("a FIFO or a device", "a FIFO", Does("`file: it is a FIFO, not a file`, without waiting"),
        &["fifo_named_like_a_library_is_refused_without_waiting"]),
    ("a library that is cut off", "`misbehaves`, half of it", Refuses(|| { let mut it = sound(); it.truncate(it.len() / 2); it }),
        &["cut_off_library_is_refused", "host_survives_damaged_libraries"]),
    ("flipped bits", "200 damaged copies of `misbehaves`", Does("refuses, puts into quarantine or loads them, and goes on"),
        &["host_survives_damaged_libraries", "damage_never_panics", "library_must_have_the_hash_that_the_settings_name"]),
    ("another machine", "`good`, its header changed", Does("`machine: it is made for the machine …; this host runs on …`"),
        &["library_for_another_machine_is_refused"]),
    ("another word size or system", "`good`, its header changed", Does("`format: it is a 32-bit ELF file; …`"),
        &["library_of_another_system_or_word_size_is_refused"]),
    ("a library that is no plugin", "`not_a_plugin`", Does("`entry: the library exports no plugin`; its constructors do not run"),
        &["library_that_is_no_plugin_is_not_opened"]),
    ("a library that it needs is missing", "`misbehaves`, needing `libgcc_x.so.1`", Refuses(|| replaced(sound(), b"libgcc_s.so.1\0", b"libgcc_x.so.1\0")),
        &["library_that_needs_its_neighbour_is_refused"]),
    ("a symbol that it needs is missing", "`misbehaves`, needing `getenx`", Refuses(|| replaced(sound(), b"\0getenv\0", b"\0getenx\0")),
        &["every_row_of_the_table_is_as_it_stands"]),
    ("another abi_stable, or another layout", "`misbehaves`, its header changed", Refuses(|| replaced(sound(), b"abi stable library for Rust", b"abi stable library for Bust")),
        &["every_row_of_the_table_is_as_it_stands"]),
    ("a plugin that needs a newer host", "`good`, its metadata changed", Does("`api: the plugin needs a host with plugin-api 1.9 or later; …`"),
        &["plugin_that_needs_a_newer_host_is_refused_by_its_metadata"]),
    ("the layout check switched off", "`unchecked_layout`", Does("`layout: the library switches the layout check off`"),
        &["library_that_switches_the_layout_check_off_is_refused"]),
    ("a constructor that hangs, crashes or ends the process", "`misbehaves`: hang when opened", Waits(|| that_does("hang when opened")),
        &["library_that_ends_its_process_is_refused_with_the_signal", "library_that_hangs_is_refused_when_the_time_is_up",
          "library_that_ends_its_process_as_if_all_were_well_is_refused", "library_that_cuts_itself_off_is_refused"]),
    ("a panic when the plugin is made", "`misbehaves`: panic when made", Refuses(|| that_does("panic when made")),
        &["failure_in_good_order_keeps_its_step_and_words", "panic_in_register_fails_the_plugin", "panic_in_activate_fails_the_plugin"]),
    ("an id that is taken", "`good`, twice", Does("the first by path order wins, the second fails and names it"),
        &["second_library_of_an_id_fails_and_names_the_first", "node_type_of_somebody_else_fails_the_whole_plugin", "node_type_registered_twice_fails_the_plugin"]),
    ("a panic in a node or on a thread", "`panics_in_node`, `panics_in_thread`, `panics_in_drop`", Does("the node shows it as its error and is not called again; the rest goes on"),
        &["panics_in_nodes_and_threads_leave_the_host_and_their_plugin_active"]),
    ("a call that hangs", "`misbehaves`: hang in a node", Does("the watchdog names the call; a second signal ends the host; the next start names it again"),
        &["node_that_does_not_come_back_is_told_of_while_it_hangs_and_after_it", "plugin_that_takes_too_long_again_and_again_is_unresponsive"]),
    ("a crash, no memory, no stack, `exit` in a node", "`misbehaves`", Does("the process ends; the next start names plugin, node and call, and offers safe mode"),
        &["node_that_crashed_the_last_run_is_named", "node_that_ended_the_last_run_as_if_all_were_well_is_named", "crash_on_a_thread_while_a_node_waits_names_the_node"]),
    ("a thread that outlives `deactivate`", "`lingers`", Does("its calls are refused and reported"),
        &["calls_after_deactivation_are_refused_and_each_kind_reported_once"]),
    ("a call into the host after `deactivate`", "`lingers`", Does("is refused and reported; the connection holds nothing of the engine"),
        &["detached_connection_holds_nothing_of_the_engine", "calls_after_deactivation_are_refused_and_each_kind_reported_once"]),
    ("a call into the host before `activate`", "none", Does("is refused and reported; only logging is open"),
        &["calls_before_activation_are_refused"]),
    ("floods of log lines or events", "none", Does("lines beyond 1000 a second are counted and dropped; the queue is bounded and refuses"),
        &["lines_beyond_the_rate_are_dropped_until_the_next_second", "reports_are_taken_in_every_state_and_cut"]),
    ("requests that cause themselves", "`echoes`", Does("events take turns with everything else, and those beyond the queue are refused; a plugin cannot ask for a restart or a call"),
        &["events_that_cause_themselves_fill_their_queue_and_hold_up_nobody"]),
    ("a call back into the plugin that calls", "none", Does("services of the host only enqueue"), &["deactivation_waits_for_calls_under_way"]),
    ("a link or a place that others may change", "`good`", Does("`file: everybody may write to …`, `file: the file is a link to …`"),
        &["library_that_others_may_write_to_is_refused_unless_it_is_trusted_by_name", "link_out_of_the_plugin_folders_is_refused_unless_it_is_trusted_by_name",
          "relative_folders_of_the_environment_are_refused"]),
    ("a file that is changed after it was checked", "`good`, overwritten in place", Does("the host runs the sealed bytes that were tried out"),
        &["copy_that_is_loaded_is_sealed", "library_that_is_overwritten_in_place_goes_on_running", "library_that_broke_since_it_was_found_is_checked_again"]),
    ("`panic = \"abort\"`; changes to the process", "`good`, its metadata changed", Does("`panics: the plugin was built with …`; what else it changes, `pulsewire validate` finds"),
        &["library_that_would_abort_on_a_panic_is_refused"]),
    ("settings of another release", "`migrates`", Does("older ones its plugin brings up to date, or it fails and the file stays; newer ones are read as far as they are known, and not edited"),
        &["run_brings_an_older_section_up_to_date_and_uses_it", "failed_migration_fails_the_plugin_and_leaves_the_file",
          "newer_section_is_used_as_far_as_it_is_known_and_not_edited"]),
    ("a plugin that is off or missing, but used", "`ghost`", Does("its nodes stay as placeholders, told once for each type"),
        &["plugin_that_the_config_names_but_nobody_provides_is_missing", "absence_of_a_plugin_is_told_once"]),
    ("a damaged cache", "`misbehaves`", Does("is ignored; the library is tried out again"),
        &["damaged_cache_is_ignored", "damaged_file_is_ignored"]),
    ("two versions of one plugin", "`good`, twice", Does("the first by path order runs; the other is listed as failed"),
        &["second_library_of_an_id_fails_and_names_the_first"]),
    ("a registration that fails half-way", "`undeclared_node`, `duplicate_node`", Does("nothing of the plugin is there"),
        &["node_type_that_is_not_declared_fails_the_plugin", "node_type_registered_twice_fails_the_plugin"]),
];

fn sound() -> Vec<u8> {
    that_does("none")
}

/// What a host says of the library, without what differs from one build to the next.
fn said_of(library: &[u8], limit: Duration) -> String {
    let cache = tempfile::tempdir().unwrap();
    let report = refusal(&mut host_of(library, safeguards(cache.path(), limit)));
    let message = report.message.split(" at ").next().unwrap_or_default();
    let message = message.split("; it said").next().unwrap_or_default();
    let message = message.replace("/proc/self/fd/0: ", "");
    format!(
        "`{}: {}`",
        report.step,
        without_numbers(&message).replace('`', "'")
    )
}

fn without_numbers(text: &str) -> String {
    let mut parts = Vec::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        parts.push(if digits.len() > 2 {
            part.replacen(digits, "N", 1)
        } else {
            part.to_owned()
        });
    }
    parts.concat()
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (at, (failure, library, outcome, tests)) in ROWS.iter().enumerate() {
        let outcome = match outcome {
            Refuses(library) => said_of(&library(), LONG),
            Waits(library) => said_of(&library(), SHORT),
            Does(what) => (*what).to_owned(),
        };
        let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        let tests = if tests.is_empty() {
            "none".to_owned()
        } else {
            tests.join(", ")
        };
        page += &format!("| {} | {failure} | {library} | {outcome} | {tests} |\n", at + 1);
    }
    page
}

/// The names of all tests below the folder.
fn tests_below(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            let tests = lines.windows(3).filter(|lines| lines[0] == "#[test]");
            let names_of = tests.filter_map(|lines| {
                let line = lines[1..].iter().find_map(|line| line.strip_prefix("fn "))?;
                Some(line.split('(').next()?.to_owned())
            });
            names.extend(names_of);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_row_of_the_table_is_as_it_stands() {
    let found = page();
    let place = artifacts::workspace().join(PAGE);
    if env::var_os("PULSEWIRE_BLESS").is_some() {
        fs::write(&place, &found).unwrap();
    }
    let kept = fs::read_to_string(&place).unwrap_or_default();
    for (found, kept) in found.lines().zip(kept.lines()) {
        assert_eq!(found, kept, "`{PAGE}` is stale; PULSEWIRE_BLESS=1 writes it anew");
    }
    assert_eq!(found.lines().count(), kept.lines().count());
}

#[test]
fn rows_of_the_table_name_tests_that_exist() {
    let mut known = BTreeSet::new();
    for folder in ["tests/it/tests", "tests/harness/tests", "host/src", "host/tests"] {
        tests_below(&artifacts::workspace().join(folder), &mut known);
    }
    for (failure, _, _, tests) in &ROWS {
        for test in *tests {
            assert!(
                known.contains(*test),
                "`{failure}` names `{test}`, which does not exist"
            );
        }
    }
}
