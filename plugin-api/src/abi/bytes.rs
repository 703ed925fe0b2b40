//! Shared, immutable bytes and text: one allocation that is counted, or none at all.
//!
//! These layouts are frozen at 1.0. Whoever made the bytes also frees them, so they cross between allocators.

use std::{
    alloc::{self, Layout},
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    process, ptr, slice,
    sync::atomic::{AtomicUsize, Ordering, fence},
};

use abi_stable::StableAbi;

use super::guard;

/// Shared, immutable bytes.
#[repr(C)]
#[derive(StableAbi)]
pub struct Binary {
    data: *const u8,
    length: usize,
    /// What keeps the bytes alive; null if they live as long as the process.
    owner: *const Owner,
}

/// The beginning of what keeps bytes alive.
#[repr(C)]
#[derive(StableAbi)]
pub(super) struct Owner {
    /// How many [`Binary`] there are.
    pub(super) count: AtomicUsize,
    /// Frees the owner; called when the count has reached zero.
    pub(super) release: unsafe extern "C" fn(*const Owner),
}

impl Owner {
    /// Takes `counts` off, and frees the owner if they were the last.
    ///
    /// # Safety
    /// So many counts are the caller's, who does not use the owner any more.
    pub(super) unsafe fn give_back(owner: *const Self, counts: usize) {
        // SAFETY: it lives as long as it is counted.
        let Self { count, release } = unsafe { &*owner };
        if count.fetch_sub(counts, Ordering::Release) == counts {
            // All uses on other threads come before the release (as in `Arc`).
            fence(Ordering::Acquire);
            // SAFETY: those were the last counts.
            unsafe { release(owner) };
        }
    }
}

// SAFETY: the bytes are immutable, the count is atomic, and owners are `Send + Sync` themselves.
unsafe impl Send for Binary {}
// SAFETY: as above.
unsafe impl Sync for Binary {}

/// An owner with a copy of the bytes right behind it.
#[repr(C)]
struct Copied {
    owner: Owner,
    length: usize,
}

/// An owner that keeps something whose bytes they are.
#[repr(C)]
struct Kept<T> {
    owner: Owner,
    kept: T,
}

/// Bytes up to this length are copied, which is cheaper than to keep what they came in.
const SMALL: usize = 1024;

impl Binary {
    /// Bytes that live as long as the process, such as constants. Allocates nothing.
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        Self {
            data: bytes.as_ptr(),
            length: bytes.len(),
            owner: ptr::null(),
        }
    }

    /// The bytes of `kept`, which lives as long as any clone of them; nothing is copied. `kept` must give the same
    /// bytes each time; it is dropped on any thread.
    pub fn from_owner<T: AsRef<[u8]> + Send + Sync + 'static>(kept: T) -> Self {
        let owner = Owner {
            count: AtomicUsize::new(1),
            release: release_kept::<T>,
        };
        let kept = Box::into_raw(Box::new(Kept { owner, kept }));
        // From here on the owner is dropped, even if `as_ref` panics.
        let mut binary = Self::from_static(&[]);
        binary.owner = kept.cast();
        // SAFETY: the box stays where it is as long as `binary` counts it.
        let bytes = unsafe { &(*kept).kept }.as_ref();
        (binary.data, binary.length) = (bytes.as_ptr(), bytes.len());
        binary
    }

    fn copy_of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::from_static(&[]);
        }
        let layout = copied_layout(bytes.len());
        // SAFETY: the layout is not empty.
        let copied = unsafe { alloc::alloc(layout) }.cast::<Copied>();
        if copied.is_null() {
            alloc::handle_alloc_error(layout);
        }
        let owner = Owner {
            count: AtomicUsize::new(1),
            release: release_copied,
        };
        // SAFETY: the allocation holds the head and `bytes.len()` bytes behind it, and is nobody else's yet.
        let data = unsafe {
            copied.write(Copied {
                owner,
                length: bytes.len(),
            });
            let data = copied.add(1).cast::<u8>();
            data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            data
        };
        Self {
            data,
            length: bytes.len(),
            owner: copied.cast(),
        }
    }
}

/// Never fails: the bytes exist, so head and bytes fit into the address space.
fn copied_layout(length: usize) -> Layout {
    let head = Layout::new::<Copied>();
    match Layout::from_size_align(head.size() + length, head.align()) {
        Ok(layout) => layout,
        Err(_) => process::abort(),
    }
}

/// # Safety
/// `owner` begins a [`Copied`] that nobody uses any more.
unsafe extern "C" fn release_copied(owner: *const Owner) {
    let copied = owner.cast_mut().cast::<Copied>();
    // SAFETY: it was allocated with this layout; its fields need no drop.
    unsafe { alloc::dealloc(copied.cast(), copied_layout((*copied).length)) };
}

/// # Safety
/// `owner` begins a boxed [`Kept<T>`] that nobody uses any more.
unsafe extern "C" fn release_kept<T>(owner: *const Owner) {
    // SAFETY: it came from a box of this very type.
    let kept = unsafe { Box::from_raw(owner.cast_mut().cast::<Kept<T>>()) };
    if let Err(panic) = guard::catch(|| drop(kept)) {
        log::error!("the owner of shared bytes {panic} when it was dropped");
    }
}

impl Clone for Binary {
    fn clone(&self) -> Self {
        // SAFETY: the owner lives as long as `self` counts it.
        if let Some(owner) = unsafe { self.owner.as_ref() } {
            // Nobody can lose the last count while `self` holds one, so no order is needed (as in `Arc`).
            if owner.count.fetch_add(1, Ordering::Relaxed) > isize::MAX as usize {
                process::abort();
            }
        }
        Self {
            data: self.data,
            length: self.length,
            owner: self.owner,
        }
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        if !self.owner.is_null() {
            // SAFETY: the owner lives as long as `self` counts it, once.
            unsafe { Owner::give_back(self.owner, 1) };
        }
    }
}

impl Deref for Binary {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: `owner` keeps the bytes alive and nobody writes them.
        unsafe { slice::from_raw_parts(self.data, self.length) }
    }
}

impl From<&[u8]> for Binary {
    fn from(bytes: &[u8]) -> Self {
        Self::copy_of(bytes)
    }
}

impl From<Vec<u8>> for Binary {
    fn from(bytes: Vec<u8>) -> Self {
        match bytes.len() {
            0..=SMALL => Self::copy_of(&bytes),
            _ => Self::from_owner(bytes),
        }
    }
}

impl Default for Binary {
    fn default() -> Self {
        Self::from_static(&[])
    }
}

/// Shared, immutable text.
#[repr(transparent)]
#[derive(Clone, Default, StableAbi)]
pub struct Text(Binary);

impl Text {
    /// Text that lives as long as the process, such as a constant. Allocates nothing.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Binary::from_static(text.as_bytes()))
    }

    /// Text in what `owner` keeps.
    ///
    /// # Safety
    /// `data` is `length` bytes of text that live, unchanged, as long as `owner` is counted; one count is this text's.
    #[inline]
    pub(super) unsafe fn of_owner(data: *const u8, length: usize, owner: *const Owner) -> Self {
        Self(Binary { data, length, owner })
    }

    /// The text as a slice.
    pub fn as_str(&self) -> &str {
        // SAFETY: every constructor takes text.
        unsafe { std::str::from_utf8_unchecked(&self.0) }
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Binary::from(text.into_bytes()))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Binary::copy_of(text.as_bytes()))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.as_str(), other.as_str()) || self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Says when it is dropped.
    struct Watched(Vec<u8>, Arc<AtomicUsize>);

    impl AsRef<[u8]> for Watched {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn bytes_of_every_length_are_kept() {
        for length in [0, 1, 7, 8, 9, SMALL, SMALL + 1, 100_000] {
            let bytes: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let copied = Binary::from(bytes.as_slice());
            let moved = Binary::from(bytes.clone());
            assert_eq!(*copied, bytes, "{length}");
            assert_eq!(*moved.clone(), bytes, "{length}");
        }
    }

    #[test]
    fn owner_is_dropped_once_with_the_last_clone_on_whatever_thread() {
        let drops = Arc::new(AtomicUsize::new(0));
        let binary = Binary::from_owner(Watched(vec![1, 2, 3], Arc::clone(&drops)));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let binary = binary.clone();
                std::thread::spawn(move || {
                    let clones: Vec<Binary> = (0..1000).map(|_| binary.clone()).collect();
                    assert!(clones.iter().all(|clone| **clone == [1, 2, 3]));
                })
            })
            .collect();
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        drop(binary);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn panics_of_an_owner_stay_contained() {
        struct Bad(Arc<AtomicUsize>);
        impl AsRef<[u8]> for Bad {
            fn as_ref(&self) -> &[u8] {
                panic!("no bytes");
            }
        }
        impl Drop for Bad {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        struct BadDrop;
        impl AsRef<[u8]> for BadDrop {
            fn as_ref(&self) -> &[u8] {
                b"x"
            }
        }
        impl Drop for BadDrop {
            fn drop(&mut self) {
                panic!("no end");
            }
        }
        let drops = Arc::new(AtomicUsize::new(0));
        let bad = Bad(Arc::clone(&drops));
        assert!(guard::catch(|| Binary::from_owner(bad)).is_err());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(Binary::from_owner(BadDrop));
    }

    #[test]
    fn constants_and_empty_texts_have_no_owner() {
        const TEXT: Text = Text::from_static("constant");
        assert_eq!(TEXT.clone().as_str(), "constant");
        for empty in [Text::default(), Text::from(""), Text::from(String::new())] {
            assert!(empty.0.owner.is_null());
            assert_eq!(empty.as_str(), "");
        }
    }
}
