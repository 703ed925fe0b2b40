//! Processes that a test has not started itself.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::project::PATIENCE;

/// Waits until the number of a process stands in the file.
#[track_caller]
pub fn number_in(file: &Path) -> u32 {
    let end = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let Ok(number) = text.parse() {
            return number;
        }
        assert!(Instant::now() < end, "`{}` holds `{text}`", file.display());
        // The process that writes it is nobody's child.
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the process of that number has ended.
#[track_caller]
pub fn wait_for_end(pid: u32) {
    let end = Instant::now() + PATIENCE;
    while is_alive(pid) {
        assert!(Instant::now() < end, "process {pid} lives on");
        // Nobody tells of the end of a process that is not one's own.
        thread::sleep(Duration::from_millis(5));
    }
}

/// One that has ended may wait for its new parent to notice.
fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}
