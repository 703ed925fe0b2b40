//! For Loop: counts, running its body for each index.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::Builtin;

const TYPE: NodeType = NodeType::action("flow_control.for_loop", "For Loop")
    .category("Flow Control")
    .help("Fires its output once for each index, counting up or down by Step, then On End. Step 0 is an error.")
    .attributes(&[Attribute::new("is_last_index_included", "Is Last Index Included", DataType::Bool)])
    .inputs(&[
        Socket::data("first_index", "First Index", DataType::Int),
        Socket::data("last_index", "Last Index", DataType::Int),
        Socket::data("step", "Step", DataType::Int).default(Literal::Int(1)).help("May be negative."),
    ])
    .pulse_outputs(&[Socket::pulse("out", ""), Socket::pulse("on_end", "OnEnd")])
    .outputs(&[Socket::data("index", "Index", DataType::Int)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(ForLoop { inclusive: build.flag("is_last_index_included"), index: 0, last: 0, step: 0 }))
});

struct ForLoop {
    inclusive: bool,
    index: i64,
    last: i64,
    step: i64,
}

const BODY: usize = 0;
const ON_END: usize = 1;

impl Node for ForLoop {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        (self.index, self.last, self.step) = (call.int(0)?, call.int(1)?, call.int(2)?);
        if self.step == 0 {
            return Err("step is 0; expected a number that leads to the last index".into());
        }
        Ok(self.run(call))
    }

    fn resume(&mut self, call: &mut Call<'_>) -> NodeResult {
        Ok(match self.index.checked_add(self.step) {
            Some(next) => {
                self.index = next;
                self.run(call)
            }
            None => Flow::fire(ON_END),
        })
    }
}

impl ForLoop {
    fn run(&self, call: &mut Call<'_>) -> Flow {
        let before_last = if self.step > 0 { self.index < self.last } else { self.index > self.last };
        if before_last || (self.inclusive && self.index == self.last) {
            call.set(0, self.index);
            return Flow::fire_then_resume(BODY);
        }
        Flow::fire(ON_END)
    }
}
