//! Equality of values that may share much.
//!
//! Arrays and dictionaries are shared, so a little memory may hold values without number: an array that holds one array
//! twice, which holds another twice, and so on. Two of them are compared in time proportional to the memory that they take:
//! parts that are found equal, or are about to be, form one class from then on and are not compared again (Adams and
//! Dybvig, "Efficient Nondestructive Equality Checking for Trees and Graphs", 2008). A class that turns out wrong does no harm,
//! because the whole is unequal then.

use std::collections::HashMap;

use super::{Array, Dictionary, Value};

/// So much is compared before anything is remembered: most values are smaller.
const UNREMEMBERED: usize = 4096;

/// So many bytes are compared as fast as one element.
const BYTES: usize = 64;

/// An array, a dictionary, a text or a Binary: where it lies in memory, and how long it is.
pub(super) type Part = (usize, usize);

/// One comparison of two values.
pub(super) struct Comparison {
    /// How much more is compared without being remembered.
    left: usize,
    /// From each part to another of its class; from one of them to none.
    classes: HashMap<Part, Part>,
}

impl Default for Comparison {
    fn default() -> Self {
        Self::remembering_after(UNREMEMBERED)
    }
}

impl Comparison {
    fn remembering_after(left: usize) -> Self {
        Self {
            left,
            classes: HashMap::new(),
        }
    }

    fn are_equal(&mut self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => self.are_arrays_equal(a, b),
            (Value::Dictionary(a), Value::Dictionary(b)) => self.are_dictionaries_equal(a, b),
            (Value::String(a), Value::String(b)) => self.are_bytes_equal(a.as_bytes(), b.as_bytes()),
            (Value::Binary(a), Value::Binary(b)) => self.are_bytes_equal(a, b),
            // What holds nothing else is compared at once.
            (a, b) => a == b,
        }
    }

    pub(super) fn are_arrays_equal(&mut self, a: &Array, b: &Array) -> bool {
        a.len() == b.len()
            && (self.are_known_equal(a.part(), b.part(), a.len())
                || a.iter().zip(b.iter()).all(|(a, b)| self.are_equal(a, b)))
    }

    pub(super) fn are_dictionaries_equal(&mut self, a: &Dictionary, b: &Dictionary) -> bool {
        a.len() == b.len()
            && (self.are_known_equal(a.part(), b.part(), a.len())
                || a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| self.are_equal(a, b))))
    }

    fn are_bytes_equal(&mut self, a: &[u8], b: &[u8]) -> bool {
        let part = |bytes: &[u8]| (bytes.as_ptr().addr(), bytes.len());
        a.len() == b.len() && (self.are_known_equal(part(a), part(b), a.len() / BYTES) || a == b)
    }

    /// Whether the parts, which are equally long, are the same or of one class. If not, they are of one class from now on:
    /// the caller compares them, and the whole is unequal if they are.
    fn are_known_equal(&mut self, a: Part, b: Part, cost: usize) -> bool {
        if a == b {
            return true;
        }
        if let Some(left) = self.left.checked_sub(1 + cost) {
            self.left = left;
            return false;
        }
        let (a, b) = (self.class(a), self.class(b));
        if a != b {
            self.classes.insert(a, b);
        }
        a == b
    }

    /// The part that stands for the whole class.
    fn class(&mut self, mut part: Part) -> Part {
        while let Some(&next) = self.classes.get(&part) {
            // Ways become shorter each time that they are gone.
            if let Some(&after) = self.classes.get(&next) {
                self.classes.insert(part, after);
            }
            part = next;
        }
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some of what can be made by putting earlier values into later ones.
    fn values() -> Vec<Value> {
        let mut values: Vec<Value> = vec![
            Value::Empty,
            1_i64.into(),
            "a".into(),
            "b".into(),
            f64::NAN.into(),
        ];
        for at in 0..60 {
            let pick = |step: usize| values[(at * step + step) % values.len()].clone();
            let made = match at % 3 {
                0 => Value::from(vec![pick(7)]),
                1 => Value::from(vec![pick(5), pick(3)]),
                _ => Value::Dictionary([("x", pick(11)), ("y", pick(2))].into_iter().collect()),
            };
            values.push(made);
        }
        values
    }

    /// Equality as it is defined.
    fn are_alike(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| are_alike(a, b))
            }
            (Value::Dictionary(a), Value::Dictionary(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, a)| b.get(key).is_some_and(|b| are_alike(a, b)))
            }
            (a, b) => a == b,
        }
    }

    #[test]
    fn remembered_comparisons_say_the_same_as_plain_ones() {
        let (ones, others) = (values(), values());
        let mut equal = 0;
        for (one, other) in ones
            .iter()
            .flat_map(|one| others.iter().map(move |other| (one, other)))
        {
            let expected = are_alike(one, other);
            for left in [0, 2, UNREMEMBERED] {
                let found = Comparison::remembering_after(left).are_equal(one, other);
                assert_eq!(found, expected, "{left}: {one} {other}");
            }
            equal += usize::from(expected);
        }
        assert!(equal >= ones.len() && equal < ones.len() * ones.len() / 2);
    }

    #[test]
    fn difference_behind_much_that_is_equal_is_seen() {
        let rows = |last: i64| {
            let rows = (0..20_000).map(|at| Value::from(vec![Value::Int(at), Value::from("row")]));
            Value::from(
                rows.chain([Value::from(vec![Value::Int(last)])])
                    .collect::<Vec<_>>(),
            )
        };
        assert!(rows(1) == rows(1));
        assert!(rows(1) != rows(2));
    }
}
