//! Which scenes run, and which are to run from the end of the current branch on.

mod turns;

use std::collections::{BTreeSet, HashMap};

use pulsewire_plugin_api::value::Value;

use super::{branch::Entry, events::EventId, run::Engine};
use crate::{
    compile::NodeInfo,
    console::Level,
    nodes::{ON_INITIALIZE, ON_SCENE_LOADED},
};
use turns::Turns;

/// What nodes wish about scenes. The engine only gathers it; whoever compiles carries it out.
#[derive(Debug, Default)]
pub struct Scenes {
    wanted: BTreeSet<String>,
    /// What was unloaded; it may be wanted again, and then begins anew.
    ended: BTreeSet<String>,
    has_changed: bool,
    /// What was wished while scenes began waits until timers and events had a turn: scenes may set each other for ever.
    waits: bool,
    /// All that there are.
    known: BTreeSet<String>,
    turns: Turns,
}

impl Scenes {
    /// Those that run, or will from the end of the current branch on, by name.
    pub fn running(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().map(String::as_str)
    }

    /// Whether there is such a scene.
    pub fn is_known(&self, scene: &str) -> bool {
        self.known.contains(scene)
    }

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
        self.turns.wish();
    }

    /// Whether the scene runs and goes on to.
    fn goes_on(&self, scene: &str) -> bool {
        self.wanted.contains(scene) && !self.ended.contains(scene)
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

/// Since when scenes hear: an event that was queued before a scene began is not for it, even if another instance of
/// the scene was there then.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// How many events of the queue have run.
    ran: u64,
    /// By the scenes that began after the run, how many events had been queued by then.
    since: HashMap<String, u64>,
    /// The highest of these, and of when programs changed and scenes were told of; whatever is queued later is heard by
    /// all.
    all_since: u64,
    /// The scenes by the events that tell of their beginning.
    loaded: HashMap<EventId, String>,
    /// Whether it was told that events of the program before do not fit.
    is_told: bool,
}

impl Hearing {
    /// Whether everybody hears the queued event that comes after `more` others.
    pub(super) fn is_for_all(&self, more: usize) -> bool {
        self.ran + more as u64 >= self.all_since
    }

    /// So many more have run.
    pub(super) fn ran(&mut self, count: usize) {
        self.ran += count as u64;
    }

    /// There is another program; so many events still wait.
    pub(super) fn change(&mut self, waiting: usize) {
        self.look_at(waiting);
        self.is_told = false;
    }

    /// So many events wait of which each is to be looked at.
    fn look_at(&mut self, waiting: usize) {
        self.all_since = self.ran + waiting as u64;
    }

    fn begin(&mut self, scenes: &[String], waiting: usize) {
        self.look_at(waiting);
        let since = scenes.iter().map(|scene| (scene.clone(), self.all_since));
        self.since.extend(since);
    }

    fn is_for(&self, graph: &str, more: usize) -> bool {
        let since = scene_of(graph).and_then(|scene| self.since.get(scene));
        since.is_none_or(|since| self.ran + more as u64 >= *since)
    }

    /// Whether the queued event tells of the beginning of a scene that has ended, or begun anew, meanwhile.
    fn is_of_the_past(&self, event: EventId, more: usize, scenes: &Scenes) -> bool {
        let Some(scene) = self.loaded.get(&event) else {
            return false;
        };
        let since = self.since.get(scene).copied().unwrap_or_default();
        !scenes.goes_on(scene) || self.ran + (more as u64) < since
    }
}

/// Whether a listener can take the values of an event that may come from another program: of a custom event with other
/// parameters, of a variable of another type. Plugins check for themselves.
fn fits(event: EventId, values: &[Value], listener: &NodeInfo) -> bool {
    // No event brings the Event ID.
    let brought = listener.outputs.len() - usize::from(listener.has_event_id());
    let outputs = &listener.outputs[..brought];
    listener.plugin.is_some()
        || listener.own_event == Some(event)
        || (values.len() == outputs.len()
            && values
                .iter()
                .zip(outputs)
                .all(|(value, output)| value.fits(output.data_type)))
}

/// The scene that a graph, or a function that it calls, or a variable of one of them, belongs to.
pub(super) fn scene_of(path: &str) -> Option<&str> {
    let scene = path.strip_prefix("scenes/")?;
    Some(scene.split_once('/').map_or(scene, |(scene, _)| scene))
}

impl Engine {
    /// Runs those listeners of a queued event that were there when it was queued, after `more` others.
    pub(super) fn run_old_event(&mut self, more: usize, event: EventId, values: &[Value]) {
        if self.hearing.is_of_the_past(event, more, &self.world.scenes) {
            return;
        }
        self.world.scenes.turns.is_of_scenes = self.hearing.loaded.contains_key(&event);
        self.run_heard_event(more, event, values);
        self.world.scenes.turns.is_of_scenes = false;
    }

    fn run_heard_event(&mut self, more: usize, event: EventId, values: &[Value]) {
        self.in_error_branch = event == self.world.on_error;
        for place in self.world.listeners.of(event) {
            let Some(node) = self.world.listeners.node(place) else {
                continue;
            };
            let info = &self.world.infos[node as usize];
            let is_for = self.hearing.is_for(&info.graph, more);
            if is_for && !fits(event, values, info) {
                self.tell_of_unfit(node);
            } else if is_for {
                self.run_branch(node, Entry::Event(&mut values.to_vec()));
            }
            if self.is_over() {
                return;
            }
        }
        self.in_error_branch = false;
    }

    fn tell_of_unfit(&mut self, node: u32) {
        if !std::mem::replace(&mut self.hearing.is_told, true) {
            let message =
                "events from before the parameters changed do not fit them any more, and are dropped";
            self.world.node = node;
            self.world.say(Level::Warning, message);
        }
    }

    /// Says which scenes there are, and which of them run, where those `before` did. What nodes have wished meanwhile
    /// still stands.
    pub(crate) fn set_scenes(
        &mut self,
        known: BTreeSet<String>,
        running: &BTreeSet<String>,
        before: &BTreeSet<String>,
    ) {
        let scenes = &mut self.world.scenes;
        if scenes.known != known {
            let events = &self.world.events;
            let loaded = |scene: &String| (events.number(ON_SCENE_LOADED, scene), scene.clone());
            self.hearing.loaded = known.iter().map(loaded).collect();
            scenes.known = known;
        }
        self.hearing.look_at(self.world.queue.len());
        let (wished, wanted) = (scenes.has_changed, std::mem::take(&mut scenes.wanted));
        scenes.wanted = running.clone();
        if wished {
            scenes
                .wanted
                .retain(|scene| wanted.contains(scene) || !before.contains(scene));
            scenes.wanted.extend(wanted.difference(before).cloned());
        }
    }

    /// What nodes wished about scenes, if they wished anything: which are to run, and which have ended meanwhile.
    pub(crate) fn take_scenes(&mut self) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
        let scenes = &mut self.world.scenes;
        let has_changed = std::mem::take(&mut scenes.has_changed);
        has_changed.then(|| (scenes.wanted.clone(), std::mem::take(&mut scenes.ended)))
    }

    /// Tells the nodes of scenes that they begin, at once, and all others after what waits.
    pub(crate) fn begin_scenes(&mut self, scenes: &[String]) {
        if let Some(message) = self.world.scenes.turns.take(scenes) {
            self.world.say_for_engine(Level::Warning, &message);
        }
        self.world.scenes.turns.is_of_scenes = true;
        self.tell_scenes(scenes);
        self.world.scenes.turns.is_of_scenes = false;
        // Until they are told of, they may have ended.
        self.hearing.look_at(self.world.queue.len());
        self.world.scenes.waits = true;
    }

    fn tell_scenes(&mut self, scenes: &[String]) {
        // Before anything has run, On Initialize of the whole project still waits, and is for these scenes too.
        let has_begun = self.hearing.ran > 0;
        if has_begun {
            self.hearing.begin(scenes, self.world.queue.len());
        }
        for scene in scenes {
            if has_begun {
                let graph = format!("scenes/{scene}");
                let begin = self.world.events.number(ON_INITIALIZE, &graph);
                self.run_event(begin, &mut []);
            }
            if self.is_over() {
                return;
            }
            // Unless its own On Initialize has ended it.
            if self.world.scenes.wanted.contains(scene) {
                let loaded = self.world.events.number(ON_SCENE_LOADED, scene);
                self.raise(loaded, Vec::new());
            }
        }
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
