//! Start Timeout: goes on later.

use std::time::Instant;

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, TimerId, World, seconds},
    nodes::{Builtin, MOST_SECONDS},
};

const TYPE: NodeType = NodeType::action("utilities.start_timeout", "Start Timeout")
    .category("Utilities / Timeout")
    .help("Fires On Start at once and its output after the delay; On End if it is cancelled before. Several may \
           be pending, each with its own Instance ID.")
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
    Ok(Box::new(StartTimeout))
});

struct StartTimeout;

impl EngineNode for StartTimeout {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let delay = seconds(call.float(0)?)?;
        let timer = world.set_timer(Instant::now() + delay);
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
