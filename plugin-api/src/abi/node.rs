//! The call of a node: one structure for built-in nodes and plugin nodes alike.

use abi_stable::{
    StableAbi,
    std_types::{RSlice, RSliceMut},
};

use super::value::Value;

/// One execution of a node: its inputs, its outputs, and what started it.
///
/// The engine keeps all values of a program in one row of slots. A call borrows that row; inputs are positions
/// in it, outputs a run of it. So nothing is gathered or copied, on either side of the ABI.
#[repr(C)]
#[derive(StableAbi)]
pub struct Call<'a> {
    slots: RSliceMut<'a, Value>,
    inputs: RSlice<'a, u32>,
    first_output: u32,
    output_count: u32,
    pulse: u32,
    values: RSliceMut<'a, Value>,
}

impl<'a> Call<'a> {
    /// For hosts: a call through the pulse input `pulse`. `inputs` are positions in `slots`; the outputs are
    /// `output_count` slots from `first_output`.
    #[inline]
    pub fn new(
        slots: &'a mut [Value],
        inputs: &'a [u32],
        first_output: u32,
        output_count: u32,
        pulse: u32,
    ) -> Self {
        Self {
            slots: slots.into(),
            inputs: inputs.into(),
            first_output,
            output_count,
            pulse,
            values: RSliceMut::from(&mut [][..]),
        }
    }

    /// For hosts: the call of an event that carries `values`, which are this call's own.
    pub fn with_values(mut self, values: &'a mut [Value]) -> Self {
        self.values = values.into();
        self
    }

    /// Which pulse input the pulse came through, counted from 0.
    pub fn pulse(&self) -> usize {
        self.pulse as usize
    }

    /// How many data inputs there are; repeated ones count each.
    #[inline]
    pub fn input_count(&self) -> usize {
        self.inputs.len()
    }

    /// How many data outputs there are; repeated ones count each.
    #[inline]
    pub fn output_count(&self) -> usize {
        self.output_count as usize
    }

    /// The value at data input `input`, counted from 0 in the order of the descriptor.
    ///
    /// # Panics
    /// If the node has no such input; in a plugin the panic is caught and reported.
    #[inline]
    pub fn input(&self, input: usize) -> &Value {
        &self.slots.as_slice()[self.inputs.as_slice()[input] as usize]
    }

    /// All data inputs in order.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = &Value> {
        let slots = self.slots.as_slice();
        self.inputs
            .as_slice()
            .iter()
            .map(move |&slot| &slots[slot as usize])
    }

    /// Latches `value` in data output `output`, counted from 0.
    ///
    /// # Panics
    /// If the node has no such output; in a plugin the panic is caught and reported.
    #[inline]
    pub fn set(&mut self, output: usize, value: impl Into<Value>) {
        latch(&mut self.outputs()[output], value.into());
    }

    /// Latches the value at data input `input` in data output `output`.
    ///
    /// # Panics
    /// As [`input`](Self::input) and [`set`](Self::set).
    #[inline]
    pub fn pass(&mut self, input: usize, output: usize) {
        match *self.input(input) {
            Value::Int(value) => self.set(output, value),
            Value::Float(value) => self.set(output, value),
            Value::Bool(value) => self.set(output, value),
            ref value => {
                let value = value.clone();
                self.set(output, value);
            }
        }
    }

    /// The values that are latched in the data outputs now.
    #[inline]
    pub fn outputs(&mut self) -> &mut [Value] {
        let first = self.first_output as usize;
        &mut self.slots.as_mut_slice()[first..first + self.output_count as usize]
    }

    /// For hosts: writes the slot that data input `input` reads, which is how a variable is set.
    #[doc(hidden)]
    pub fn write_through_input(&mut self, input: usize, value: Value) {
        let slot = self.inputs.as_slice()[input] as usize;
        latch(&mut self.slots.as_mut_slice()[slot], value);
    }

    /// What the event carries; empty when a pulse started the call.
    pub fn values(&self) -> &[Value] {
        self.values.as_slice()
    }

    /// Takes the event's value `at`, counted from 0; [`Value::Empty`] if there is none, or it was taken before.
    pub fn take_value(&mut self, at: usize) -> Value {
        let value = self.values.as_mut_slice().get_mut(at);
        value.map(std::mem::take).unwrap_or_default()
    }

    /// Latches the event's values in the outputs, in order. They are moved, so [`values`](Self::values) is not what
    /// it was.
    pub fn pass_values(&mut self) {
        let first = self.first_output as usize;
        let outputs = &mut self.slots.as_mut_slice()[first..first + self.output_count as usize];
        for (output, value) in outputs.iter_mut().zip(self.values.as_mut_slice()) {
            *output = std::mem::take(value);
        }
    }
}

/// Replaces a value. What owns nothing is simply written over, which keeps a scalar in the processor's registers.
#[inline]
fn latch(place: &mut Value, value: Value) {
    match place {
        Value::Empty | Value::Bool(_) | Value::Byte(_) | Value::Int(_) | Value::Float(_) => {
            std::mem::forget(std::mem::replace(place, value));
        }
        _ => *place = value,
    }
}

/// Where the pulse goes when a node has run.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableAbi)]
pub struct Flow {
    kind: u32,
    output: u32,
}

impl Flow {
    const END: u32 = 0;
    const FIRE: u32 = 1;
    const FIRE_THEN_RESUME: u32 = 2;

    /// The branch ends here.
    pub const fn end() -> Self {
        Self {
            kind: Self::END,
            output: 0,
        }
    }

    /// The pulse leaves through pulse output `output`, counted from 0.
    #[inline]
    pub const fn fire(output: usize) -> Self {
        Self {
            kind: Self::FIRE,
            output: output as u32,
        }
    }

    /// The pulse leaves through `output`; when that branch has run to its end,
    /// [`Node::resume`](crate::Node::resume) is called. This is how loops and sequences are made.
    pub const fn fire_then_resume(output: usize) -> Self {
        Self {
            kind: Self::FIRE_THEN_RESUME,
            output: output as u32,
        }
    }

    /// The pulse output to fire, if any.
    #[inline]
    pub const fn output(self) -> Option<usize> {
        if self.kind == Self::END {
            None
        } else {
            Some(self.output as usize)
        }
    }

    /// Whether the node wants to be resumed after the branch.
    #[inline]
    pub const fn resumes(self) -> bool {
        self.kind == Self::FIRE_THEN_RESUME
    }
}
