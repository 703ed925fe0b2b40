//! Every bad plugin ends as a report in the registry, while the good one beside it goes on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    process::Command,
};

use pulsewire_harness::{Harness, PluginFolder, fixtures};
use pulsewire_host::plugins::{Entry, Plugins, SearchPath, State, Step, inspect, inspect_bytes};
use pulsewire_plugin_api::value::Value;
use serde_json::json;

use crate::misbehaving::Dice;

/// A host with the good plugin active and everything else of `folder` as far as it goes.
#[track_caller]
fn host_with(folder: PluginFolder) -> Harness {
    let mut host = Harness::in_folder(folder, "good", &BTreeMap::new());
    let engine = host.services();
    let entries = host.plugins().entries().iter();
    let declared: Vec<String> = entries
        .filter(|entry| *entry.state() == State::Declared)
        .map(|entry| entry.id().to_owned())
        .collect();
    for id in declared {
        if host.plugins().load(&id, engine.clone(), &|_| None).is_ok() {
            let _ = host.plugins().activate(&id);
        }
    }
    assert_good_runs(&mut host);
    host
}

/// The good plugin takes a pulse and answers.
#[track_caller]
fn assert_good_runs(host: &mut Harness) {
    assert_eq!(*host.state(), State::Active, "{:?}", host.reports());
    let ran = host.node("good.shout", json!({})).run(["still here"]);
    assert_eq!(ran.outputs, [Value::from("STILL HERE")]);
}

#[track_caller]
fn assert_failed(entry: &Entry, step: Step, words: &str) {
    let State::Failed(reason) = entry.state() else {
        panic!("`{}` is {}", entry.id(), entry.state());
    };
    let report = entry
        .reports()
        .list()
        .pop()
        .expect("a failed plugin has a report");
    assert!(reason.contains(words), "{reason}");
    assert_eq!((report.step, &report.message), (step, reason));
    let hint = report.hint.expect("a failed plugin has a hint");
    assert!(
        !hint.is_empty() && !reason.contains('\n') && reason.len() < 300,
        "{reason}"
    );
}

#[track_caller]
fn get<'a>(host: &'a mut Harness, id: &str) -> &'a Entry {
    host.plugins().get(id).expect("the plugin has an entry")
}

/// The fixture `name` beside the good plugin.
#[track_caller]
fn assert_fixture_fails(name: &str, step: Step, words: &str) {
    let folder = PluginFolder::of([fixtures::path("good"), fixtures::path(name)]);
    let mut host = host_with(folder);
    assert_failed(get(&mut host, name), step, words);
    assert!(host.plugins().added(name).is_none());
}

/// A library of the plugin `evil` beside the good one.
#[track_caller]
fn assert_evil_fails(library: &[u8], step: Step, words: &str) {
    let folder = PluginFolder::of([fixtures::path("good")]);
    folder.add_bytes("evil", library);
    let mut host = host_with(folder);
    assert_failed(get(&mut host, "evil"), step, words);
}

/// The good library with metadata that calls it `evil`, which passes the static checks.
fn evil() -> Vec<u8> {
    let library = fs::read(fixtures::path("good")).expect("the fixture can be read");
    patch_metadata(library, "good", "evil")
}

/// Replaces a text of the metadata by one of the same length, so that nothing in the file moves.
#[track_caller]
fn patch_metadata(mut library: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let Range { start, end } = metadata(&library);
    let mut at = start;
    while let Some(offset) = find(&library[at..end], from.as_bytes()) {
        at += offset;
        library[at..at + to.len()].copy_from_slice(to.as_bytes());
        at += to.len();
    }
    assert_ne!(at, start, "the metadata holds no `{from}`");
    library
}

/// Where the metadata stands in a library.
#[track_caller]
fn metadata(library: &[u8]) -> Range<usize> {
    let start = find(library, b"{\"format\":1,").expect("the library carries metadata");
    let length = find(&library[start..], b"\0").unwrap_or(library.len() - start);
    start..start + length
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[test]
fn panic_in_register_fails_the_plugin() {
    let words = "cannot register: panicked: on purpose, in register";
    assert_fixture_fails("panics_in_register", Step::Register, words);
}

#[test]
fn panic_in_activate_fails_the_plugin() {
    let words = "plugin `panics_in_activate` failed to activate: panicked: on purpose, in activate";
    assert_fixture_fails("panics_in_activate", Step::Activate, words);
}

#[test]
fn node_type_registered_twice_fails_the_plugin() {
    let words = "node type `duplicate_node.on_nothing` is registered twice";
    assert_fixture_fails("duplicate_node", Step::Register, words);
}

#[test]
fn node_type_that_is_not_declared_fails_the_plugin() {
    let words = "`undeclared_node.undeclared` is not declared";
    assert_fixture_fails("undeclared_node", Step::Register, words);
}

#[test]
fn library_that_switches_the_layout_check_off_is_refused() {
    let words = "the library switches the layout check off";
    assert_fixture_fails("unchecked_layout", Step::Layout, words);
}

#[test]
fn library_that_is_no_plugin_is_not_opened() {
    assert_fixture_fails("not_a_plugin", Step::Entry, "exports no plugin");
    #[cfg(target_os = "linux")]
    assert!(!is_mapped("libnot_a_plugin."));
}

#[test]
fn panics_in_nodes_and_threads_leave_the_host_and_their_plugin_active() {
    let names = ["good", "panics_in_node", "panics_in_thread", "panics_in_drop"];
    let mut host = host_with(PluginFolder::of(names.map(fixtures::path)));
    for name in names {
        assert_eq!(
            *host.plugins().get(name).unwrap().state(),
            State::Active,
            "{name}"
        );
    }
    let mut bomb = host.node("panics_in_node.bomb", json!({}));
    let error = bomb.try_run([] as [Value; 0]).unwrap_err();
    assert!(
        error.reason().contains("panicked: on purpose, in a node"),
        "{error:?}"
    );
    host.node("panics_in_thread.bomb", json!({}))
        .run([] as [Value; 0]);
    drop(host.node("panics_in_drop.nothing", json!({})));
    host.plugins().deactivate_all();

    let reports = |host: &mut Harness, id: &str| {
        let reports = host.plugins().get(id).unwrap().reports().list();
        reports
            .into_iter()
            .map(|report| report.message)
            .collect::<Vec<_>>()
    };
    let thread = reports(&mut host, "panics_in_thread");
    assert!(
        thread[0].contains("thread `bomb` panicked: on purpose, on a thread"),
        "{thread:?}"
    );
    let dropped = reports(&mut host, "panics_in_drop");
    assert!(
        dropped[0].contains("on purpose, when the node is dropped"),
        "{dropped:?}"
    );
    assert!(
        dropped[1].contains("on purpose, when the plugin is dropped"),
        "{dropped:?}"
    );
    assert_eq!(*host.state(), State::Declared);
}

#[test]
fn plugin_that_needs_a_newer_host_is_refused_by_its_metadata() {
    let library = patch_metadata(evil(), r#""min_host_api":"1.0""#, r#""min_host_api":"1.9""#);
    assert_evil_fails(&library, Step::Api, "needs a host with plugin-api 1.9 or later");
    let library = patch_metadata(evil(), r#""api":"1.0""#, r#""api":"2.0""#);
    assert_evil_fails(&library, Step::Api, "was built with plugin-api 2.0");
}

#[test]
fn plugin_of_a_newer_minor_that_accepts_this_host_is_loaded() {
    let library = fs::read(fixtures::path("good")).unwrap();
    let folder = PluginFolder::new();
    folder.add_bytes(
        "good",
        &patch_metadata(library, r#""api":"1.0""#, r#""api":"1.9""#),
    );
    host_with(folder);
}

#[test]
fn metadata_that_lies_about_the_code_fails_the_plugin() {
    assert_evil_fails(&evil(), Step::Register, "`good.on_told` is not declared");
}

#[test]
fn library_that_would_abort_on_a_panic_is_refused() {
    let library = patch_metadata(evil(), r#""panic":"unwind""#, r#""panic":"abort" "#);
    // The text has to keep its length, so the space stands behind the closing quotation mark.
    assert_evil_fails(&library, Step::Panics, "`panic = \"abort\"`");
}

#[test]
fn library_under_another_name_is_refused() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    folder.add_bytes("evil", &fs::read(fixtures::path("good")).unwrap());
    let mut host = host_with(folder);
    let words = "holds the plugin `good`, but its file is named for `evil`";
    assert_failed(get(&mut host, "evil"), Step::Metadata, words);
}

#[test]
fn broken_metadata_is_refused() {
    let library = patch_metadata(evil(), r#"{"format":1,"#, r#"{"format"=1,"#);
    assert_evil_fails(&library, Step::Metadata, "no valid description of a plugin");
}

#[test]
fn cut_off_library_is_refused() {
    let library = evil();
    for percent in [1, 5, 25, 50, 75, 99] {
        let cut = &library[..library.len() * percent / 100];
        assert_evil_fails(cut, Step::Segments, "the file is cut off");
    }
}

#[test]
fn damage_never_panics() {
    let whole = fs::read(fixtures::path("good")).unwrap();
    let length = whole.len();
    // What the checks read: the header, the tables at both ends of the file, the metadata.
    let places = [0..64, 0..4096, length - 4096..length, metadata(&whole), 0..length];
    let mut dice = Dice(1);
    let mut damaged = whole.clone();
    let mut ends = BTreeSet::new();
    for _ in 0..1000 {
        let place = &places[dice.below(places.len())];
        let changed: Vec<usize> = (0..=dice.below(8)).map(|_| dice.within(place)).collect();
        for &at in &changed {
            damaged[at] = match dice.below(2) {
                0 => b"{}[]\",:0\0"[dice.below(9)],
                _ => dice.below(256) as u8,
            };
        }
        let cut = match dice.below(8) {
            0 => dice.below(length),
            _ => length,
        };
        ends.insert(match inspect_bytes(&damaged[..cut], "good") {
            Ok(_) => "passed".to_owned(),
            Err(rejection) => format!("{:?}", rejection.step()),
        });
        for at in changed {
            damaged[at] = whole[at];
        }
    }
    // Otherwise the damage would be found early in the file, and the later checks would never see any.
    for end in ["Format", "Segments", "Metadata", "passed"] {
        assert!(ends.contains(end), "none ends as {end}: {ends:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn library_for_another_machine_is_refused() {
    let mut library = evil();
    let (other, name) = if cfg!(target_arch = "aarch64") {
        (62_u16, "x86_64")
    } else {
        (183, "aarch64")
    };
    library[18..20].copy_from_slice(&other.to_ne_bytes());
    assert_evil_fails(&library, Step::Machine, &format!("made for the machine {name}"));
}

#[cfg(target_os = "linux")]
#[test]
fn library_of_another_system_or_word_size_is_refused() {
    let mut library = evil();
    library[7] = 9;
    assert_evil_fails(&library, Step::Format, "an ELF file of the system 9");
    let mut library = evil();
    library[4] = 1;
    assert_evil_fails(&library, Step::Format, "it is a 32-bit ELF file");
}

#[test]
fn files_that_are_no_library_are_refused() {
    assert_evil_fails(b"", Step::Format, "it is empty");
    assert_evil_fails(
        b"Not a library, but a letter.\n",
        Step::Format,
        "it is a text file",
    );
}

#[test]
fn folder_named_like_a_library_is_refused() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    fs::create_dir(folder.place("evil")).unwrap();
    let mut host = host_with(folder);
    assert_failed(get(&mut host, "evil"), Step::File, "it is a folder");
}

#[cfg(unix)]
#[test]
fn fifo_named_like_a_library_is_refused_without_waiting() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    let made = Command::new("mkfifo").arg(folder.place("evil")).status().unwrap();
    assert!(made.success());
    let mut host = host_with(folder);
    assert_failed(get(&mut host, "evil"), Step::File, "it is a FIFO");
}

#[test]
fn second_library_of_an_id_fails_and_names_the_first() {
    let (first, second) = (PluginFolder::new(), PluginFolder::new());
    let first_library = first.add(fixtures::path("good"));
    let second_library = second.add(fixtures::path("good"));
    let search = SearchPath::of_folders([first.path().to_owned(), second.path().to_owned()]);
    let plugins = Plugins::discover(search, &BTreeMap::new());
    let [winner, loser] = plugins.entries() else {
        panic!("{:?}", plugins.entries());
    };
    assert_eq!(
        (winner.state(), winner.path()),
        (&State::Declared, Some(&*first_library))
    );
    assert_eq!(loser.path(), Some(&*second_library));
    assert!(loser.is_shadowed());
    let words = format!(
        "the plugin `good` is there already, from `{}`",
        first_library.display()
    );
    assert_failed(loser, Step::Search, &words);
    assert_eq!(plugins.get("good").unwrap().path(), Some(&*first_library));
}

#[test]
fn node_type_of_somebody_else_fails_the_whole_plugin() {
    let mut host = Harness::discover(fixtures::path("good"));
    let engine = host.services();
    let taken = |id: &str| (id == "good.tell").then(|| "the built-in nodes".to_owned());
    host.plugins().load("good", engine, &taken).unwrap_err();
    let words = "the node type `good.tell` is already there, from the built-in nodes";
    assert_failed(host.entry(), Step::Register, words);
    assert!(host.plugins().added("good").is_none());
}

#[test]
fn plugin_that_the_config_names_but_nobody_provides_is_missing() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    let config = BTreeMap::from([("ghost".to_owned(), true)]);
    let mut host = Harness::in_folder(folder, "good", &config);
    let ghost = host.plugins().get("ghost").unwrap();
    assert_eq!(*ghost.state(), State::Missing);
    assert_eq!(
        ghost.reports().list()[0].message,
        "no folder holds the plugin `ghost`"
    );
    assert!(ghost.path().is_none() && ghost.manifest().is_none());
}

#[test]
fn failed_plugin_gets_another_chance_when_it_is_enabled_again() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    let place = folder.add_bytes("evil", b"nothing yet");
    let mut host = host_with(folder);
    assert_failed(
        host.plugins().get("evil").unwrap(),
        Step::Format,
        "it is a text file",
    );

    fs::write(&place, evil()).unwrap();
    let entry = host.plugins().set_enabled("evil", false);
    assert_eq!(*entry.state(), State::Disabled);
    let entry = host.plugins().set_enabled("evil", true);
    assert_eq!(*entry.state(), State::Declared);
    assert_eq!(entry.reports().list(), []);
    assert_good_runs(&mut host);
}

#[test]
fn library_that_broke_since_it_was_found_is_checked_again() {
    let folder = PluginFolder::new();
    let place = folder.add(fixtures::path("good"));
    let mut host = Harness::in_folder(folder, "good", &BTreeMap::new());
    let whole = fs::read(&place).unwrap();
    fs::write(&place, &whole[..whole.len() / 2]).unwrap();
    host.try_load().unwrap_err();
    assert_failed(host.entry(), Step::Segments, "the file is cut off");
}

#[test]
fn library_replaced_while_it_is_open_goes_on_with_its_old_code_and_says_so() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    let mut host = host_with(folder);
    host.deactivate();
    let library = host.library().to_owned();
    let mut changed = fs::read(&library).unwrap();
    changed.push(0);
    // As an installer does; writing into a mapped library would change the code that runs.
    fs::remove_file(&library).unwrap();
    fs::write(&library, changed).unwrap();
    host.try_load().unwrap();
    host.wait_for_report("its old code goes on running");
    host.activate();
    assert_good_runs(&mut host);
}

#[test]
fn disabled_plugin_is_listed_but_never_opened() {
    let name = "aborts_in_constructor";
    let folder = PluginFolder::of([fixtures::path("good"), fixtures::path(name)]);
    let config = BTreeMap::from([(name.to_owned(), false)]);
    let mut host = Harness::in_folder(folder, "good", &config);
    host.try_load().unwrap();
    host.activate();
    let engine = host.services();
    let refused = host.plugins().load(name, engine, &|_| None).unwrap_err();
    assert_eq!(refused.to_string(), "plugin `aborts_in_constructor` is disabled");
    let entry = host.plugins().get(name).unwrap();
    assert_eq!(*entry.state(), State::Disabled);
    let manifest = entry.manifest().unwrap();
    assert_eq!(manifest.name, "Aborts in Constructor");
    assert_eq!(manifest.description, "Ends the process as soon as it is opened.");
    assert_good_runs(&mut host);
    #[cfg(target_os = "linux")]
    assert!(is_mapped("libgood."), "this test could not see an open library");
    #[cfg(target_os = "linux")]
    assert!(!is_mapped("libaborts_in_constructor."));
}

/// The counter-test: without it, the test above would also pass with a harmless fixture.
#[cfg(unix)]
#[test]
fn opening_the_aborting_plugin_would_end_the_process() {
    use std::os::unix::process::ExitStatusExt;

    let this = std::env::current_exe().unwrap();
    let child = Command::new(this)
        .args([
            "--exact",
            "in_process::child_that_opens_the_aborting_plugin",
            "--ignored",
        ])
        .output()
        .unwrap();
    assert_eq!(child.status.signal(), Some(6), "{child:?}");
}

#[test]
#[ignore = "ends its process; run by the test above"]
fn child_that_opens_the_aborting_plugin() {
    let library = fixtures::path("aborts_in_constructor");
    inspect(&library).unwrap();
    Harness::load(library);
}

/// Whether a file with this in its name is mapped into this process.
#[cfg(target_os = "linux")]
fn is_mapped(name: &str) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").expect("a process can read its own maps");
    maps.contains(name)
}
