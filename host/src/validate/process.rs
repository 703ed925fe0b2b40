//! What a plugin can change in the process around it: threads, open files, the current folder, the environment, signals.
//!
//! Threads, files and signals are read from `/proc`, and so on Linux only.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fs, io,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// The state of the process at one moment.
pub(super) struct Snapshot {
    folder: Option<PathBuf>,
    environment: BTreeMap<OsString, OsString>,
    /// By their numbers.
    threads: Option<BTreeMap<u32, String>>,
    files: Option<BTreeSet<u32>>,
    /// The signals that are caught, and those that are ignored.
    signals: Option<Vec<String>>,
}

impl Snapshot {
    pub(super) fn take() -> Self {
        Self {
            folder: env::current_dir().ok(),
            environment: env::vars_os().collect(),
            threads: threads().ok(),
            files: files().ok(),
            signals: signals(),
        }
    }

    /// What is other than at `self`, a sentence each; of threads and files those that are there in addition.
    pub(super) fn changes(&self) -> Vec<String> {
        let now = Self::take();
        let mut changes = self.changes_of_surroundings();
        changes.extend(self.new_threads(&now));
        if let (Some(before), Some(now)) = (&self.files, &now.files) {
            let more = now.difference(before).count();
            if more > 0 {
                changes.push(format!("{more} more files are open"));
            }
        }
        changes
    }

    /// As [`changes`](Self::changes), of the folder, the environment and signals alone.
    pub(super) fn changes_of_surroundings(&self) -> Vec<String> {
        let now = Self::take();
        let mut changes = Vec::new();
        if now.folder != self.folder {
            changes.push("the current folder is another".to_owned());
        }
        for name in self.environment.keys().chain(now.environment.keys()) {
            if self.environment.get(name) != now.environment.get(name) {
                changes.push(format!("the environment variable `{}` changed", name.display()));
            }
        }
        if now.signals != self.signals {
            changes.push("signals are caught or ignored that were not".to_owned());
        }
        changes.dedup();
        changes
    }

    fn new_threads(&self, now: &Self) -> Vec<String> {
        let (Some(before), Some(now)) = (&self.threads, &now.threads) else {
            return Vec::new();
        };
        let more = now.iter().filter(|(number, _)| !before.contains_key(number));
        more.map(|(_, name)| format!("the thread `{name}` runs"))
            .collect()
    }

    /// The threads that run in addition and have not ended within `limit`.
    pub(super) fn threads_left(&self, limit: Duration) -> Vec<String> {
        let deadline = Instant::now() + limit;
        loop {
            let left = self.new_threads(&Self::take());
            if left.is_empty() || Instant::now() >= deadline {
                return left;
            }
            // Nobody tells when a thread of a stranger ends.
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// How many files are open; nothing where that cannot be known.
    pub(super) fn open_files(&self) -> Option<usize> {
        self.files.as_ref().map(BTreeSet::len)
    }
}

fn threads() -> io::Result<BTreeMap<u32, String>> {
    let mut threads = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?;
        // One that has ended meanwhile has no name any more, and does not count.
        if let (Some(number), Ok(name)) = (number(&task), fs::read_to_string(task.path().join("comm"))) {
            threads.insert(number, name.trim().to_owned());
        }
    }
    Ok(threads)
}

fn files() -> io::Result<BTreeSet<u32>> {
    let mut files = BTreeSet::new();
    for file in fs::read_dir("/proc/self/fd")? {
        let file = file?;
        // The folder that is being read is a file too, and gone afterwards.
        let leads = fs::read_link(file.path()).unwrap_or_default();
        if !leads.ends_with("fd") {
            files.extend(number(&file));
        }
    }
    Ok(files)
}

fn number(entry: &fs::DirEntry) -> Option<u32> {
    entry.file_name().to_str()?.parse().ok()
}

fn signals() -> Option<Vec<String>> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let of_interest = |line: &&str| line.starts_with("SigCgt") || line.starts_with("SigIgn");
    Some(status.lines().filter(of_interest).map(str::to_owned).collect())
}

/// How much memory the process holds, in bytes; nothing where that cannot be known.
pub(super) fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
