//! Profiler Start and Stop: named blocks of time, one within the other.

use std::time::Instant;

use pulsewire_plugin_api::{NodeResult, prelude::*};

use super::benchmark::millis;
use crate::{
    console::Level,
    engine::{EngineNode, World},
    literal::shortened,
    nodes::Builtin,
};

/// A block that is opened again and again must not take the host down.
const MOST_OPEN: usize = 1000;

const START_TYPE: NodeType = NodeType::action("development.profiler_start", "Profiler Start")
    .category("Development")
    .help("Opens a block, within the one that is open. Profiler Stop closes it.")
    .attributes(&[Attribute::new("block_color", "Block Color", DataType::Color).help("For an editor to show.")])
    .inputs(&[Socket::data("block_name", "Block Name", DataType::String)]);

const STOP_TYPE: NodeType = NodeType::action("development.profiler_stop", "Profiler Stop")
    .category("Development")
    .help("Closes the innermost block and prints its name, behind those that it lies in, with its milliseconds.");

pub(in crate::nodes) const START: Builtin = builtin!(START_TYPE, |_| Ok(Box::new(Start)));

pub(in crate::nodes) const STOP: Builtin = builtin!(STOP_TYPE, |_| Ok(Box::new(Stop)));

struct Start;

impl EngineNode for Start {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let blocks = world.profiler_blocks();
        if blocks.len() == MOST_OPEN {
            blocks.remove(0);
            let warning = format!("{MOST_OPEN} blocks are open, the oldest is dropped; pulse Profiler Stop");
            world.say(Level::Warning, &warning);
        }
        let name = shortened(call.text(0)?).into();
        world.profiler_blocks().push((name, Instant::now()));
        Ok(Flow::fire(0))
    }
}

struct Stop;

impl EngineNode for Stop {
    fn execute(&mut self, _: &mut Call<'_>, world: &mut World) -> NodeResult {
        let blocks = world.profiler_blocks();
        let names: Vec<&str> = blocks.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(" / ");
        let (_, began) = blocks.pop().ok_or("no block is open; pulse Profiler Start first")?;
        world.print(Level::Message, &format!("{names}: {} ms", millis(began)));
        Ok(Flow::fire(0))
    }
}
