//! How `pulsewire run` ends, and what it does when nobody reads.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use pulsewire_it::{
    artifacts,
    project::{Project, graph},
};

fn counting_project() -> Project {
    let lines = "
         begin: events.on_initialize
         tick: utilities.start_interval { seconds = 0.01 }
         show: development.console { input = \"tick\" }
         begin.out -> tick.in
         tick.out -> show.in";
    Project::new("", &graph(lines))
}

#[test]
fn sighup_ends_a_run_cleanly() {
    let project = counting_project();
    let mut running = project.run(&[]);
    running.wait_for("tick");
    signal(running.pid(), "HUP");
    running.ends_with(0);
}

#[test]
fn second_signal_ends_the_process_with_its_code() {
    // This plugin takes two seconds to end.
    let folder = artifacts::profile_dir().join("fixtures/lingers");
    let plugins = tempfile::tempdir().unwrap();
    std::fs::create_dir(plugins.path().join("lingers")).unwrap();
    for library in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        std::fs::copy(
            library.path(),
            plugins.path().join("lingers").join(library.file_name()),
        )
        .unwrap();
    }
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let project = counting_project().with_plugins_first(plugins.path().to_owned());
        let mut running = project.run(&[]);
        running.wait_for("tick");
        signal(running.pid(), "TERM");
        let end = std::time::Instant::now() + pulsewire_it::project::PATIENCE;
        while !running.log().contains("once more ends at once") {
            assert!(std::time::Instant::now() < end, "{}", running.log());
            std::thread::yield_now();
        }
        signal(running.pid(), name);
        running.ends_with(code);
    }
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn run_goes_on_and_says_so_when_nobody_reads_its_console() {
    let project = counting_project();
    let mut child = started(&project, &["run", "--for", "1s"], Stdio::piped());
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    drop(reader);
    let ended = child.wait_with_output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{log}");
    assert_eq!(
        log.matches("the console cannot be written any more").count(),
        1,
        "{log}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_below_the_console_is_told_in_the_right_words() {
    let project = counting_project();
    let full = std::fs::File::create("/dev/full").unwrap();
    let ended = started(&project, &["run", "--for", "200ms"], full.into());
    let ended = ended.wait_with_output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{log}");
    assert_eq!(
        log.matches("the console cannot be written any more").count(),
        1,
        "{log}"
    );
    assert!(!log.contains("answer"), "{log}");
}

fn started(project: &Project, arguments: &[&str], stdout: Stdio) -> std::process::Child {
    let mut command = Command::new(artifacts::pulsewire());
    command.arg("--project").arg(project.folder()).args(arguments);
    command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap()
}
