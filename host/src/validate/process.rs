//! What a plugin can change in the process around it: threads, other processes, open files, the current folder, the
//! environment, signals.
//!
//! All but folder and environment is read from `/proc`, and so on Linux only.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
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
    /// All that this process has started, and what they have started, by their numbers.
    processes: BTreeMap<u32, String>,
    /// By their numbers, with what they lead to.
    files: Option<BTreeMap<u32, PathBuf>>,
    /// The signals that are caught, those that are ignored, and which rights new files don't get.
    signals: Option<String>,
    umask: Option<String>,
}

impl Snapshot {
    pub(super) fn take() -> Self {
        Self {
            folder: env::current_dir().ok(),
            environment: env::vars_os().collect(),
            threads: threads().ok(),
            processes: descendants(),
            files: files().ok(),
            signals: status(&["SigCgt:", "SigIgn:"]),
            umask: status(&["Umask:"]),
        }
    }

    /// What is other than at `self`, a sentence each; of threads, processes and files those that are there in addition.
    pub(super) fn changes(&self) -> Vec<String> {
        let now = Self::take();
        let mut changes = self.changes_of_surroundings();
        changes.extend(self.newcomers(&now));
        if let (Some(before), Some(now)) = (&self.files, &now.files) {
            let more = now.keys().filter(|file| !before.contains_key(file)).count();
            if more > 0 {
                changes.push(format!("{more} more files are open"));
            }
        }
        changes
    }

    /// What is other with the folder, the environment, signals, and files that were open.
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
        // What can't be read any more says nothing.
        let is_other = |before: &Option<String>, now: &Option<String>| now.is_some() && before != now;
        if is_other(&self.signals, &now.signals) {
            changes.push("signals are caught or ignored that were not".to_owned());
        }
        if is_other(&self.umask, &now.umask) {
            changes.push("the mask of the rights of new files is another".to_owned());
        }
        if let (Some(before), Some(now)) = (&self.files, &now.files) {
            let gone = before.iter().filter(|(file, leads)| now.get(file) != Some(leads));
            let gone: Vec<String> = gone.map(|(file, _)| file.to_string()).collect();
            if !gone.is_empty() {
                let gone = gone.join(", ");
                changes.push(format!("open files of the host are closed, or others: {gone}"));
            }
        }
        changes.dedup();
        changes
    }

    fn newcomers(&self, now: &Self) -> Vec<String> {
        let mut newcomers = Vec::new();
        if let (Some(before), Some(now)) = (&self.threads, &now.threads) {
            let more = now.iter().filter(|(number, _)| !before.contains_key(number));
            newcomers.extend(more.map(|(_, name)| format!("the thread `{name}` runs")));
        }
        let more = now.processes.iter();
        let more = more.filter(|(number, _)| !self.processes.contains_key(number));
        newcomers.extend(more.map(|(_, name)| format!("the process `{name}` runs")));
        newcomers
    }

    /// The threads and processes that run in addition and have not ended within `limit`.
    pub(super) fn left_running(&self, limit: Duration) -> Vec<String> {
        let deadline = Instant::now() + limit;
        loop {
            let left = self.newcomers(&Self::take());
            if left.is_empty() || Instant::now() >= deadline {
                return left;
            }
            // Nobody tells when a thread of a stranger ends.
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// How many files are open; nothing where that cannot be known.
    pub(super) fn open_files(&self) -> Option<usize> {
        self.files.as_ref().map(BTreeMap::len)
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

/// Has processes that are left alone by whoever started them become children of this one, if that is theirs at all.
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpid, set_child_subreaper};
        let _ = set_child_subreaper(Some(getpid()));
    }
}

/// The processes that this one has started, and those that these have started, by their numbers, with their names.
pub(super) fn descendants() -> BTreeMap<u32, String> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all: Vec<_> = all
        .filter_map(|process| {
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            // NUMBER (NAME) STATE PARENT …, where the name may hold anything.
            let (head, tail) = stat.rsplit_once(") ")?;
            let (_, name) = head.split_once(" (")?;
            let mut tail = tail.split(' ');
            let is_dead = matches!(tail.next()?, "Z" | "X");
            let parent: u32 = tail.next()?.parse().ok()?;
            (!is_dead).then_some((number(&process)?, parent, name.to_owned()))
        })
        .collect();
    let mut found = BTreeMap::new();
    let mut parents = vec![std::process::id()];
    while let Some(parent) = parents.pop() {
        for (number, _, name) in all.iter().filter(|(_, its_parent, _)| *its_parent == parent) {
            parents.push(*number);
            found.insert(*number, name.clone());
        }
    }
    found
}

/// Kills these processes.
pub(super) fn kill(processes: &BTreeMap<u32, String>) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        for number in processes.keys() {
            if let Some(pid) = i32::try_from(*number).ok().and_then(Pid::from_raw) {
                // It fails if it has ended meanwhile.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
    #[cfg(not(unix))]
    let _ = processes;
}

/// All processes but this one whose environment says `name=value`, by their numbers, with their names. They have it from
/// whoever started them.
pub(super) fn marked(name: &str, value: &OsStr) -> BTreeMap<u32, String> {
    let mark = [name.as_bytes(), b"=", value.as_encoded_bytes()].concat();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let marked = all.filter_map(|process| {
        let pid = number(&process).filter(|pid| *pid != std::process::id())?;
        // Those of others can't be read; those that are dead have none.
        let environment = fs::read(process.path().join("environ")).ok()?;
        let is_marked = environment.split(|byte| *byte == 0).any(|entry| entry == mark);
        let name = || fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        is_marked.then(|| (pid, name().trim().to_owned()))
    });
    marked.collect()
}

fn files() -> io::Result<BTreeMap<u32, PathBuf>> {
    let mut files = BTreeMap::new();
    for file in fs::read_dir("/proc/self/fd")? {
        let file = file?;
        // The folder that is being read is a file too, and gone afterwards.
        let leads = fs::read_link(file.path()).unwrap_or_default();
        if !leads.ends_with("fd") {
            files.extend(number(&file).map(|number| (number, leads)));
        }
    }
    Ok(files)
}

fn number(entry: &fs::DirEntry) -> Option<u32> {
    entry.file_name().to_str()?.parse().ok()
}

/// These lines of what the system says of this process.
fn status(names: &[&str]) -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let named = |line: &&str| names.iter().any(|name| line.starts_with(name));
    Some(status.lines().filter(named).collect())
}

/// How much memory the process holds, in bytes; nothing where that cannot be known.
pub(super) fn resident_memory() -> Option<u64> {
    let line = status(&["VmRSS:"])?;
    let kilobytes: u64 = line
        .strip_prefix("VmRSS:")?
        .trim()
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    Some(kilobytes * 1024)
}
