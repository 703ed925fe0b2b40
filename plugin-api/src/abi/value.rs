//! The stable data: what every value is in memory, on both sides of the ABI.
//!
//! These layouts are frozen at 1.0. What values *mean* (types, defaults, equality, text, JSON) is in
//! [`crate::value`]; nothing here knows about it.

use std::ops::Deref;

use abi_stable::{
    StableAbi,
    std_types::{RArc, RVec},
};

pub use super::bytes::{Binary, Text};

/// One datum on a wire. Cloning is O(1): texts, bytes, arrays and dictionaries are shared, never copied.
#[repr(u8)]
#[derive(Clone, Default, StableAbi)]
pub enum Value {
    /// The empty `Any`: JSON's `null`, and what a grown array is filled with.
    #[default]
    Empty,
    /// True or false.
    Bool(bool),
    /// One byte of a Binary, 0 to 255.
    Byte(u8),
    /// A whole number.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// Text in UTF-8.
    String(Text),
    /// Bytes.
    Binary(Binary),
    /// An ordered sequence of values of any type.
    Array(Array),
    /// Values under unique text keys, in insertion order.
    Dictionary(Dictionary),
    /// Two components: x, y.
    Vector2([f64; 2]),
    /// Three components: x, y, z.
    Vector3([f64; 3]),
    /// Four components: x, y, z, w.
    Vector4([f64; 4]),
    /// Sixteen components, row by row.
    Matrix4x4(Matrix4x4),
    /// A colour.
    Color(Color),
    /// A unique identifier, such as an Instance ID.
    CustomId(u64),
}

/// A shared sequence of values. [`Array::make_mut`] copies it only if somebody else holds it too.
#[repr(transparent)]
#[derive(Clone, StableAbi)]
pub struct Array(RArc<RVec<Value>>);

impl Array {
    /// Applies `change` to the elements, on a copy of them if they are shared.
    pub fn make_mut<T>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let shared = RArc::make_mut(&mut self.0);
        // An `RVec` made on the same side becomes a `Vec` without a copy; a foreign one is copied once.
        let mut elements = std::mem::take(shared).into_vec();
        let result = change(&mut elements);
        *shared = RVec::from(elements);
        result
    }

    /// Where it lies, which is the same for all that share it, and how long it is.
    pub(crate) fn part(&self) -> (usize, usize) {
        (std::ptr::from_ref(&*self.0).addr(), self.len())
    }
}

impl Deref for Array {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        self.0.as_slice()
    }
}

impl From<Vec<Value>> for Array {
    fn from(elements: Vec<Value>) -> Self {
        Self(RArc::new(RVec::from(elements)))
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        Self::from(elements.into_iter().collect::<Vec<_>>())
    }
}

impl Default for Array {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

/// A shared map from text to value that keeps the order in which keys were first inserted.
#[repr(transparent)]
#[derive(Clone, StableAbi)]
pub struct Dictionary(RArc<Entries>);

/// Public only because its layout is part of [`Dictionary`]'s.
#[doc(hidden)]
#[repr(C)]
#[derive(Clone, Default, StableAbi)]
pub struct Entries {
    /// In insertion order.
    pairs: RVec<Pair>,
    /// Positions in `pairs`, sorted by key: a look-up is a binary search, with no hash to agree upon.
    sorted: RVec<u32>,
}

/// Public only because its layout is part of [`Dictionary`]'s.
#[doc(hidden)]
#[repr(C)]
#[derive(Clone, StableAbi)]
pub struct Pair {
    key: Text,
    value: Value,
}

impl Entries {
    /// `Ok(place in pairs)` of `key`, or `Err(place in sorted)` where it would go.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.sorted
            .binary_search_by(|&at| self.pairs[at as usize].key.as_str().cmp(key))
            .map(|place| self.sorted[place] as usize)
    }

    fn insert(&mut self, key: Text, value: Value) {
        match self.find(&key) {
            Ok(at) => self.pairs[at].value = value,
            Err(place) => {
                self.sorted.insert(place, self.pairs.len() as u32);
                self.pairs.push(Pair { key, value });
            }
        }
    }

    /// Sorts `sorted` anew; of two equal keys the later value wins, at the place of the first.
    fn from_pairs(pairs: impl Iterator<Item = (Text, Value)>) -> Self {
        let pairs: Vec<Pair> = pairs.map(|(key, value)| Pair { key, value }).collect();
        let mut sorted: Vec<u32> = (0..pairs.len() as u32).collect();
        sorted.sort_by(|&a, &b| pairs[a as usize].key.as_str().cmp(pairs[b as usize].key.as_str()));
        let unique = sorted
            .windows(2)
            .all(|two| pairs[two[0] as usize].key != pairs[two[1] as usize].key);
        if unique {
            return Self {
                pairs: RVec::from(pairs),
                sorted: RVec::from(sorted),
            };
        }
        let mut entries = Self::default();
        for pair in pairs {
            entries.insert(pair.key, pair.value);
        }
        entries
    }
}

impl Dictionary {
    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.pairs.len()
    }

    /// Where it lies, which is the same for all that share it, and how long it is.
    pub(crate) fn part(&self) -> (usize, usize) {
        (std::ptr::from_ref(&*self.0).addr(), self.len())
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value under `key`. O(log n).
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.find(key).ok().map(|at| &self.0.pairs[at].value)
    }

    /// Sets the value under `key`: in its old place, or at the end if the key is new. Copies if shared.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) {
        RArc::make_mut(&mut self.0).insert(key.into(), value.into());
    }

    /// Takes the pair of `key` out and returns its value. Copies if shared.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.find(key).ok()?;
        let entries = RArc::make_mut(&mut self.0);
        let removed = entries.pairs.remove(at);
        entries.sorted.retain(|&place| place as usize != at);
        for place in entries.sorted.iter_mut().filter(|place| **place as usize > at) {
            *place -= 1;
        }
        Some(removed.value)
    }

    /// The pairs in insertion order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Value)> {
        self.0.pairs.iter().map(|pair| (&pair.key, &pair.value))
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Dictionary {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(RArc::new(Entries::from_pairs(
            pairs.into_iter().map(|(key, value)| (key.into(), value.into())),
        )))
    }
}

impl Default for Dictionary {
    fn default() -> Self {
        Self(RArc::new(Entries::default()))
    }
}

/// Sixteen shared floats, row by row.
#[repr(transparent)]
#[derive(Clone, StableAbi)]
pub struct Matrix4x4(RArc<[f64; 16]>);

impl Matrix4x4 {
    /// The matrix that changes nothing.
    pub fn identity() -> Self {
        let mut rows = [0.0; 16];
        for diagonal in 0..4 {
            rows[diagonal * 5] = 1.0;
        }
        Self::from(rows)
    }

    /// The components, row by row.
    pub fn components(&self) -> &[f64; 16] {
        &self.0
    }
}

impl From<[f64; 16]> for Matrix4x4 {
    fn from(rows: [f64; 16]) -> Self {
        Self(RArc::new(rows))
    }
}

/// A colour with eight bits a channel; its text is Incari's 8-digit ARGB hexadecimal.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, StableAbi)]
pub struct Color {
    /// Opacity, 0 to 255.
    pub alpha: u8,
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}
