//! Nothing panics across the ABI: the author's side catches, and says what happened.

use std::{
    backtrace::Backtrace,
    cell::{Cell, RefCell},
    mem::ManuallyDrop,
    ops::{Deref, DerefMut},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    /// Text and place of the newest panic on this thread.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Whether a guard on this thread will catch the panic and report it.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics of this library reach the host: those under a guard as the guard's error, those on the
/// library's own threads through `report`. The standard library of a plugin is its own, so this hook sees only
/// panics of this very library.
pub(super) fn install_hook(report: impl Fn(&str) + Send + Sync + 'static) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let reason = (payload.downcast_ref::<&str>().copied())
                .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no text");
            let place = info
                .location()
                .map(|at| format!(" at {}:{}", at.file(), at.line()))
                .unwrap_or_default();
            let text = format!("panicked: {reason}{place}");
            log::debug!("{text}\n{}", Backtrace::capture());
            if GUARDED.get() {
                LAST_PANIC.set(Some(text));
            } else {
                let thread = std::thread::current();
                report(&format!("thread `{}` {text}", thread.name().unwrap_or("unnamed")));
            }
        }));
    });
}

/// Runs `work`; a panic becomes its text.
pub(super) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Found once: in a library that takes a call.
    let result = GUARDED.with(|guarded| {
        let outer = guarded.replace(true);
        let result = panic::catch_unwind(AssertUnwindSafe(work));
        guarded.set(outer);
        result
    });
    result.map_err(|payload| {
        // Dropping a payload may panic again; a leak of a few bytes after a panic is the lesser evil.
        std::mem::forget(payload);
        LAST_PANIC.take().unwrap_or_else(|| "panicked".to_owned())
    })
}

/// A value of the author whose destructor may panic as well: the host drops it, from the other side of the ABI.
pub(super) struct Contained<T> {
    value: ManuallyDrop<T>,
    /// Takes the text of the panic.
    report: fn(&str),
}

impl<T> Contained<T> {
    pub(super) fn new(value: T, report: fn(&str)) -> Self {
        Self {
            value: ManuallyDrop::new(value),
            report,
        }
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        // SAFETY: the value is dropped here and nowhere else, and not used afterwards.
        if let Err(panic) = catch(|| unsafe { ManuallyDrop::drop(&mut self.value) }) {
            (self.report)(&panic);
        }
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
