//! Which scenes run, and which are to run from the end of the current branch on.

use std::collections::BTreeSet;

use super::run::Engine;
use crate::nodes::{ON_INITIALIZE, ON_SCENE_LOADED};

/// What nodes wish about scenes. The engine only gathers it; whoever compiles carries it out.
#[derive(Debug, Default)]
pub struct Scenes {
    wanted: BTreeSet<String>,
    /// What was unloaded; it may be wanted again, and then begins anew.
    ended: BTreeSet<String>,
    has_changed: bool,
    /// What was wished while scenes began waits for one turn, so that scenes that set each other for ever leave one to
    /// timers and events.
    waits: bool,
}

impl Scenes {
    /// Has a scene run; false if it does so already.
    pub fn load(&mut self, scene: &str) -> bool {
        let is_new = self.wanted.insert(scene.to_owned());
        if is_new {
            self.change();
        }
        is_new
    }

    /// Ends a scene; false if it does not run.
    pub fn unload(&mut self, scene: &str) -> bool {
        let ran = self.wanted.remove(scene);
        if ran {
            self.ended.insert(scene.to_owned());
            self.change();
        }
        ran
    }

    /// Has only this scene run.
    pub fn set(&mut self, scene: &str) {
        let others: Vec<String> = self
            .wanted
            .iter()
            .filter(|other| *other != scene)
            .cloned()
            .collect();
        for other in others {
            self.unload(&other);
        }
        self.load(scene);
    }

    fn change(&mut self) {
        (self.has_changed, self.waits) = (true, false);
    }

    /// Whether nodes wished anything since that was last carried out.
    pub(super) fn have_changed(&self) -> bool {
        self.has_changed
    }

    /// Whether it is to be carried out before anything else runs.
    pub(super) fn are_due(&self) -> bool {
        self.has_changed && !self.waits
    }

    /// Timers and events have had their turn.
    pub(super) fn had_turn(&mut self) {
        self.waits = false;
    }
}

impl Engine {
    /// Says which scenes run.
    pub(crate) fn set_scenes(&mut self, running: BTreeSet<String>) {
        self.world.scenes = Scenes {
            wanted: running,
            ..Scenes::default()
        };
    }

    /// Gives timers and events their turn before what nodes have wished about scenes is carried out.
    pub(crate) fn give_turn(&mut self) {
        self.world.scenes.waits = true;
    }

    /// What nodes wished about scenes, if they wished anything: which are to run, and which have ended meanwhile.
    pub(crate) fn take_scenes(&mut self) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
        let scenes = &mut self.world.scenes;
        let has_changed = std::mem::take(&mut scenes.has_changed);
        has_changed.then(|| (scenes.wanted.clone(), std::mem::take(&mut scenes.ended)))
    }

    /// Tells the nodes of a scene that it begins, at once, and all others after what waits.
    pub(crate) fn begin_scene(&mut self, scene: &str) {
        let begin = self
            .world
            .events
            .number(ON_INITIALIZE, &format!("scenes/{scene}"));
        self.run_event(begin, &mut []);
        if !self.world.scenes.wanted.contains(scene) {
            // Its own On Initialize has ended it.
            return;
        }
        let loaded = self.world.events.number(ON_SCENE_LOADED, scene);
        self.raise(loaded, Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenes(wanted: &[&str]) -> Scenes {
        Scenes {
            wanted: wanted.iter().map(|scene| (*scene).to_owned()).collect(),
            ..Scenes::default()
        }
    }

    #[test]
    fn scene_that_is_set_goes_on_and_the_others_end() {
        let mut scenes = scenes(&["a", "b"]);
        scenes.set("a");
        assert!(scenes.have_changed());
        assert_eq!(scenes.wanted, BTreeSet::from(["a".to_owned()]));
        assert_eq!(scenes.ended, BTreeSet::from(["b".to_owned()]));
    }

    #[test]
    fn wishing_what_is_so_already_changes_nothing() {
        let mut scenes = scenes(&["a"]);
        scenes.set("a");
        assert!(!scenes.load("a"));
        assert!(!scenes.unload("b"));
        assert!(!scenes.have_changed());
        assert!(scenes.unload("a") && scenes.load("a"));
        assert!(scenes.have_changed() && scenes.ended.contains("a"));
    }
}
