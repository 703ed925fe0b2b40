//! A library that crashed or hung when it was tried out is not opened again until its bytes change or somebody asks.

use std::{collections::BTreeMap, fs, path::PathBuf};

use pulsewire_harness::{Harness, LONG, PluginFolder};
use pulsewire_host::plugins::{Probe, Safeguards, State, Step};
use pulsewire_it::{
    processes,
    project::{Project, graph},
};

use crate::misbehaving::{ID, NUMBER_FILE, host_of, only_known, refusal, safeguards, that_does};

#[test]
fn library_in_quarantine_fails_without_being_tried_out() {
    let cache = tempfile::tempdir().unwrap();
    let library = that_does("abort when opened");
    refusal(&mut host_of(&library, safeguards(cache.path(), LONG)));

    let host = host_of(&library, only_known(cache.path()));
    let State::Failed(reason) = host.state() else {
        panic!("{}", host.state())
    };
    assert!(
        reason.starts_with("the library is in quarantine: it ended its process with SIGABRT"),
        "{reason}"
    );
    let report = host.reports().pop().unwrap();
    assert_eq!(report.step, Step::Probe);
    assert!(
        report
            .hint
            .unwrap()
            .contains("`pulsewire plugins retry misbehaves`")
    );
}

#[test]
fn other_bytes_are_tried_out() {
    let cache = tempfile::tempdir().unwrap();
    refusal(&mut host_of(
        &that_does("abort when opened"),
        safeguards(cache.path(), LONG),
    ));
    host_of(&that_does("none"), safeguards(cache.path(), LONG))
        .try_load()
        .unwrap();
}

#[test]
fn library_that_is_mended_runs_when_it_is_enabled_again() {
    let cache = tempfile::tempdir().unwrap();
    let folder = PluginFolder::new();
    let place = folder.add_bytes(ID, &that_does("abort when opened"));
    let mut host = Harness::guarded(folder, ID, &BTreeMap::new(), safeguards(cache.path(), LONG));
    refusal(&mut host);
    assert!(matches!(
        host.plugins().set_enabled(ID, true).state(),
        State::Failed(_)
    ));
    fs::write(place, that_does("none")).unwrap();
    assert_eq!(*host.plugins().set_enabled(ID, true).state(), State::Declared);
    host.try_load().unwrap();
}

fn project(library: &[u8]) -> Project {
    let console = "begin: events.on_initialize\n\
                   say: development.console { data_type = \"String\", input = \"alive\" }\n\
                   end: utilities.exit\nact: misbehaves.act\n\
                   begin.out -> say.in\nsay.out -> end.in";
    let project = Project::new("", &graph(console)).with_good_plugin();
    let place = project.folder().join("plugin-folder").join(ID);
    fs::create_dir_all(&place).unwrap();
    fs::write(
        place.join(format!("lib{ID}{}", std::env::consts::DLL_SUFFIX)),
        library,
    )
    .unwrap();
    project
}

#[test]
fn crashing_library_leaves_the_project_running_and_stands_in_the_lists() {
    let project = project(&that_does("segfault when opened"));
    let ran = project.pulsewire(&["run"]);
    assert!(ran.with_code(0).contains("alive"), "{ran:#?}");
    assert!(
        ran.stderr
            .contains("probe: the library ended its process with SIGSEGV"),
        "{ran:#?}"
    );

    let again = project.pulsewire(&["run"]);
    assert!(again.with_code(0).contains("alive"), "{again:#?}");
    let list = project.pulsewire(&["plugins", "list"]);
    assert!(
        list.with_code(0).contains("the library is in quarantine"),
        "{list:#?}"
    );

    let retried = project.pulsewire(&["plugins", "retry", ID]);
    retried.with_code(1);
    assert!(
        retried.stderr.contains("ended its process with SIGSEGV"),
        "{retried:#?}"
    );
}

#[test]
fn library_that_is_slow_is_in_quarantine_after_three_trials_unless_it_gets_more_time() {
    let project = project(&that_does("none"));
    let with_no_time =
        |arguments: &[&str]| project.pulsewire(&[&["--probe-limit", "0.001ms"], arguments].concat());
    for _ in 0..3 {
        let list = with_no_time(&["plugins", "list"]);
        assert!(!list.with_code(0).contains("quarantine"), "{list:#?}");
        let slow = with_no_time(&["plugins", "retry", ID]);
        slow.with_code(1);
        assert!(
            slow.stderr
                .contains("did not open and register within 0.000001 s"),
            "{slow:#?}"
        );
    }
    let list = with_no_time(&["plugins", "list"]);
    assert!(
        list.with_code(0).contains("the library is in quarantine"),
        "{list:#?}"
    );
    let list = project.pulsewire(&["plugins", "list"]);
    assert!(!list.with_code(0).contains("quarantine"), "{list:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_hanging_library_started_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let number = folder.path().join("number");
    let project = project(&that_does("start and hang when opened"))
        .with_variable(NUMBER_FILE, &number.to_string_lossy());
    let retried = project.pulsewire(&["--probe-limit", "2s", "plugins", "retry", ID]);
    assert!(
        retried.stderr.contains("did not open and register within 2 s"),
        "{retried:#?}"
    );
    processes::wait_for_end(processes::number_in(&number));
}

/// The project with its sound library in quarantine.
fn wrongly_blamed() -> (Project, PathBuf) {
    let project = project(&that_does("none"));
    let retried = project.pulsewire(&["plugins", "retry", ID]);
    assert!(
        retried.with_code(0).contains("it was in no quarantine"),
        "{retried:#?}"
    );
    let verdicts = project.cache().join("verdicts");
    let file = fs::read_dir(&verdicts).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    let blame = text.replace("\"good\"", "{\"quarantined\":{\"reason\":\"ended\"}}");
    assert_ne!(text, blame);
    fs::write(&file, blame).unwrap();
    let list = project.pulsewire(&["plugins", "list"]);
    assert!(
        list.with_code(0).contains("the library is in quarantine"),
        "{list:#?}"
    );
    (project, file)
}

#[test]
fn retry_ends_the_quarantine_of_a_sound_library() {
    let (project, _) = wrongly_blamed();
    let retried = project.pulsewire(&["plugins", "retry", ID]);
    assert!(
        retried.with_code(0).contains("its quarantine is over"),
        "{retried:#?}"
    );
    let list = project.pulsewire(&["plugins", "list"]);
    assert!(!list.with_code(0).contains("quarantine"), "{list:#?}");
}

#[test]
fn retry_says_that_its_verdict_cannot_be_kept() {
    let (project, file) = wrongly_blamed();
    // Nobody can write a file there, not even root.
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("occupied")).unwrap();
    let retried = project.pulsewire(&["plugins", "retry", ID]);
    retried.with_code(1);
    assert!(retried.stderr.contains("that cannot be kept"), "{retried:#?}");
}

#[test]
fn retry_opens_no_library_of_another_hash_than_the_settings_say() {
    let project = project(&that_does("none"));
    let hash = "0".repeat(64);
    project.write(
        "settings.toml",
        &format!("format = 1\n[plugins.{ID}]\nsha256 = \"{hash}\"\n"),
    );
    let retried = project.pulsewire(&["plugins", "retry", ID]);
    retried.with_code(1);
    assert!(retried.stderr.contains(&hash), "{retried:#?}");
    assert!(!project.cache().join("verdicts").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn library_whose_trial_somebody_ended_is_in_no_quarantine() {
    for signal in ["TERM", "INT", "HUP", "KILL"] {
        let cache = tempfile::tempdir().unwrap();
        let kill = format!("kill -{signal} $$");
        // Whoever started the tests may ignore some of the signals, and a shell cannot change that.
        let arguments = ["--default-signal", "sh", "-c", &kill].map(Into::into);
        let ended = Safeguards {
            probe: Some(Probe::new("/usr/bin/env".into(), arguments)),
            ..only_known(cache.path())
        };
        let report = refusal(&mut host_of(&that_does("none"), ended));
        assert!(report.message.contains("could not be tried out"), "{report}");
        let again = &mut host_of(&that_does("none"), safeguards(cache.path(), LONG));
        again.try_load().unwrap();
    }
}
