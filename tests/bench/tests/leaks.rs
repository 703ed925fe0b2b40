//! What is written over is freed, however it is written.

use pulsewire_plugin_api::{
    Call,
    value::{Binary, DataType, Matrix4x4, Text, Value},
};

/// A value of each type, of those that own memory one that does.
fn samples() -> Vec<Value> {
    let mut samples: Vec<Value> = DataType::ALL
        .iter()
        .map(|data_type| Value::default_of(*data_type))
        .collect();
    samples.extend([
        Value::String(Text::from("text".repeat(10).as_str())),
        Value::Binary(Binary::from([7; 40].as_slice())),
        Value::from(vec![Value::Int(1)]),
        Value::Matrix4x4(Matrix4x4::identity()),
    ]);
    samples
}

#[test]
fn no_value_leaks_that_is_set_passed_on_or_written_through_an_input() {
    let inputs = [0];
    let write = |count: usize| {
        let mut slots = [Value::Empty, Value::Empty];
        for value in samples().iter().cycle().take(count) {
            let mut call = Call::new(&mut slots, &inputs, 1, 1, 0);
            call.set(0, value.clone());
            call.write_through_input(0, value.clone());
            call.pass(0, 0);
        }
    };
    // Tables that live as long as the process are made once.
    write(100);
    let counted = allocation_counter::measure(|| write(1000));
    assert_eq!((counted.count_current, counted.bytes_current), (0, 0));
}
