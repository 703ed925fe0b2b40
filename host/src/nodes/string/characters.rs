//! Positions in texts: they count characters, texts are cut at bytes.

/// Where the character at the position begins, in bytes; the end of the text if there are not so many.
pub(super) fn place(text: &str, position: usize) -> usize {
    text.char_indices().nth(position).map_or(text.len(), |(at, _)| at)
}

/// Where the range begins, in bytes, and its text. It ends before the character `end`, or with the text if that is 0 or
/// less. A range that ends before it begins has no text.
pub(super) fn range(text: &str, start: usize, end: i64) -> (usize, Option<&str>) {
    let first = place(text, start);
    let last = match usize::try_from(end) {
        Ok(end @ 1..) => place(text, end),
        _ => text.len(),
    };
    (first, text.get(first..last))
}

/// How many characters stand before the byte.
pub(super) fn position(text: &str, byte: usize) -> i64 {
    text[..byte].chars().count() as i64
}
