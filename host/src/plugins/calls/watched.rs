//! A plugin's node, with every call of it on record.

use std::{
    mem,
    sync::{Arc, atomic::Ordering},
};

use pulsewire_plugin_api::{Flow, Node, NodeResult};

use super::{Call, Calls, Place};
use crate::plugins::services::Account;

/// The node between engine and plugin.
pub(in crate::plugins) struct Watched {
    node: Box<dyn Node>,
    place: u32,
    account: Arc<Account>,
    calls: Arc<Calls>,
}

impl Watched {
    /// Has the plugin make the node.
    pub(in crate::plugins) fn make<E>(
        place: Place,
        calls: Arc<Calls>,
        make: impl FnOnce() -> Result<Box<dyn Node>, E>,
    ) -> Result<Box<dyn Node>, E> {
        let account = Arc::clone(&place.account);
        let place = calls.add_place(place);
        let entered = calls.enter(place, Call::CreateNode);
        let made = make();
        drop(entered);
        match made {
            Ok(node) => Ok(Box::new(Self {
                node,
                place,
                account,
                calls,
            })),
            Err(error) => {
                calls.remove_place(place);
                Err(error)
            }
        }
    }

    #[inline]
    fn call(&mut self, call: Call, run: impl FnOnce(&mut dyn Node) -> NodeResult) -> NodeResult {
        let count = &self.account.calls;
        // Only the logic thread counts.
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let entered = self.calls.enter(self.place, call);
        let result = run(&mut *self.node);
        drop(entered);
        result
    }
}

impl Node for Watched {
    fn execute(&mut self, call: &mut pulsewire_plugin_api::Call<'_>) -> NodeResult {
        self.call(Call::Execute, |node| node.execute(call))
    }

    fn resume(&mut self, call: &mut pulsewire_plugin_api::Call<'_>) -> NodeResult {
        self.call(Call::Resume, |node| node.resume(call))
    }

    fn on_event(&mut self, call: &mut pulsewire_plugin_api::Call<'_>) -> NodeResult {
        self.call(Call::OnEvent, |node| node.on_event(call))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let entered = self.calls.enter(self.place, Call::DropNode);
        drop(mem::replace(&mut self.node, Box::new(Gone)));
        drop(entered);
        self.calls.remove_place(self.place);
    }
}

/// In the place of a node that is dropped.
struct Gone;

impl Node for Gone {
    fn execute(&mut self, _: &mut pulsewire_plugin_api::Call<'_>) -> NodeResult {
        Ok(Flow::end())
    }
}
