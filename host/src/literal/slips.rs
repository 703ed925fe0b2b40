//! What people write who know another notation than TOML, and what to write instead.

use crate::diagnostics::Span;

/// What to do about a fault of TOML in `text` at `span`, if it is one of the usual slips; `reason` is the parser's.
pub(super) fn hint(text: &str, span: &Span, reason: &str) -> Option<String> {
    let at = text.floor_char_boundary(span.start);
    if reason.starts_with("duplicate key") {
        return two_forms(text, text.get(span.clone())?).or_else(|| Some("remove one of them".to_owned()));
    }
    if reason.starts_with("carriage return") {
        return Some("save the file with the line ends of Unix or Windows".to_owned());
    }
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let bare = without_texts(line);
    let hint = if bare.contains(['“', '”', '„', '‘', '’']) {
        "write straight quotes: `\"`"
    } else if bare.trim_start().starts_with("//") || bare.contains(" //") || bare.contains("\t//") {
        "comments begin with `#`"
    } else if starts_with_bool(&text[at..]) {
        "`true` and `false` are written in lower case"
    } else if reason.contains("expected `=`") && bare.contains(':') {
        "write `=` for `:`"
    } else if reason.starts_with("unclosed array table") {
        "close it with `]]`"
    } else if reason.starts_with("unclosed inline table") {
        "close it with `}`"
    } else if reason.starts_with("invalid basic string") {
        "close the text with `\"`"
    } else if reason.starts_with("string values must be quoted")
        && text[at..].lines().next().is_none_or(str::is_empty)
    {
        "write a value behind `=`"
    } else if reason.starts_with("string values must be quoted") {
        "put texts in quotes: `\"…\"`"
    } else if text.trim_start().starts_with('{') {
        "the file is TOML, not JSON: `key = value`, one a line"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// The line without its quoted texts and its comment.
fn without_texts(line: &str) -> String {
    let mut bare = String::with_capacity(line.len());
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => break,
            (None, _) => bare.push(c),
        }
    }
    bare
}

/// `True`, as in Python, and its like.
fn starts_with_bool(text: &str) -> bool {
    let word: &str = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default();
    word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false")
}

/// A list is either one array or tables with a header each.
fn two_forms(text: &str, key: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim_start);
    let header = format!("[[{key}]]");
    if !text.lines().any(|line| line.trim_start().starts_with(&header)) {
        return None;
    }
    let is_array = |line: &str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    Some(match lines.any(is_array) {
        true => format!("use one form for all of them: `{key} = […]` or `{header}`"),
        false => format!("begin each with `{header}`"),
    })
}

#[cfg(test)]
mod tests {
    use crate::{
        diagnostics::{Faults, SourceFile},
        literal::reader,
    };

    #[track_caller]
    fn assert_hint(text: &str, hint: Option<&str>) {
        let mut faults = Faults::default();
        assert!(
            reader::parse(&SourceFile::new("a.toml", text), &mut faults).is_none(),
            "{text}"
        );
        let found: Vec<Option<&str>> = faults.iter().map(|fault| fault.hint.as_deref()).collect();
        assert_eq!(found, [hint], "{text}");
    }

    #[test]
    fn slips_of_other_notations_are_told() {
        for text in ["a = { \"input\": 1 }", "id: 1", "\"id\": \"x\"", "a = { b : 1 }"] {
            assert_hint(text, Some("write `=` for `:`"));
        }
        for text in ["id = “a”", "id = ‘a’"] {
            assert_hint(text, Some("write straight quotes: `\"`"));
        }
        for text in ["a = 1\n// x", "a = 1 // x", "[a] // x"] {
            assert_hint(text, Some("comments begin with `#`"));
        }
        for text in ["a = True", "a = { b = FALSE }", "a = [False]"] {
            assert_hint(text, Some("`true` and `false` are written in lower case"));
        }
        assert_hint(
            "a = [1]\n[[a]]",
            Some("use one form for all of them: `a = […]` or `[[a]]`"),
        );
        assert_hint("[[a]]\n[a]", Some("begin each with `[[a]]`"));
        assert_hint("a = 1\na = 2", Some("remove one of them"));
        assert_hint(
            "a = 1\rb = 2",
            Some("save the file with the line ends of Unix or Windows"),
        );
        assert_hint("[[node]\nid = 1", Some("close it with `]]`"));
        assert_hint("a = { b = 1", Some("close it with `}`"));
        for text in ["a = \"x", "a = \"x: // “y”"] {
            assert_hint(text, Some("close the text with `\"`"));
        }
        for text in ["a = b", "url = http://host"] {
            assert_hint(text, Some("put texts in quotes: `\"…\"`"));
        }
        assert_hint("a =\nb = 1", Some("write a value behind `=`"));
        assert_hint(
            "{\"a\" = 1}",
            Some("the file is TOML, not JSON: `key = value`, one a line"),
        );
    }

    #[test]
    fn other_faults_get_no_wrong_hint() {
        for text in ["a = [1", "a", "true"] {
            assert_hint(text, None);
        }
    }
}
