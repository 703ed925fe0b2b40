//! How large a value may become: whatever a loop does, it must not take the host down.

use std::io;

use pulsewire_plugin_api::{NodeError, value::Value};
use rustc_hash::FxHashMap;

/// The most bytes that a node makes one text or Binary of.
pub(crate) const MAX_BYTES: usize = 256 << 20;

/// The most elements that a node gives one array, pairs that it gives one dictionary, and values that one element or pair
/// may hold in all.
pub(crate) const MAX_ELEMENTS: usize = 16 << 20;

/// How deep arrays and dictionaries may lie within each other: as deep as JSON Parse reads. Values are compared, written and
/// dropped by recursion.
const MAX_DEPTH: usize = 127;

/// `what` is the text or Binary that would be made.
pub(crate) fn check_bytes(what: &str, count: usize) -> Result<(), NodeError> {
    match count > MAX_BYTES {
        true => Err(format!("{what} would have {count} bytes, more than {MAX_BYTES}").into()),
        false => Ok(()),
    }
}

/// An array of so many elements.
pub(crate) fn check_elements(count: usize) -> Result<(), NodeError> {
    match count > MAX_ELEMENTS {
        true => Err(format!("the array would have {count} elements, more than {MAX_ELEMENTS}").into()),
        false => Ok(()),
    }
}

/// A dictionary of so many pairs.
pub(crate) fn check_pairs(count: usize) -> Result<(), NodeError> {
    match count > MAX_ELEMENTS {
        true => Err(format!("the dictionary would have {count} pairs, more than {MAX_ELEMENTS}").into()),
        false => Ok(()),
    }
}

/// Whether `value` may become an element of an array, or stand in a dictionary. Takes time in proportion to the memory of the
/// value, however often the same is in it.
pub(crate) fn check_element(value: &Value) -> Result<(), NodeError> {
    Measuring::default().measure(value, 1).map(drop)
}

/// So many values are looked at before any size is remembered: most elements are smaller.
const UNREMEMBERED: usize = 4096;

#[derive(Default)]
struct Measuring {
    /// How many values were looked at.
    seen: usize,
    /// The sizes of arrays and dictionaries, by where their first element lies.
    sizes: FxHashMap<*const Value, Size>,
}

#[derive(Clone, Copy)]
struct Size {
    /// With itself.
    values: usize,
    /// How many arrays and dictionaries lie within each other.
    depth: usize,
}

impl Measuring {
    /// `around` is how many arrays and dictionaries the value lies in.
    fn measure(&mut self, value: &Value, around: usize) -> Result<Size, NodeError> {
        match value {
            Value::Array(elements) => self.measure_all(elements.first(), elements.iter(), around),
            Value::Dictionary(pairs) => {
                let values = || pairs.iter().map(|(_, value)| value);
                self.measure_all(values().next(), values(), around)
            }
            _ => {
                self.seen += 1;
                Ok(Size { values: 1, depth: 0 })
            }
        }
    }

    fn measure_all<'a>(
        &mut self,
        first: Option<&'a Value>,
        mut elements: impl Iterator<Item = &'a Value>,
        around: usize,
    ) -> Result<Size, NodeError> {
        let place = first.map(std::ptr::from_ref);
        let known = place.and_then(|place| self.sizes.get(&place)).copied();
        if around + known.map_or(1, |known| known.depth) > MAX_DEPTH {
            let message =
                format!("arrays and dictionaries would lie more than {MAX_DEPTH} deep within each other");
            return Err(message.into());
        }
        if let Some(known) = known {
            return Ok(known);
        }
        self.seen += 1;
        let itself = Size { values: 1, depth: 1 };
        let size = elements.try_fold(itself, |size, element| {
            let inner = self.measure(element, around + 1)?;
            let values = size.values + inner.values;
            match values > MAX_ELEMENTS {
                true => Err(NodeError::new(format!(
                    "an element would hold more than {MAX_ELEMENTS} values"
                ))),
                false => Ok(Size {
                    values,
                    depth: size.depth.max(1 + inner.depth),
                }),
            }
        })?;
        if let Some(place) = place.filter(|_| self.seen > UNREMEMBERED) {
            self.sizes.insert(place, size);
        }
        Ok(size)
    }
}

/// What the console shows of a value.
pub(crate) fn text(value: &Value) -> Result<String, NodeError> {
    match value {
        Value::Array(_) | Value::Dictionary(_) => json(value, false),
        Value::Binary(bytes) => {
            check_bytes("the text", bytes.len().saturating_mul(2))?;
            Ok(value.to_string())
        }
        _ => Ok(value.to_string()),
    }
}

/// A value as JSON.
pub(crate) fn json(value: &Value, beautified: bool) -> Result<String, NodeError> {
    json_within(value, beautified, MAX_BYTES)
        .map_err(|_| format!("the text would have more than {MAX_BYTES} bytes").into())
}

/// A value as JSON; as an error its beginning, if the whole has more bytes than that.
pub(crate) fn json_within(value: &Value, beautified: bool, most: usize) -> Result<String, String> {
    let mut out = Within {
        bytes: Vec::new(),
        most,
    };
    let written = match beautified {
        true => serde_json::to_writer_pretty(&mut out, value),
        false => serde_json::to_writer(&mut out, value),
    };
    let text = String::from_utf8_lossy(&out.bytes);
    match written {
        Ok(()) => Ok(text.into_owned()),
        // Half a character may stand at the end.
        Err(_) => Err(text.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned()),
    }
}

/// Whether a value as JSON has no more bytes than that; found out without making it, as what is shared in memory stands
/// there again and again.
pub(crate) fn is_json_within(value: &Value, most: usize) -> bool {
    serde_json::to_writer(Counted { left: most }, value).is_ok()
}

/// Counts bytes, and fails at too many.
struct Counted {
    left: usize,
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len());
        self.left = left.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes so many bytes, and fails at more.
struct Within {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Within {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        match bytes.len() > room {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many values the JSON text describes at most, as its commas tell.
pub(crate) fn check_json(text: &str) -> Result<(), NodeError> {
    // Each value but the first takes a comma and itself, or two brackets round another.
    if text.len() <= MAX_ELEMENTS {
        return Ok(());
    }
    let (mut commas, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b',' if !is_text => commas += 1,
            _ => {}
        }
    }
    match commas >= MAX_ELEMENTS {
        true => Err(format!("the JSON has {} values, more than {MAX_ELEMENTS}", commas + 1).into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use pulsewire_plugin_api::value::DataType;

    use super::*;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Int(1), |inner, _| Value::from(vec![inner]))
    }

    /// An array that holds so many values, and itself.
    fn doubled(times: u32) -> Value {
        (0..times).fold(Value::Empty, |inner, _| Value::from(vec![inner.clone(), inner]))
    }

    #[test]
    fn what_json_parse_reads_may_be_an_element_and_nothing_deeper() {
        let fits = nested(MAX_DEPTH - 1);
        assert!(check_element(&fits).is_ok());
        let whole = Value::from(vec![fits]).to_json();
        assert!(Value::from_json(&whole).is_ok());
        assert!(Value::from_json(&format!("[{whole}]")).is_err());
        let error = check_element(&nested(MAX_DEPTH)).unwrap_err();
        assert_eq!(
            error.reason(),
            "arrays and dictionaries would lie more than 127 deep within each other"
        );
        let in_dictionary = [("a", nested(MAX_DEPTH - 1))].into_iter().collect();
        assert!(check_element(&Value::Dictionary(in_dictionary)).is_err());
    }

    #[test]
    fn an_element_holds_a_limited_number_of_values_however_they_are_shared() {
        assert!(check_element(&doubled(20)).is_ok());
        let error = check_element(&doubled(60)).unwrap_err();
        assert_eq!(error.reason(), "an element would hold more than 16777216 values");
    }

    #[test]
    fn an_element_is_measured_in_the_time_that_its_memory_takes() {
        let row = Value::from(vec![Value::Int(1); 10_000]);
        let pairs = (0..100).map(|key| (key.to_string(), row.clone())).collect();
        let wide = Value::from(vec![Value::Dictionary(pairs); 10]);
        let mut measuring = Measuring::default();
        let size = measuring.measure(&wide, 1).unwrap();
        assert_eq!((size.values, size.depth), (1 + 10 * (1 + 100 * 10_001), 3));
        assert!(measuring.seen < 20_000, "{}", measuring.seen);
        let mut measuring = Measuring::default();
        assert!(measuring.measure(&doubled(60), 1).is_err());
        assert!(measuring.seen < 20_000, "{}", measuring.seen);
    }

    #[test]
    fn what_was_measured_may_lie_too_deep_elsewhere() {
        let big = Value::from(vec![
            nested(60),
            Value::from(vec![Value::Int(1); 2 * UNREMEMBERED]),
        ]);
        let deeper = |times: usize| (0..times).fold(big.clone(), |inner, _| Value::from(vec![inner]));
        let twice = |times| Value::from(vec![big.clone(), deeper(times)]);
        assert!(check_element(&twice(64)).is_ok());
        assert!(check_element(&twice(65)).is_err());
    }

    #[test]
    fn json_ends_where_the_limit_is() {
        let value = Value::from(vec![Value::from("ä"), Value::Int(1)]);
        let whole = value.to_json();
        assert_eq!(json_within(&value, false, whole.len()), Ok(whole.clone()));
        assert_eq!(json_within(&value, false, 6), Err("[\"ä\",".to_owned()));
        assert_eq!(json_within(&value, false, 3), Err("[\"".to_owned()));
        assert!(json_within(&doubled(60), true, 1 << 16).is_err_and(|start| start.len() == 1 << 16));
    }

    #[test]
    fn commas_in_texts_are_no_values() {
        let text = |inside: &str| format!("[\"\\\"{}\", 1{}]", inside, " ".repeat(MAX_ELEMENTS));
        assert!(check_json(&text(&",".repeat(MAX_ELEMENTS + 1))).is_ok());
        let many = format!("[1{}]", ",1".repeat(MAX_ELEMENTS));
        let error = check_json(&many).unwrap_err();
        assert_eq!(error.reason(), "the JSON has 16777217 values, more than 16777216");
    }

    #[test]
    fn texts_and_arrays_and_dictionaries_have_a_limit() {
        assert!(
            check_bytes("the text", MAX_BYTES).is_ok() && check_bytes("the text", MAX_BYTES + 1).is_err()
        );
        assert!(check_elements(MAX_ELEMENTS).is_ok() && check_elements(MAX_ELEMENTS + 1).is_err());
        assert!(check_pairs(MAX_ELEMENTS).is_ok() && check_pairs(MAX_ELEMENTS + 1).is_err());
        assert_eq!(text(&Value::default_of(DataType::Binary)).unwrap(), "");
    }
}
