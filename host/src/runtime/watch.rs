//! Watching `settings.toml`.

use std::{
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::engine::StopHandle;

/// How long the file must have been left alone. Editors write in several steps.
const QUIET: Duration = Duration::from_millis(60);

/// Asks the engine for attention when the settings file was changed; ends when dropped.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Watches the folder, because editors replace the file by another of its name.
    pub(super) fn new(folder: &Path, handle: StopHandle) -> Option<Self> {
        let file_name = super::settings_file(folder).file_name()?.to_owned();
        let (changed, changes) = channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let concerns = |event: &notify::Event| {
                !event.kind.is_access()
                    && event
                        .paths
                        .iter()
                        .any(|path| path.file_name() == Some(&file_name))
            };
            if event.as_ref().is_ok_and(concerns) {
                // The receiver lives as long as the watcher.
                let _ = changed.send(());
            }
        });
        let watched = watcher.and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
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

/// Ends when the watcher, and with it the sender, is dropped.
fn follow(changes: &Receiver<()>, handle: &StopHandle) {
    while changes.recv().is_ok() {
        loop {
            match changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        handle.request_attention();
    }
}
