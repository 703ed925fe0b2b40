//! Start Timeout: goes on later.

use std::time::Instant;

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, TimerId, World, seconds},
    nodes::{Builtin, MOST_SECONDS, START_TIMEOUT},
};

const TYPE: NodeType = NodeType::action(START_TIMEOUT, "Start Timeout")
    .category("Utilities / Timeout")
    .help("Fires On Start at once and its output after the delay; On End if it is cancelled before. A pulse while one \
           is pending starts another, each with its own Instance ID; with When Pending at restart it replaces the pending \
           one, which fires nothing more; at ignore it ends there.")
    .attributes(&[Attribute::choice("when_pending", "When Pending", &["several", "restart", "ignore"])])
    .inputs(&[Socket::data("seconds", "Seconds", DataType::Float)
        .range(Literal::Int(0), Literal::Int(MOST_SECONDS))
        .help("The delay.")])
    .pulse_outputs(&[
        Socket::pulse("out", ""),
        Socket::pulse("on_start", "OnStart"),
        Socket::pulse("on_end", "OnEnd"),
    ])
    .outputs(&[Socket::data("instance_id", "Instance ID", DataType::CustomId)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.request_own_event();
    let when_pending = match build.text("when_pending") {
        "restart" => WhenPending::Restart,
        "ignore" => WhenPending::Ignore,
        _ => WhenPending::Several,
    };
    Ok(Box::new(StartTimeout { when_pending, last: None }))
});

enum WhenPending {
    Several,
    Restart,
    Ignore,
}

struct StartTimeout {
    when_pending: WhenPending,
    /// The timer that was set last; perhaps it is pending no more.
    last: Option<TimerId>,
}

impl EngineNode for StartTimeout {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let delay = seconds(call.float(0)?)?;
        let pending = self.last.filter(|last| world.is_cancelling_heard(*last));
        match (&self.when_pending, pending) {
            (WhenPending::Restart, Some(pending)) => world.drop_timer(pending),
            (WhenPending::Ignore, Some(_)) => return Ok(Flow::end()),
            _ => {}
        }
        let timer = world.set_timer(Instant::now() + delay);
        self.last = Some(timer);
        call.set(0, Value::CustomId(timer));
        Ok(Flow::fire(1))
    }

    fn on_timer(&mut self, call: &mut Call<'_>, _: &mut World, timer: TimerId) -> NodeResult {
        call.set(0, Value::CustomId(timer));
        Ok(Flow::fire(0))
    }

    /// It was cancelled.
    fn on_event(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        call.pass_values();
        Ok(Flow::fire(2))
    }
}
