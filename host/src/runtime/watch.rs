//! Watching `settings.toml` and the logic.
//!
//! The system tells of changes at once. Because it does not tell of everything (a folder that is put in another's place, a
//! link that is led elsewhere, network drives), a slow look at the files stands behind it; what it finds changed is
//! watched anew. It does not say what changed: that is for the engine to see.

use std::{
    path::{self, Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::places::{Places, Stamps};
use crate::engine::StopHandle;

/// How long the files must have been left alone. Editors write in several steps.
const QUIET: Duration = Duration::from_millis(60);

/// How long files that are never left alone are waited for.
const LONGEST: Duration = Duration::from_millis(500);

/// How often the files are looked at when the system says nothing.
const LOOK: Duration = Duration::from_secs(2);

/// What wakes the watching thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    Changed,
    End,
}

/// Asks the engine for attention when settings or logic were changed; ends when dropped.
pub(super) struct Watch {
    notices: Sender<Notice>,
}

impl Watch {
    /// Watches folders, because editors replace a file by another of its name.
    pub(super) fn new(folder: &Path, handle: StopHandle) -> Option<Self> {
        let (notices, incoming) = channel();
        // The system tells of whole paths.
        let folder = path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let mut following = Following::new(&folder, notices.clone());
        let spawned = thread::Builder::new()
            .name("settings-watch".to_owned())
            .spawn(move || following.run(&incoming, &handle));
        spawned
            .map_err(|error| log::warn!("changes of settings.toml are not followed: {error}"))
            .ok()?;
        Some(Self { notices })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // If the thread is gone, nothing is left to end.
        let _ = self.notices.send(Notice::End);
    }
}

struct Following {
    folder: PathBuf,
    notices: Sender<Notice>,
    places: Places,
    stamps: Stamps,
    /// `None` if the system does not tell; then the looks alone have to do.
    watcher: Option<RecommendedWatcher>,
    has_warned: bool,
}

impl Following {
    fn new(folder: &Path, notices: Sender<Notice>) -> Self {
        let places = Places::of(folder);
        let mut following = Self {
            folder: folder.to_owned(),
            notices,
            stamps: places.stamps(),
            places,
            watcher: None,
            has_warned: false,
        };
        following.watch();
        following
    }

    fn run(&mut self, incoming: &Receiver<Notice>, handle: &StopHandle) {
        loop {
            let has_news = match incoming.recv_timeout(LOOK) {
                Ok(Notice::Changed) => true,
                Ok(Notice::End) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.look(),
            };
            if has_news {
                if !settled(incoming) {
                    return;
                }
                self.look();
                handle.request_attention();
            }
        }
    }

    /// Looks at the files, and goes on where they are now; whether anything is otherwise than before.
    fn look(&mut self) -> bool {
        let places = Places::of(&self.folder);
        let stamps = places.stamps();
        let has_moved = places != self.places;
        let has_changed = has_moved || stamps != self.stamps;
        self.stamps = stamps;
        if has_moved {
            self.places = places;
            self.watch();
        }
        has_changed
    }

    fn watch(&mut self) {
        // Before the new one, so that at no time there are two.
        self.watcher = None;
        let (notices, names) = (self.notices.clone(), self.places.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if concerns(&event, &names) {
                // When the thread is gone, nobody wants to know.
                let _ = notices.send(Notice::Changed);
            }
        });
        let watched = watcher.and_then(|mut watcher| {
            for folder in self.places.folders() {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        match watched {
            Ok(watcher) => self.watcher = Some(watcher),
            // What vanished in between is found by the next look.
            Err(error) if !self.has_warned && self.places.are_there() => {
                self.has_warned = true;
                log::warn!(
                    "changes of settings.toml are noticed only every {} s: {error}",
                    LOOK.as_secs()
                );
            }
            Err(_) => {}
        }
    }
}

/// Whether one of the files may have changed; when events were lost, nobody knows.
fn concerns(event: &notify::Result<notify::Event>, places: &Places) -> bool {
    let Ok(event) = event else {
        return true;
    };
    event.need_rescan() || (!event.kind.is_access() && event.paths.iter().any(|path| places.concern(path)))
}

/// Waits until the files are left alone, but not for ever; `false` at the end.
fn settled(incoming: &Receiver<Notice>) -> bool {
    let latest = Instant::now() + LONGEST;
    loop {
        let left = latest.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        match incoming.recv_timeout(QUIET.min(left)) {
            Ok(Notice::Changed) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Ok(Notice::End) | Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc::sync_channel};

    use notify::{
        Event, EventKind,
        event::{AccessKind, Flag, ModifyKind},
    };

    use super::*;

    #[test]
    fn file_that_is_never_left_alone_is_read_all_the_same() {
        let (changed, changes) = sync_channel(0);
        let begin = Instant::now();
        let limit = LONGEST * 20;
        let writer = thread::spawn(
            move || {
                while begin.elapsed() < limit && changed.send(Notice::Changed).is_ok() {}
            },
        );
        assert!(settled(&changes));
        assert!(begin.elapsed() < limit, "took {:?}", begin.elapsed());
        drop(changes);
        writer.join().unwrap();
    }

    #[test]
    fn end_of_the_watch_is_no_change() {
        let (changed, changes) = channel();
        changed.send(Notice::End).unwrap();
        assert!(!settled(&changes));
        drop(changed);
        assert!(!settled(&changes));
    }

    #[test]
    fn events_that_were_lost_count_as_a_change() {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("settings.toml"), "").unwrap();
        let places = Places::of(project.path());
        let at = |name: &str| project.path().join(name);
        let other = Event::new(EventKind::Modify(ModifyKind::Any)).add_path(at("other.toml"));
        assert!(!concerns(&Ok(other.clone()), &places));
        assert!(concerns(&Ok(other.add_path(at("settings.toml"))), &places));
        let read = Event::new(EventKind::Access(AccessKind::Any)).add_path(at("settings.toml"));
        assert!(!concerns(&Ok(read), &places));
        assert!(concerns(
            &Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)),
            &places
        ));
        assert!(concerns(&Err(notify::Error::generic("lost")), &places));
    }

    #[test]
    fn look_notices_what_the_system_did_not_tell() {
        let parent = tempfile::tempdir().unwrap();
        let project = parent.path().join("project");
        fs::create_dir(&project).unwrap();
        fs::write(project.join("settings.toml"), "format = 1").unwrap();
        let (notices, _incoming) = channel();
        let mut following = Following::new(&project, notices);
        assert!(!following.look());
        fs::write(project.join("settings.toml"), "format = 1\n").unwrap();
        assert!(following.look());
        assert!(!following.look());

        fs::rename(&project, parent.path().join("away")).unwrap();
        assert!(following.look());
        assert!(!following.look());
        fs::rename(parent.path().join("away"), &project).unwrap();
        assert!(following.look());
        assert!(following.watcher.is_some());
        assert!(!following.look());
    }
}
