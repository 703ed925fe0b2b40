//! A library is tried out in a child process before the host opens it.

use std::{collections::BTreeMap, fs};

use pulsewire_harness::{Harness, LONG, PluginFolder, fixtures};
use pulsewire_host::plugins::{Safeguards, State, Step};
use pulsewire_plugin_api::value::Value;
use serde_json::json;

use crate::misbehaving::{
    SHORT, assert_refused, assert_refused_in_time, host_of, only_known, refusal, safeguards, that_does,
};

#[test]
fn sound_library_is_tried_out_and_loaded() {
    let cache = tempfile::tempdir().unwrap();
    let mut host = host_of(&that_does("none"), safeguards(cache.path(), LONG));
    host.try_load().unwrap();
    host.activate();
    host.node("misbehaves.act", json!({})).run([] as [Value; 0]);
    assert_eq!(host.reports(), []);
}

#[test]
fn library_that_ends_its_process_is_refused_with_the_signal() {
    assert_refused_in_time("abort when opened", "the library ended its process with SIGABRT");
    assert_refused_in_time(
        "segfault when opened",
        "the library ended its process with SIGSEGV",
    );
    assert_refused_in_time("throw when opened", "the library ended its process with SIGABRT");
}

#[test]
fn last_words_of_a_library_are_told() {
    assert_refused_in_time("throw when opened", "; it said: `");
}

#[test]
fn library_that_ends_its_process_as_if_all_were_well_is_refused() {
    assert_refused_in_time(
        "exit when opened",
        "the library ended its process with exit code 0",
    );
    assert_refused_in_time(
        "answer when opened",
        "the library ended its process with exit code 0",
    );
}

#[test]
fn library_that_cuts_itself_off_is_refused() {
    assert_refused_in_time(
        "close files when opened",
        "the library closed all files of its process",
    );
}

#[test]
fn library_that_hangs_is_refused_when_the_time_is_up() {
    let words = "the library did not open and register within 0.5 s";
    assert_refused("hang when opened", SHORT, words);
    assert_refused("hang when it registers", SHORT, words);
}

#[test]
fn failure_in_good_order_keeps_its_step_and_words() {
    let cache = tempfile::tempdir().unwrap();
    let mut host = host_of(&that_does("panic when made"), safeguards(cache.path(), LONG));
    let report = refusal(&mut host);
    assert_eq!(report.step, Step::Create);
    assert!(report.message.contains("on purpose, when made"), "{report}");
    let kept = fs::read_dir(cache.path().join("verdicts")).map(Iterator::count);
    assert_eq!(
        kept.unwrap_or(0),
        0,
        "only crashes and good libraries are known for good"
    );
}

#[test]
fn host_that_cannot_try_a_library_out_does_not_open_it() {
    let cache = tempfile::tempdir().unwrap();
    let mut host = host_of(&that_does("none"), only_known(cache.path()));
    let report = refusal(&mut host);
    assert_eq!(report.step, Step::Probe);
    assert!(
        report.message.contains("`/nowhere/pulsewire` cannot be started"),
        "{report}"
    );
}

#[test]
fn library_is_tried_out_once() {
    let cache = tempfile::tempdir().unwrap();
    let library = that_does("none");
    host_of(&library, safeguards(cache.path(), LONG))
        .try_load()
        .unwrap();
    host_of(&library, only_known(cache.path())).try_load().unwrap();
}

#[test]
fn damaged_cache_is_ignored() {
    let cache = tempfile::tempdir().unwrap();
    let library = that_does("none");
    host_of(&library, safeguards(cache.path(), LONG))
        .try_load()
        .unwrap();
    for file in fs::read_dir(cache.path().join("verdicts")).unwrap() {
        fs::write(file.unwrap().path(), b"\0\xff{").unwrap();
    }
    refusal(&mut host_of(&library, only_known(cache.path())));
    host_of(&library, safeguards(cache.path(), LONG))
        .try_load()
        .unwrap();
    host_of(&library, only_known(cache.path())).try_load().unwrap();
}

#[test]
fn library_that_is_overwritten_in_place_goes_on_running() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    let mut host = Harness::guarded(folder, "good", &BTreeMap::new(), Safeguards::default());
    host.try_load().unwrap();
    host.activate();
    let library = host.library().to_owned();
    let length = fs::metadata(&library).unwrap().len() as usize;
    fs::write(&library, vec![0; length]).unwrap();
    fs::write(&library, b"cut").unwrap();
    assert_eq!(*host.state(), State::Active);
    let ran = host.node("good.shout", json!({})).run(["still here"]);
    assert_eq!(ran.outputs, [Value::from("STILL HERE")]);
    host.deactivate();
}

/// Nobody can write into what was tried out, not even through the memory that holds it.
#[cfg(target_os = "linux")]
#[test]
fn copy_that_is_loaded_is_sealed() {
    // A library that no other test here loads: theirs may still be on their way to being sealed.
    let folder = PluginFolder::of([fixtures::path("lamp")]);
    let mut host = Harness::guarded(folder, "lamp", &BTreeMap::new(), Safeguards::default());
    host.try_load().unwrap();
    let copies = fs::read_dir("/proc/self/fd").unwrap().flatten().filter(|file| {
        let leads_to = fs::read_link(file.path()).unwrap_or_default();
        leads_to.to_string_lossy().starts_with("/memfd:liblamp")
    });
    let copies: Vec<_> = copies.collect();
    assert!(!copies.is_empty());
    for copy in copies {
        let opened = fs::OpenOptions::new().write(true).open(copy.path());
        let error = opened.and_then(|mut file| std::io::Write::write_all(&mut file, b"x"));
        assert_eq!(error.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
    }
}
