//! Texts that are made together.

use std::{
    alloc::{self, Layout},
    ptr::NonNull,
    sync::atomic::AtomicUsize,
};

use super::bytes::{Owner, Text};

/// How large a block is, in bytes: what the longest-lived of its texts may keep for all.
const BLOCK: usize = 2048;

/// Longer texts are made one by one: little is gained, and too much of a block would stay empty.
const LONGEST: usize = BLOCK / 4;

/// Makes many texts that end at about the same time, such as those of one read: short ones share blocks of 2 KiB, which are
/// allocated and freed as one. A text that is kept keeps its whole block. The first text has an allocation of its own, so
/// that nothing is shared where a text comes alone.
#[derive(Default)]
pub struct Texts {
    is_used: bool,
    block: Option<Filling>,
}

/// The block that is being filled: an owner, and the texts behind it.
struct Filling {
    block: NonNull<Owner>,
    used: usize,
    texts: usize,
}

/// Counted in advance, so that those who drop texts are not disturbed by those who make them. No block has more texts.
const IN_ADVANCE: usize = BLOCK;

// SAFETY: a block that is being filled belongs to its `Texts` alone, but for the count, which is atomic, and the bytes of
// texts, which are not written again.
unsafe impl Send for Texts {}

impl Texts {
    /// None yet.
    pub const fn new() -> Self {
        Self {
            is_used: false,
            block: None,
        }
    }

    /// Another text.
    // Inlined as far as it is the rule: what is returned through memory costs as much as all the rest.
    #[inline]
    pub fn text(&mut self, text: &str) -> Text {
        match &mut self.block {
            Some(filling) if filling.has_room(text.len()) && !text.is_empty() => filling.text(text),
            _ => self.text_outside(text),
        }
    }

    /// A text that has no room in the block.
    fn text_outside(&mut self, text: &str) -> Text {
        let is_first = !std::mem::replace(&mut self.is_used, true);
        if is_first || text.is_empty() || text.len() > LONGEST {
            return Text::from(text);
        }
        // The old one ends first.
        self.block = None;
        self.block.insert(Filling::new()).text(text)
    }
}

impl Filling {
    const LAYOUT: Layout = match Layout::from_size_align(BLOCK, align_of::<Owner>()) {
        Ok(layout) => layout,
        Err(_) => panic!("a block is small"),
    };

    fn new() -> Self {
        // SAFETY: the layout is not empty.
        let block = unsafe { alloc::alloc(Self::LAYOUT) }.cast::<Owner>();
        let Some(block) = NonNull::new(block) else {
            alloc::handle_alloc_error(Self::LAYOUT);
        };
        let owner = Owner {
            count: AtomicUsize::new(IN_ADVANCE),
            release,
        };
        // SAFETY: it is nobody else's yet, and a block has room for its head.
        unsafe { block.write(owner) };
        Self {
            block,
            used: size_of::<Owner>(),
            texts: 0,
        }
    }

    #[inline]
    fn has_room(&self, length: usize) -> bool {
        length <= LONGEST && length <= BLOCK - self.used
    }

    /// Copies the text behind those before. There is room for it, and it is not empty.
    #[inline]
    fn text(&mut self, text: &str) -> Text {
        // SAFETY: there is room behind `used`, where nobody reads yet.
        let data = unsafe {
            let data = self.block.cast::<u8>().add(self.used);
            data.copy_from_nonoverlapping(NonNull::from(text.as_bytes()).cast(), text.len());
            data
        };
        self.used += text.len();
        self.texts += 1;
        // SAFETY: the bytes are text, and the block lives as long as it is counted: this text is one of those counted in
        // advance.
        unsafe { Text::of_owner(data.as_ptr(), text.len(), self.block.as_ptr()) }
    }
}

impl Drop for Filling {
    /// What was counted in advance and not made is taken back.
    fn drop(&mut self) {
        // SAFETY: the rest is nobody else's, and there is one: a text has a byte at least, and the head takes room too.
        unsafe { Owner::give_back(self.block.as_ptr(), IN_ADVANCE - self.texts) };
    }
}

/// # Safety
/// `owner` begins a block that nobody uses any more.
unsafe extern "C" fn release(owner: *const Owner) {
    // SAFETY: it was allocated with this layout; its fields need no drop.
    unsafe { alloc::dealloc(owner.cast_mut().cast(), Filling::LAYOUT) };
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn texts_of_every_length_are_kept() {
        let mut texts = Texts::new();
        let lengths = (0..=LONGEST + 1).chain([BLOCK, 10 * BLOCK]);
        let all: Vec<(String, Text)> = lengths
            .map(|length| "x".repeat(length).replacen('x', "é", length / 2 % 2))
            .map(|text| (text.clone(), texts.text(&text)))
            .collect();
        drop(texts);
        assert!(all.iter().all(|(text, made)| made.as_str() == text));
    }

    #[test]
    fn neighbours_share_a_block_and_a_text_that_comes_alone_does_not() {
        let mut texts = Texts::new();
        let [first, a, b] = ["first", "a", "b"].map(|text| texts.text(text));
        assert_eq!(a.as_ptr().wrapping_add(1), b.as_ptr());
        assert_ne!(first.as_ptr().wrapping_add(first.len()), a.as_ptr());
    }

    #[test]
    fn texts_may_end_before_their_block_is_full_and_on_any_thread() {
        for alive in [0, 1, 100] {
            let mut texts = Texts::new();
            let mut all: Vec<Text> = (0..1000).map(|at: i32| texts.text(&at.to_string())).collect();
            all.truncate(alive);
            let clones = all.clone();
            let other = thread::spawn(move || {
                let expected: Vec<String> = (0..alive).map(|at| at.to_string()).collect();
                assert_eq!(clones.iter().map(Text::as_str).collect::<Vec<_>>(), expected);
            });
            drop(texts);
            drop(all);
            other.join().unwrap();
        }
    }
}
