//! Variable Setter: writes a variable.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, EventId, World},
    compile::IS_PERSISTENT,
    nodes::{Builtin, ON_VARIABLE_CHANGE, ON_VARIABLE_SET, VARIABLE, VARIABLE_SETTER},
};

const TYPE: NodeType = NodeType::action(VARIABLE_SETTER, "Variable Setter")
    .category("Variables")
    .help("Writes the variable and outputs its new value. On Variable Set and On Variable Change fire after the current branch.")
    .attributes(&[VARIABLE])
    .inputs(&[Socket::typed_by("value", "Value", "variable")])
    .outputs(&[Socket::typed_by("value", "Value", "variable")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let variable = build.text("variable");
    Ok(Box::new(VariableSetter {
        set: build.event(ON_VARIABLE_SET, variable),
        changed: build.event(ON_VARIABLE_CHANGE, variable),
        is_persistent: build.flag(IS_PERSISTENT),
    }))
});

struct VariableSetter {
    set: EventId,
    changed: EventId,
    is_persistent: bool,
}

impl EngineNode for VariableSetter {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let value = call.input(0).clone();
        // The events first of all, so that a full queue leaves the variable as it was.
        world.emit_if_heard(self.set, || vec![value.clone()])?;
        // The compiler lays the variable itself behind the inputs. Comparing may take long, so only for who listens.
        if world.is_heard(self.changed) && *call.input(1) != value {
            world.emit(self.changed, [value.clone()])?;
        }
        call.write_through_input(1, value.clone());
        call.set(0, value);
        if self.is_persistent {
            world.has_written_persistent();
        }
        Ok(Flow::fire(0))
    }
}
