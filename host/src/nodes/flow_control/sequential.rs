//! Sequential: several branches, one after the other.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, SEQUENTIAL};

const TYPE: NodeType = NodeType::action(SEQUENTIAL, "Sequential")
    .category("Flow Control")
    .help("Runs its branches from first to last, each to its end. A delay inside one suspends only that branch.")
    .attributes(&[Attribute::new("count", "Pulse Count", DataType::Int).default(Literal::Int(2))])
    .pulse_outputs(&[Socket::pulse("pulse", "Pulse").repeated("count")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let count = if let Value::Int(count) = build.attribute("count") { *count as usize } else { 0 };
    Ok(Box::new(Sequential { count, next: 0 }))
});

struct Sequential {
    count: usize,
    /// The branch that is fired next.
    next: usize,
}

impl Node for Sequential {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.next = 0;
        self.resume(call)
    }

    fn resume(&mut self, _: &mut Call<'_>) -> NodeResult {
        let branch = self.next;
        self.next += 1;
        Ok(match self.count.checked_sub(branch) {
            None | Some(0) => Flow::end(),
            Some(1) => Flow::fire(branch),
            Some(_) => Flow::fire_then_resume(branch),
        })
    }
}
