//! The first fault of TOML in a text: where it is, and what to write instead.
//!
//! People forget a bracket, or know another notation. The parser says what it cannot go on with; the `table` says
//! what was probably meant.

mod table;
#[cfg(test)]
mod tests;

use table::Place;
use toml::de::Error;

use crate::diagnostics::Span;

/// A fault of TOML.
pub(super) struct Slip {
    pub(super) span: Span,
    /// What the parser says.
    pub(super) reason: String,
    pub(super) hint: Option<String>,
}

/// How many faults are looked at. Where there are more, nearly all follow from the first.
const MOST_FAULTS: usize = 16;

/// The first of the faults that the parser finds in the text: the others mostly follow from it.
pub(super) fn first(text: &str, errors: Vec<Error>) -> Option<Slip> {
    let spans = errors.into_iter().enumerate().map(|(order, error)| {
        let span = error.span().unwrap_or(0..0);
        (span, order, error)
    });
    let mut found: Vec<(Span, usize, Error)> = spans.collect();
    found.sort_by_key(|(span, order, _)| (span.start, *order));
    found.truncate(MOST_FAULTS);
    // Of those in one line the parser's first, but it looks into values last, and a text that is not closed takes in what
    // stands behind it.
    let is_unclosed_text = |reason: &str| reason.starts_with("invalid basic string, expected `");
    let line = |at: usize| text[..text.floor_char_boundary(at)].matches('\n').count();
    let (span, _, error) = found.into_iter().min_by_key(|(span, order, error)| {
        let line = line(place(text, span, error.message()));
        (line, !is_unclosed_text(error.message()), *order)
    })?;
    let reason = match error.message() {
        "duplicate key" => format!("duplicate key `{}`", text.get(span.clone()).unwrap_or_default()),
        // Of `{ b = 1,5 }`, where no quote is.
        message if message.starts_with("invalid literal string") && !has_quote_before(text, &span) => {
            "key with no value".to_owned()
        }
        message => message.to_owned(),
    };
    let hint = Place::new(text, &span, &reason).hint();
    let place = place(text, &span, &reason);
    let span = if place == span.start { span } else { place..place };
    Some(Slip { span, reason, hint })
}

/// Whether a `'` stands before the fault in its line.
fn has_quote_before(text: &str, span: &Span) -> bool {
    let before = &text[..text.floor_char_boundary(span.start)];
    before.lines().next_back().is_some_and(|line| line.contains('\''))
}

/// Where the fault is: what is not closed is missing behind what stands last, not where the parser gives up.
fn place(text: &str, span: &Span, reason: &str) -> usize {
    let before = &text[..text.floor_char_boundary(span.start)];
    for (of, quotes) in [("multi-line basic", "\"\"\""), ("multi-line literal", "'''")] {
        if reason.contains(of) && reason.ends_with('`') {
            let is_escaped = |at: usize| {
                before[..at]
                    .bytes()
                    .rev()
                    .take_while(|byte| *byte == b'\\')
                    .count()
                    % 2
                    == 1
            };
            let mut found = before.rmatch_indices(quotes).map(|(at, _)| at);
            return found
                .find(|at| quotes == "'''" || !is_escaped(*at))
                .unwrap_or(span.start);
        }
    }
    let is_between = [
        "missing comma",
        "missing key for",
        "unclosed array,",
        "unclosed inline",
    ];
    // The next key of the file, where a list is still open.
    let key = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
    let is_next_key = reason.starts_with("unexpected `=` in array") && !key.contains(['[', ',', '{']);
    if !is_next_key && !is_between.iter().any(|between| reason.starts_with(between)) {
        return span.start;
    }
    let mut end = before.len();
    if is_next_key {
        end = before.rfind('\n').unwrap_or_default();
    }
    loop {
        let start = before[..end].rfind('\n').map_or(0, |newline| newline + 1);
        let code = Line::new(&before[start..end]).code;
        match start {
            _ if code > 0 => return start + code,
            0 => return span.start,
            _ => end = start - 1,
        }
    }
}

/// A line, looked at without what its texts say.
struct Line {
    /// The line without its quoted texts and its comment.
    bare: String,
    /// The quote of a text that is not closed.
    open: Option<char>,
    /// Where its comment begins, or the blanks at its end.
    code: usize,
}

impl Line {
    fn new(line: &str) -> Self {
        let mut bare = String::with_capacity(line.len());
        let (mut quote, mut is_escaped, mut end) = (None, false, line.len());
        for (at, c) in line.char_indices() {
            match (quote, c) {
                (Some('"'), _) if is_escaped => is_escaped = false,
                (Some('"'), '\\') => is_escaped = true,
                (Some(open), _) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '#') => {
                    end = at;
                    break;
                }
                (None, _) => bare.push(c),
            }
        }
        let code = line[..end].trim_end().len();
        Self {
            bare,
            open: quote,
            code,
        }
    }
}
