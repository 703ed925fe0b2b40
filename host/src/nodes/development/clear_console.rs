//! Clear Console: what was printed goes.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, World},
    nodes::Builtin,
};

const TYPE: NodeType = NodeType::action("development.clear_console", "Clear Console")
    .category("Development")
    .help("Empties the console if it is a terminal. What went to a file or another program stays.");

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(ClearConsole)));

struct ClearConsole;

impl EngineNode for ClearConsole {
    fn execute(&mut self, _: &mut Call<'_>, world: &mut World) -> NodeResult {
        world.clear_console();
        Ok(Flow::fire(0))
    }
}
