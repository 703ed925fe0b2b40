//! A queue with a bound on its length and on its bytes.

use std::collections::VecDeque;

use crate::Limits;

pub(crate) struct Buffer<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    limits: Limits,
}

/// The buffer has no room for the item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl<T> Buffer<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            items: VecDeque::new(),
            bytes: 0,
            limits,
        }
    }

    pub(crate) fn push(&mut self, item: T, size: usize) -> Result<(), Full> {
        let bytes = self.bytes.saturating_add(size);
        if self.items.len() >= self.limits.packets || bytes > self.limits.bytes {
            return Err(Full);
        }
        self.bytes = bytes;
        self.items.push_back((item, size));
        Ok(())
    }

    /// Takes the item whatever the bounds are.
    pub(crate) fn push_anyway(&mut self, item: T, size: usize) {
        self.bytes += size;
        self.items.push_back((item, size));
    }

    pub(crate) fn first_mut(&mut self) -> Option<&mut T> {
        self.items.front_mut().map(|(item, _)| item)
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let (item, size) = self.items.pop_front()?;
        self.bytes -= size;
        Some(item)
    }

    /// Takes out the first item of that kind, which is most often the first of all.
    pub(crate) fn remove_first(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        let position = self.items.iter().position(|(item, _)| is_it(item))?;
        let (item, size) = self.items.remove(position)?;
        self.bytes -= size;
        Some(item)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(item, _)| item)
    }

    /// Takes out what is not to be kept; the rest keeps its order.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let bytes = &mut self.bytes;
        self.items.retain(|(item, size)| {
            let is_kept = keep(item);
            if !is_kept {
                *bytes -= size;
            }
            is_kept
        });
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.bytes = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_leave_in_order() {
        let mut buffer = Buffer::new(Limits {
            packets: 2,
            bytes: 10,
        });
        buffer.push('a', 1).unwrap();
        buffer.push('b', 1).unwrap();
        assert_eq!(
            [buffer.pop(), buffer.pop(), buffer.pop()],
            [Some('a'), Some('b'), None]
        );
    }

    #[test]
    fn both_bounds_hold_and_free_up() {
        let mut buffer = Buffer::new(Limits {
            packets: 2,
            bytes: 10,
        });
        buffer.push('a', 9).unwrap();
        assert_eq!(buffer.push('b', 2), Err(Full));
        buffer.push('b', 1).unwrap();
        assert_eq!(buffer.push('c', 0), Err(Full));
        assert_eq!((buffer.len(), buffer.bytes()), (2, 10));
        buffer.pop();
        buffer.push('c', 9).unwrap();
        buffer.retain(|item| *item == 'c');
        assert_eq!((buffer.len(), buffer.bytes()), (1, 9));
        buffer.push('d', 1).unwrap();
        assert_eq!(buffer.remove_first(|item| *item == 'd'), Some('d'));
        assert_eq!(buffer.remove_first(|item| *item == 'd'), None);
        assert_eq!((buffer.len(), buffer.bytes()), (1, 9));
        buffer.clear();
        assert_eq!((buffer.len(), buffer.bytes()), (0, 0));
        buffer.push('d', 10).unwrap();
    }
}
