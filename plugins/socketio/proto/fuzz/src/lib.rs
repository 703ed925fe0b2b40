//! What a fuzzer may throw at the protocol, and what has to hold whatever it throws.
//!
//! Each target is a function of bytes that panics when a promise is broken. `cargo xtask fuzz` runs them under libFuzzer
//! (`bin/`), on stable Rust; the tests of this crate run them on the seeds in git (`seeds/<target>/`), so that what was
//! found once stays found.
//!
//! An input is text as far as possible, one step or frame a line, so that a seed can be read and written by hand. What
//! makes no sense is skipped: every input is valid.

#![forbid(unsafe_code)]

mod attachments;
mod frame;
mod payload;
mod peer;
mod session;
mod witness;

pub use attachments::attachments;
pub use frame::frame;
pub use payload::payload;
pub use session::session;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All targets by name, as their folders of seeds are called.
pub const TARGETS: [(&str, Target); 4] = [
    ("attachments", attachments),
    ("frame", frame),
    ("payload", payload),
    ("session", session),
];
