//! The demo's output: one line each, with who says it in front.

use std::fmt;

/// Who says a line.
#[derive(Clone, Copy)]
pub(crate) enum Who {
    /// The embedded server.
    Server,
    /// The console of the running project.
    Pulsewire,
    /// The log of the host that runs it.
    Log,
    /// The demo itself: what is happening now.
    Now,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Who::Server => "server",
            Who::Pulsewire => "pulsewire",
            Who::Log => "log",
            Who::Now => "now",
        })
    }
}

/// Shows a line.
pub(crate) fn show(who: Who, line: impl fmt::Display) {
    println!("{who:>9} | {line}");
}

/// Begins an act: an empty line, then what is happening now.
pub(crate) fn act(line: impl fmt::Display) {
    println!();
    show(Who::Now, line);
}
