//! For Each Loop: runs its body for each element of an array.

use pulsewire_plugin_api::prelude::*;

use crate::{literal::coerce, nodes::{ALL_TYPES, Builtin}};

const TYPE: NodeType = NodeType::action("flow_control.for_each_loop", "For Each Loop")
    .category("Flow Control")
    .help(
        "Fires its output once for each element of the array, then On End. An element of another type fires On Type \
         Error; then Abort ends without On End, Break ends with it, Continue passes the element over.",
    )
    .attributes(&[
        Attribute::choice("data_type", "Data Type", ALL_TYPES),
        Attribute::choice("error_mode", "Error Mode", &["Abort", "Break", "Continue"]),
    ])
    .inputs(&[Socket::data("array", "Array", DataType::Array)])
    .pulse_outputs(&[
        Socket::pulse("out", ""),
        Socket::pulse("on_type_error", "OnTypeError"),
        Socket::pulse("on_end", "OnEnd"),
    ])
    .outputs(&[
        Socket::typed_by("value", "Value", "data_type"),
        Socket::data("index", "Index", DataType::Int),
        Socket::data("array", "Array", DataType::Array).help("The array, unchanged."),
    ]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(ForEachLoop {
        data_type: build.text("data_type").parse().unwrap_or(DataType::Any),
        on_error: match build.text("error_mode") {
            "Break" => OnError::Break,
            "Continue" => OnError::Continue,
            _ => OnError::Abort,
        },
        array: Array::default(),
        next: 0,
        has_failed: false,
    }))
});

struct ForEachLoop {
    data_type: DataType,
    on_error: OnError,
    array: Array,
    next: usize,
    /// The element before was of another type, and it was told.
    has_failed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum OnError {
    Abort,
    Break,
    Continue,
}

const BODY: usize = 0;
const ON_TYPE_ERROR: usize = 1;
const ON_END: usize = 2;

impl Node for ForEachLoop {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.array = call.array(0)?.clone();
        (self.next, self.has_failed) = (0, false);
        call.set(2, self.array.clone());
        Ok(self.step(call))
    }

    fn resume(&mut self, call: &mut Call<'_>) -> NodeResult {
        Ok(match (std::mem::take(&mut self.has_failed), self.on_error) {
            (true, OnError::Abort) => self.end(Flow::end()),
            (true, OnError::Break) => self.end(Flow::fire(ON_END)),
            _ => self.step(call),
        })
    }
}

impl ForEachLoop {
    fn step(&mut self, call: &mut Call<'_>) -> Flow {
        let at = self.next;
        let Some(element) = self.array.get(at) else {
            return self.end(Flow::fire(ON_END));
        };
        self.next += 1;
        call.set(1, at as i64);
        match coerce(element, self.data_type) {
            Ok(value) => {
                call.set(0, value);
                Flow::fire_then_resume(BODY)
            }
            Err(_) => {
                self.has_failed = true;
                Flow::fire_then_resume(ON_TYPE_ERROR)
            }
        }
    }

    /// Nothing of the array is kept beyond the loop.
    fn end(&mut self, flow: Flow) -> Flow {
        self.array = Array::default();
        flow
    }
}
