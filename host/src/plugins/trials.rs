//! Libraries that are switched on while a project runs: they are tried out on threads of their own, since trying one out may
//! take seconds and the logic does not wait. What comes out is taken when the library is loaded.

use std::{
    collections::BTreeMap,
    sync::mpsc::{Receiver, TryRecvError, channel},
    thread,
};

use super::{
    Plugins, State, discover,
    error::LoadError,
    image::Image,
    library,
    loading::check_image,
    safeguards::{LibraryRule, Safeguards},
};

/// The bytes that may be loaded, or why there are none.
pub(super) type Tried = Result<Image, LoadError>;

/// A library that is to be loaded.
pub(super) struct Trial {
    outcome: Receiver<Tried>,
    tried: Option<Tried>,
}

impl Trial {
    /// Whether nothing has come out yet.
    fn is_under_way(&mut self) -> bool {
        if self.tried.is_none() {
            match self.outcome.try_recv() {
                Ok(tried) => self.tried = Some(tried),
                Err(TryRecvError::Empty) => return true,
                // It panicked, which is told on stderr. Then nothing is known, and loading finds out by itself.
                Err(TryRecvError::Disconnected) => {}
            }
        }
        false
    }

    /// What came out, if anything has.
    pub(super) fn outcome(self) -> Option<Tried> {
        self.tried
    }
}

impl Plugins {
    /// Whether the library of a plugin that is about to be switched on is being tried out. It begins with that, under these
    /// rules, unless it has before; what comes out is for [`load`](Self::load). `on_end` is called on another thread when
    /// something has. `[logic-thread]`
    pub(crate) fn is_trying_out(
        &mut self,
        id: &str,
        rules: &BTreeMap<String, LibraryRule>,
        on_end: impl FnOnce() + Send + 'static,
    ) -> bool {
        let is_on = |state: &State| matches!(state, State::Loaded | State::Active);
        if self.safeguards.without_plugins || self.get(id).is_some_and(|entry| is_on(entry.state())) {
            return false;
        }
        if let Some(trial) = self.trials.get_mut(id) {
            return trial.is_under_way();
        }
        let Some(path) = discover::find(&self.search, id) else {
            return false;
        };
        if library::already_open(&path).is_some() {
            return false;
        }
        let (sender, outcome) = channel();
        let search = self.search.clone();
        let safeguards = Safeguards {
            rules: rules.clone(),
            ..self.safeguards.clone()
        };
        let plugin = id.to_owned();
        let try_out = move || {
            let tried = safeguards
                .check_place(&mut safeguards.survey(&search), &plugin, &path)
                .and_then(|()| Image::of(&path))
                .map_err(LoadError::from)
                .and_then(|image| check_image(&image, &safeguards).map(|()| image));
            // If it was switched off meanwhile, nobody wants to know.
            let _ = sender.send(tried);
            on_end();
        };
        let thread = thread::Builder::new().name("plugin-trial".to_owned());
        let Ok(_) = thread.spawn(try_out) else {
            return false;
        };
        let tried = None;
        self.trials.insert(id.to_owned(), Trial { outcome, tried });
        true
    }

    /// Forgets what came out of trials, as the settings that wanted them are followed now or are no more.
    pub(crate) fn forget_trials(&mut self) {
        self.trials.clear();
    }
}
