//! Persistent variables: what was written is handed on, a while later and all at once, to whoever keeps it.

use std::time::{Duration, Instant};

use pulsewire_plugin_api::value::Value;

use super::run::Engine;

/// How long a value that was written waits for others.
const DELAY: Duration = Duration::from_millis(500);

/// Takes the present values of all persistent variables, by their qualified names. Logic thread; must not block.
pub(crate) type Keeper = Box<dyn FnMut(Vec<(String, Value)>) + Send>;

impl Engine {
    /// Says who keeps the values of persistent variables.
    pub(crate) fn set_keeper(&mut self, keeper: Keeper) {
        self.keeper = Some(keeper);
    }

    /// Hands the values of persistent variables on, if one was written since that was last done.
    pub(crate) fn keep(&mut self) {
        let (Some(keeper), Some(_)) = (&mut self.keeper, self.world.unkept_since.take()) else {
            return;
        };
        let persistent = self.variables.iter().filter(|(_, place)| place.persistent);
        let values = persistent.map(|(name, place)| (name.clone(), self.slots[place.slot as usize].clone()));
        keeper(values.collect());
    }

    /// When values are to be handed on.
    pub(super) fn keep_at(&self) -> Option<Instant> {
        self.world.unkept_since.map(|since| since + DELAY)
    }
}
