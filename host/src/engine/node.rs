//! Nodes as the engine sees them.
//!
//! Most built-in nodes and all plugin nodes implement [`Node`], which knows nothing of the engine. The few that
//! need it (Console, timers, variables, events, Exit) implement [`EngineNode`] themselves.

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeError, NodeResult,
    value::{DataType, Value},
};

use super::{timers::TimerId, world::World};

/// A node that may use the engine.
pub trait EngineNode: Send {
    /// A pulse arrived.
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult;

    /// The branch fired with [`Flow::fire_then_resume`] has ended.
    fn resume(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let _ = (call, world);
        Ok(Flow::end())
    }

    /// An event for this node arrived.
    fn on_event(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let _ = world;
        call.pass_values();
        Ok(Flow::fire(0))
    }

    /// A timer that this node set has come due.
    fn on_timer(&mut self, call: &mut Call<'_>, world: &mut World, timer: TimerId) -> NodeResult {
        let _ = (call, world, timer);
        Ok(Flow::end())
    }
}

impl<N: Node> EngineNode for N {
    fn execute(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        Node::execute(self, call)
    }

    fn resume(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        Node::resume(self, call)
    }

    fn on_event(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        Node::on_event(self, call)
    }
}

/// A plugin's node. What it sets is checked against the declared types, so that no other node is ever surprised.
pub(crate) struct PluginNode {
    pub(crate) node: Box<dyn Node>,
    pub(crate) outputs: Box<[DataType]>,
}

impl PluginNode {
    fn checked(&self, call: &mut Call<'_>, result: NodeResult) -> NodeResult {
        for (at, (value, data_type)) in call.outputs().iter().zip(&self.outputs).enumerate() {
            if !value.fits(*data_type) {
                let found = value.data_type();
                return Err(NodeError::new(format!(
                    "the plugin set output {} to {found}, expected {data_type}",
                    at + 1
                )));
            }
        }
        result
    }
}

impl EngineNode for PluginNode {
    fn execute(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        let result = self.node.execute(call);
        self.checked(call, result)
    }

    fn resume(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        let result = self.node.resume(call);
        self.checked(call, result)
    }

    fn on_event(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        let result = self.node.on_event(call);
        self.checked(call, result)
    }
}

/// An event node without behaviour: hands on what was emitted. An empty value stands for the output's default.
pub(crate) struct PassEvent {
    outputs: Box<[Passed]>,
}

struct Passed {
    data_type: DataType,
    default: Value,
    /// Whether the output holds the default, so that it need not be set again.
    is_default: bool,
}

impl PassEvent {
    /// For a node with these data outputs.
    pub(crate) fn new(outputs: impl IntoIterator<Item = DataType>) -> Self {
        let outputs = outputs.into_iter();
        Self {
            outputs: outputs
                .map(|data_type| Passed {
                    data_type,
                    default: Value::default_of(data_type),
                    is_default: false,
                })
                .collect(),
        }
    }
}

impl EngineNode for PassEvent {
    fn execute(&mut self, _: &mut Call<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }

    fn on_event(&mut self, call: &mut Call<'_>, _: &mut World) -> NodeResult {
        if call.values().len() != self.outputs.len() {
            let (found, expected) = (call.values().len(), self.outputs.len());
            return Err(NodeError::new(format!(
                "the event carries {found} values, expected {expected}"
            )));
        }
        for (at, output) in self.outputs.iter_mut().enumerate() {
            let value = &call.values()[at];
            if matches!(value, Value::Empty) {
                if !output.is_default {
                    call.set(at, output.default.clone());
                    output.is_default = true;
                }
            } else if value.fits(output.data_type) {
                let value = call.take_value(at);
                call.set(at, value);
                output.is_default = false;
            } else {
                let (found, expected) = (value.data_type(), output.data_type);
                return Err(NodeError::new(format!(
                    "the event carries {found} as value {}, expected {expected}",
                    at + 1
                )));
            }
        }
        Ok(Flow::fire(0))
    }
}

/// Stands for a node whose plugin is off or missing: a pulse ends here.
pub struct Placeholder;

impl EngineNode for Placeholder {
    fn execute(&mut self, _: &mut Call<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }

    fn on_event(&mut self, _: &mut Call<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }
}

#[cfg(test)]
mod tests {
    use pulsewire_plugin_api::value::Text;

    use super::*;
    use crate::engine::world::tests::world;

    #[test]
    fn an_empty_value_stands_for_the_default_of_its_output() {
        let mut node = PassEvent::new([DataType::String, DataType::Any]);
        let mut slots = [Value::from("old"), Value::from("old")];
        let mut world = world();
        let mut run = |slots: &mut [Value; 2], mut values: [Value; 2]| {
            let mut call = Call::new(slots, &[], 0, 2, 0).with_values(&mut values);
            node.on_event(&mut call, &mut world)
        };
        for _ in 0..2 {
            assert!(run(&mut slots, [Value::Empty, Value::Empty]).is_ok());
            assert_eq!(slots, [Value::String(Text::default()), Value::Empty]);
        }
        assert!(run(&mut slots, ["a".into(), 1_i64.into()]).is_ok());
        assert_eq!(slots, ["a".into(), 1_i64.into()]);
        assert!(run(&mut slots, [Value::Empty, 2_i64.into()]).is_ok());
        assert_eq!(slots, ["".into(), 2_i64.into()]);
        assert!(run(&mut slots, [3_i64.into(), Value::Empty]).is_err());
    }
}
