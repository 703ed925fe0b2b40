//! `payload` under libFuzzer; `cargo xtask fuzz` builds and runs it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| socketio_fuzz::payload(input));
