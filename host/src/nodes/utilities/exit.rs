//! Exit: ends the project.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, World},
    nodes::Builtin,
};

const TYPE: NodeType = NodeType::action("utilities.exit", "Exit")
    .category("Utilities")
    .help("Ends the project. The code becomes the exit code of `pulsewire run`.")
    .inputs(&[Socket::data("code", "Code", DataType::Int)
        .range(Literal::Int(0), Literal::Int(255))
        .help("0 to 255; 0 means success.")])
    .pulse_outputs(&[]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Exit)));

struct Exit;

impl EngineNode for Exit {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let code = call.int(0)?;
        let code = u8::try_from(code).map_err(|_| format!("code is {code}, expected 0 to 255"))?;
        world.exit(code.into());
        Ok(Flow::end())
    }
}
