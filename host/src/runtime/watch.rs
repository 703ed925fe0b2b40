//! Watching `settings.toml`.
//!
//! Where it is a symbolic link, the file behind it is watched too. A link that is led elsewhere later counts as a change,
//! but the new file behind it is watched from the next start on only.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::engine::StopHandle;

/// How long the file must have been left alone. Editors write in several steps.
const QUIET: Duration = Duration::from_millis(60);

/// How long a file that is never left alone is waited for.
const LONGEST: Duration = Duration::from_millis(500);

/// Asks the engine for attention when the settings file was changed; ends when dropped.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Watches the folder, because editors replace the file by another of its name.
    pub(super) fn new(folder: &Path, handle: StopHandle) -> Option<Self> {
        let places = places(&super::settings_file(folder))?;
        let names: Vec<OsString> = places.iter().map(|(_, name)| name.clone()).collect();
        let (changed, changes) = channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if concerns(&event, &names) {
                // The receiver lives as long as the watcher.
                let _ = changed.send(());
            }
        });
        let watched = watcher.and_then(|mut watcher| {
            for (folder, _) in &places {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        let watcher = watched
            .map_err(|error| log::warn!("changes of settings.toml are not followed: {error}"))
            .ok()?;
        let spawned = thread::Builder::new()
            .name("settings-watch".to_owned())
            .spawn(move || follow(&changes, &handle));
        spawned
            .map_err(|error| log::warn!("changes of settings.toml are not followed: {error}"))
            .ok()?;
        Some(Self { _watcher: watcher })
    }
}

/// The folders to watch, each with the name that counts in it: of the file, and of the one that it leads to.
fn places(file: &Path) -> Option<Vec<(PathBuf, OsString)>> {
    let place = |file: &Path| Some((file.parent()?.to_owned(), file.file_name()?.to_owned()));
    let mut places = vec![place(file)?];
    let behind = fs::canonicalize(file).ok().as_deref().and_then(place);
    let folder = fs::canonicalize(&places[0].0).ok();
    if let Some(behind) =
        behind.filter(|(behind, name)| (Some(behind), name) != (folder.as_ref(), &places[0].1))
    {
        places.push(behind);
    }
    Some(places)
}

/// Whether one of the files may have changed; when events were lost, nobody knows.
fn concerns(event: &notify::Result<notify::Event>, names: &[OsString]) -> bool {
    let Ok(event) = event else {
        return true;
    };
    let is_named = |path: &PathBuf| names.iter().any(|name| path.file_name() == Some(name));
    event.need_rescan() || (!event.kind.is_access() && event.paths.iter().any(is_named))
}

/// Ends when the watcher, and with it the sender, is dropped.
fn follow(changes: &Receiver<()>, handle: &StopHandle) {
    while changes.recv().is_ok() && settled(changes) {
        handle.request_attention();
    }
}

/// Waits until the file is left alone, but not for ever; `false` if the sender was dropped.
fn settled(changes: &Receiver<()>) -> bool {
    let latest = Instant::now() + LONGEST;
    loop {
        let left = latest.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        match changes.recv_timeout(QUIET.min(left)) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

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
                while begin.elapsed() < limit && changed.send(()).is_ok() {}
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
        drop(changed);
        assert!(!settled(&changes));
    }

    #[test]
    fn events_that_were_lost_count_as_a_change() {
        let names = [OsString::from("settings.toml")];
        let other = Event::new(EventKind::Modify(ModifyKind::Any)).add_path("/p/other.toml".into());
        assert!(!concerns(&Ok(other.clone()), &names));
        assert!(concerns(&Ok(other.add_path("/p/settings.toml".into())), &names));
        let read = Event::new(EventKind::Access(AccessKind::Any)).add_path("/p/settings.toml".into());
        assert!(!concerns(&Ok(read), &names));
        assert!(concerns(
            &Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)),
            &names
        ));
        assert!(concerns(&Err(notify::Error::generic("lost")), &names));
    }

    #[cfg(unix)]
    #[test]
    fn file_behind_a_link_is_watched_too() {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join("settings.toml");
        fs::write(&file, "").unwrap();
        let own = (project.path().to_owned(), OsString::from("settings.toml"));
        assert_eq!(places(&file).unwrap(), std::slice::from_ref(&own));

        let elsewhere = tempfile::tempdir().unwrap();
        let shared = elsewhere.path().join("shared.toml");
        fs::rename(&file, &shared).unwrap();
        std::os::unix::fs::symlink(&shared, &file).unwrap();
        let behind = (
            elsewhere.path().canonicalize().unwrap(),
            OsString::from("shared.toml"),
        );
        assert_eq!(places(&file).unwrap(), [own, behind]);
    }
}
