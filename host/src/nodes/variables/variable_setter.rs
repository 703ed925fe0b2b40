//! Variable Setter: writes a variable.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, EventId, World},
    nodes::{Builtin, ON_VARIABLE_CHANGE, VARIABLE},
};

const TYPE: NodeType = NodeType::action("variables.variable_setter", "Variable Setter")
    .category("Variables")
    .help("Writes the variable and outputs its new value. On Variable Change fires after the current branch.")
    .attributes(&[VARIABLE])
    .inputs(&[Socket::typed_by("value", "Value", "variable")])
    .outputs(&[Socket::typed_by("value", "Value", "variable")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(VariableSetter { changed: build.event(ON_VARIABLE_CHANGE, build.text("variable")) }))
});

struct VariableSetter {
    changed: EventId,
}

impl EngineNode for VariableSetter {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let value = call.input(0).clone();
        // The compiler lays the variable itself behind the inputs.
        if *call.input(1) != value {
            // First of all, so that a full queue leaves the variable as it was.
            world.emit_if_heard(self.changed, || vec![value.clone()])?;
        }
        call.write_through_input(1, value.clone());
        call.set(0, value);
        Ok(Flow::fire(0))
    }
}
