//! What the parser says, what stands there, and what was probably meant.

use super::Line;
use crate::{diagnostics::Span, literal::shortened};

/// What stands where the parser gave up.
pub(super) struct Place<'t> {
    text: &'t str,
    reason: &'t str,
    line: &'t str,
    /// See [`Line::bare`].
    bare: String,
    /// The line up to the place, without blanks at its end.
    before: &'t str,
    /// The line from the place on, without blanks around it.
    rest: &'t str,
    /// The value or word at the place.
    word: &'t str,
}

/// What a reason of the parser begins with, what stands there, and what to do; `{}` is the word at the place. The first that
/// fits counts.
type Row = (&'static str, fn(&Place<'_>) -> bool, &'static str);

const ANY: fn(&Place<'_>) -> bool = |_| true;

#[rustfmt::skip]
const SLIPS: &[Row] = &[
    // Other notations.
    ("", |at| at.is_merge(), "settle the merge: keep one side, and remove the lines with `<<<<<<<`, `=======`, `>>>>>>>`"),
    ("", |at| at.text.contains('\0'), "save the file in the encoding UTF-8"),
    ("carriage return", ANY, "save the file with the line ends of Unix or Windows"),
    // In a text everything may stand that looks like another notation.
    ("", |at| at.reason.contains("visible characters"), "remove the control character, or write it as `\\u` and four digits"),
    ("missing escaped", ANY, "write `\\\\` for `\\`, or put the text in single quotes: `'…'`"),
    ("too few unicode", ANY, "write `\\\\` for `\\`, or put the text in single quotes: `'…'`"),
    ("invalid multi-line basic", ANY, "close the text with `\"\"\"`"),
    ("invalid multi-line literal", ANY, "close the text with `'''`"),
    ("", |at| at.text.trim_start_matches('\u{feff}').trim_start().starts_with('{'), "the file is TOML, not JSON: `key = value`, one a line"),
    ("", |at| at.is_yaml(), "the file is TOML, not YAML: `key = value`, one a line"),
    ("", |at| at.has_smart_quotes(), "write straight quotes: `\"`"),
    ("", |at| at.has_invisible(), "an invisible character stands in this line, such as a fixed space: write the line anew"),
    ("", |at| at.has_comment(), "comments begin with `#`"),
    // Texts.
    ("invalid basic string", ANY, "close the text with `\"`"),
    ("invalid literal string", ANY, "close the text with `'`"),
    ("missing opening quote", ANY, "open the text with `\"`"),
    // Values.
    ("", |at| at.is_value() && at.is_word(&["true", "false"]), "`true` and `false` are written in lower case"),
    ("", |at| at.is_value() && at.is_word(&["yes", "on"]), "write `true`, or, if it is a text, `\"{}\"`"),
    ("", |at| at.is_value() && at.is_word(&["no", "off"]), "write `false`, or, if it is a text, `\"{}\"`"),
    ("", |at| at.is_value() && at.is_word(&["null", "none", "nil"]), "there is no such value; leave the key out"),
    ("extra `=`", ANY, "write one `=` between key and value"),
    ("", |at| at.bare.contains(":=") || at.word.starts_with('>'), "write one `=` between key and value"),
    ("string values", |at| at.rest.is_empty(), "write a value behind `=`"),
    ("string values", |at| at.rest.starts_with('#'), "`#` begins a comment; put the text in quotes"),
    ("", |at| at.bare.contains("= (") || at.bare.contains("=("), "a list stands in square brackets: `[1, 2]`"),
    ("", |at| at.is_value() && at.word.ends_with(';'), "remove the `;`"),
    ("", |at| at.is_value() && at.bare_word_has_gap(), "put a comma between the elements, and texts in quotes"),
    ("", |at| at.is_value() && at.begins_as_number(), "a number stands alone; put texts in quotes: `\"{}\"`"),
    ("", |at| at.is_value(), "put texts in quotes: `\"{}\"`"),
    ("unexpected leading zero", ANY, "write it without zeros in front, or, if it is a text, `\"{}\"`"),
    ("invalid mantissa", ANY, "write a digit before the point and one behind it: `0.5`, `5.0`"),
    ("invalid fraction", ANY, "write a digit before the point and one behind it: `0.5`, `5.0`"),
    ("invalid float", ANY, "a number has one point; put texts in quotes"),
    ("invalid date", ANY, "there is no type for dates; write it as a text, in quotes"),
    ("invalid time", ANY, "there is no type for times; write it as a text, in quotes"),
    ("`_` may only go", ANY, "write `_` between digits, or nowhere"),
    ("radix must be", ANY, "write `0x`, `0o` and `0b` with a small letter"),
    ("invalid hexadecimal", ANY, "behind `0x` stand digits and letters from `a` to `f`"),
    ("", |at| at.is_decimal_comma(), "write the number with a point: `1.5`"),
    // Brackets and commas.
    ("unclosed array table", ANY, "close it with `]]`"),
    ("unclosed table", ANY, "close it with `]`"),
    ("unclosed array", ANY, "close the list with `]`"),
    ("unexpected `=` in array", |at| !at.before.contains(['[', ',', '{']), "close the list with `]`"),
    ("unexpected `=` in array", ANY, "a list holds values; keys stand in a table: `{ key = value }`"),
    ("cannot recurse", ANY, "lists and tables may not lie so deep within each other"),
    ("unclosed inline", ANY, "close it with `}`"),
    ("missing table open", ANY, "there is nothing to close here; remove it"),
    ("", |at| at.is_structure() && at.has_odd_quotes(), "a text in this line is not closed; put a `\"` at its end"),
    ("missing comma between array", |at| at.is_beyond(), "close the list with `]`"),
    ("missing comma between array", |at| at.rest.starts_with('}'), "close the list with `]`"),
    ("missing comma between array", ANY, "put a comma between the elements"),
    ("extra comma", ANY, "remove one of the commas"),
    ("invalid inline table element", |at| at.rest.starts_with(']'), "close it with `}`"),
    ("missing key for inline", ANY, "close it with `}`"),
    ("missing comma between key", |at| at.rest.starts_with('['), "close it with `}`"),
    ("missing comma between key", ANY, "put a comma between the keys, or close the table with `}`"),
    ("extra assignment", ANY, "put a comma between the keys"),
    ("unexpected key or value", |at| at.is_half_list(), "begin it with `[[`"),
    ("unexpected key or value", |at| at.rest.starts_with([']', '}']), "there is one bracket too many; remove it"),
    ("unexpected key or value", |at| at.has_inner_quotes(), "write `\\\"` for a quote within a text"),
    ("unexpected key or value", |at| at.rest == ",", "remove the comma at the end of the line"),
    ("unexpected key or value", |at| at.rest.contains('='), "begin a new line for each key"),
    ("unexpected key or value", ANY, "remove what stands behind the value"),
    // Keys.
    ("unquoted keys cannot be empty", |at| at.line.trim_start().starts_with('['), "write a name right between the brackets: `[[node]]`"),
    ("unquoted keys cannot be empty", ANY, "write a key before `=`"),
    ("cannot extend", ANY, "it is a value already; remove one of them"),
    ("", |at| at.is_key() && at.bare.contains(':'), "write `=` for `:`"),
    ("invalid unquoted key", ANY, "a key has letters from `a` to `z`, digits, `_` and `-`; put others in quotes"),
    ("", |at| at.is_key() && at.rest.contains('='), "a key is one word; put others in quotes"),
    ("", |at| at.is_key(), "write `=` and a value behind the key"),
];

impl<'t> Place<'t> {
    pub(super) fn new(text: &'t str, span: &Span, reason: &'t str) -> Self {
        let at = text.floor_char_boundary(span.start);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        // A file may begin with a byte order mark.
        let mark = if start == 0 && line.starts_with('\u{feff}') {
            3
        } else {
            0
        };
        let rest = line.get(at - start..).unwrap_or_default();
        let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
        let word = match text.get(span.clone()) {
            Some(word) if !word.is_empty() && !word.contains('\n') && reason.starts_with("string values") => {
                word
            }
            _ => rest.split(is_end).next().unwrap_or_default(),
        };
        Self {
            text,
            reason,
            line,
            bare: Line::new(&line[mark..]).bare,
            before: text[start..at].trim_end(),
            rest: rest.trim(),
            word: word.trim_matches('`'),
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        if let Some(key) = self.reason.strip_prefix("duplicate key ") {
            return Some(self.duplicate(key.trim_matches('`')));
        }
        let fits = |(reason, is_it, _): &&Row| self.reason.starts_with(reason) && is_it(self);
        let (.., hint) = SLIPS.iter().find(fits)?;
        Some(hint.replace("{}", &shortened(self.word)))
    }

    /// A list is either one array or tables with a header each.
    fn duplicate(&self, key: &str) -> String {
        let mut lines = self.text.lines().map(str::trim_start);
        let header = format!("[[{key}]]");
        let is_array = |line: &str| {
            let rest = line.strip_prefix(key);
            rest.is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        if lines.clone().any(|line| line.starts_with(&header)) {
            return match lines.any(is_array) {
                true => format!("use one form for all of them: `{key} = […]` or `{header}`"),
                false => format!("begin each with `{header}`"),
            };
        }
        let table = self.bare.trim();
        match table.starts_with('[') && !lines.any(is_array) {
            true => format!("put all that belongs to it below one `{table}`"),
            false => "remove one of them".to_owned(),
        }
    }

    fn is_merge(&self) -> bool {
        let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
        markers.iter().any(|marker| self.line.starts_with(marker))
    }

    fn is_yaml(&self) -> bool {
        let line = self.bare.trim();
        line.starts_with("- ") || line == "---" || line.ends_with(':') && self.line.trim_end().ends_with(':')
    }

    /// Also where only the closing one is.
    fn has_smart_quotes(&self) -> bool {
        let count = |quote| self.line.matches(quote).count();
        self.bare.contains(['“', '”', '„', '‘', '’'])
            || self.reason.starts_with("invalid basic string") && count('”') > count('“')
    }

    fn has_invisible(&self) -> bool {
        let is_plain = |c: char| c == '\t' || c.is_ascii() && !c.is_control();
        let is_seen = |c: char| {
            !c.is_whitespace() && !c.is_control() && !"\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}".contains(c)
        };
        !self.bare.chars().all(|c| is_plain(c) || is_seen(c))
    }

    fn has_comment(&self) -> bool {
        let bare = self.bare.trim_start();
        ["//", "/*", ";", "--"]
            .iter()
            .any(|comment| bare.starts_with(comment))
            || [" //", "\t//", " /*"]
                .iter()
                .any(|comment| bare.contains(comment))
    }

    /// Whether the parser met a word where a value should be.
    fn is_value(&self) -> bool {
        let begins = ["string values", "invalid boolean", "invalid float, expected `"];
        begins.iter().any(|begin| self.reason.starts_with(begin))
    }

    fn is_word(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.word.eq_ignore_ascii_case(word))
    }

    fn begins_as_number(&self) -> bool {
        self.word.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Several words in a list.
    fn bare_word_has_gap(&self) -> bool {
        self.word.contains(' ') && self.bare.contains('[')
    }

    fn is_decimal_comma(&self) -> bool {
        let is_digit = |c: &char| c.is_ascii_digit();
        let number = format!("{}{}", self.before, self.rest);
        let at = match self.rest.strip_prefix(',') {
            Some(_) => self.before.len(),
            None => self.before.rfind(',').unwrap_or_default(),
        };
        let (before, behind) = number.split_at(at);
        before.chars().next_back().is_some_and(|c| is_digit(&c))
            && behind.starts_with(',')
            && behind.chars().nth(1).is_some_and(|c| is_digit(&c))
            && ["unexpected key or value", "key with no value"]
                .iter()
                .any(|begin| self.reason.starts_with(begin))
    }

    /// Whether a bracket or comma is missing or too many.
    fn is_structure(&self) -> bool {
        let begins = [
            "missing comma",
            "unexpected key",
            "extra assignment",
            "missing key",
            "invalid inline",
        ];
        begins.iter().any(|begin| self.reason.starts_with(begin))
    }

    fn has_odd_quotes(&self) -> bool {
        Line::new(self.line).open == Some('"')
    }

    /// Whether the next table or key begins here.
    fn is_beyond(&self) -> bool {
        self.before.is_empty()
            && (self.rest.starts_with('[') || self.bare.contains('=') && !self.rest.starts_with('{'))
    }

    /// `[node]]`
    fn is_half_list(&self) -> bool {
        let line = self.line.trim();
        line.starts_with('[') && !line.starts_with("[[") && line.ends_with("]]")
    }

    fn has_inner_quotes(&self) -> bool {
        self.before.ends_with('"') && self.rest.contains('"')
    }

    /// Whether the parser met something else than a key with its `=`.
    fn is_key(&self) -> bool {
        let begins = [
            "key with no value",
            "missing assignment",
            "invalid unquoted key",
            "invalid key-value",
        ];
        begins.iter().any(|begin| self.reason.starts_with(begin))
    }
}
