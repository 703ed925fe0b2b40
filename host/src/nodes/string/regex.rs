//! MatchRegex, ReplaceRegex. The crate `regex` finds one match in time proportional to the text times the pattern; to find
//! all matches may take as long for each of them, and so has a limit.

use std::time::{Duration, Instant};

use pulsewire_plugin_api::prelude::*;
use regex::{Regex, RegexBuilder};

use super::characters::{position, range};
use crate::nodes::{Builtin, check_bytes};

/// A long pattern would hold the logic up.
const MOST_PATTERN: usize = 5_000;

/// The most bytes of a compiled pattern: `a{1000}` is short but means a long one.
const MOST_COMPILED: usize = 2 << 20;

/// How long the search for all matches may take; looked at after each match.
const MOST_TIME: Duration = Duration::from_secs(1);

const SYNTAX: &str = "The syntax is that of the Rust crate regex: no look-around, no back-references.";

const MATCH: NodeType = NodeType::action("string.match_regex", "MatchRegex")
    .category("String")
    .help("Looks for a regular expression in the characters From to To. Position counts characters; -1 is nowhere.")
    .inputs(&[
        Socket::data("string", "String", DataType::String),
        Socket::data("regex", "Regex", DataType::String).help(SYNTAX),
        Socket::data("from", "From", DataType::Int),
        Socket::data("to", "To", DataType::Int).help("Before which character it ends; 0 or less is the end of the text."),
        Socket::data("count_all_matches", "Count All Matches", DataType::Bool),
    ])
    .outputs(&[
        Socket::data("found", "Found", DataType::Bool),
        Socket::data("position", "Position", DataType::Int).help("Of the first match."),
        Socket::data("match_count", "Match Count", DataType::Int).help("1 at most, unless all are counted."),
    ]);

pub(in crate::nodes) const MATCH_REGEX: Builtin = builtin!(MATCH, |_| Ok(Box::new(MatchRegex(Cached::default()))));

struct MatchRegex(Cached);

impl Node for MatchRegex {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let text = call.text(0)?;
        let regex = self.0.regex(call.text(1)?)?;
        let (from, to) = (call.int(2)?, call.int(3)?);
        let from = usize::try_from(from).map_err(|_| format!("`from` is {from}"))?;
        let (first, range) = range(text, from, to);
        let range = range.unwrap_or_default();
        let found = regex.find(range);
        let count = match found {
            None => 0,
            Some(_) if call.bool(4)? => count(regex, range)?,
            Some(_) => 1,
        };
        let position = found.map_or(-1, |found| position(text, first + found.start()));
        call.set(0, count > 0);
        call.set(1, position);
        call.set(2, count);
        Ok(Flow::fire(0))
    }
}

fn count(regex: &Regex, text: &str) -> Result<i64, NodeError> {
    let began = Instant::now();
    let mut count = 0;
    for _ in regex.find_iter(text) {
        count += 1;
        check_time(began)?;
    }
    Ok(count)
}

fn check_time(began: Instant) -> Result<(), NodeError> {
    match began.elapsed() > MOST_TIME {
        true => Err(format!("the search took more than {} s", MOST_TIME.as_secs()).into()),
        false => Ok(()),
    }
}

const REPLACE: NodeType = NodeType::action("string.replace_regex", "ReplaceRegex")
    .category("String")
    .help("The text with To in place of every match of the regular expression From. $1 in To is its first group.")
    .inputs(&[
        Socket::data("string", "String", DataType::String),
        Socket::data("from", "From", DataType::String).help(SYNTAX),
        Socket::data("to", "To", DataType::String),
    ])
    .outputs(&[Socket::data("result", "Result", DataType::String)]);

pub(in crate::nodes) const REPLACE_REGEX: Builtin =
    builtin!(REPLACE, |_| Ok(Box::new(ReplaceRegex(Cached::default()))));

struct ReplaceRegex(Cached);

impl Node for ReplaceRegex {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let (text, to) = (call.text(0)?, call.text(2)?);
        let began = Instant::now();
        let check = |bytes| check_bytes("the text", bytes).and_then(|()| check_time(began));
        let replaced = replace(self.0.regex(call.text(1)?)?, text, to, check)?;
        call.set(0, replaced);
        Ok(Flow::fire(0))
    }
}

/// Asks `check` again and again whether so many bytes may be made.
fn replace(
    regex: &Regex,
    text: &str,
    to: &str,
    check: impl Fn(usize) -> Result<(), NodeError>,
) -> Result<String, NodeError> {
    let mut replaced = String::new();
    let mut rest = 0;
    for groups in regex.captures_iter(text) {
        let Some(whole) = groups.get(0) else { continue };
        replaced.push_str(&text[rest..whole.start()]);
        // One group at a time, as a group may be long and stand in it very often.
        for part in parts(to) {
            groups.expand(part, &mut replaced);
            check(replaced.len())?;
        }
        rest = whole.end();
        check(replaced.len())?;
    }
    check(replaced.len().saturating_add(text.len() - rest))?;
    replaced.push_str(&text[rest..]);
    Ok(replaced)
}

/// A replacement cut before each `$` that may name a group: `$1`, `${name}`; `$$` is a `$`.
fn parts(to: &str) -> impl Iterator<Item = &str> {
    let mut rest = to;
    std::iter::from_fn(move || {
        let mut end = match rest.as_bytes() {
            [] => return None,
            [b'$', b'$', ..] => 2,
            [b'$', b'{', ..] => rest.find('}').map_or(1, |end| end + 1),
            _ => 1,
        };
        end += rest.as_bytes()[end..].iter().position(|byte| *byte == b'$').unwrap_or(rest.len() - end);
        let (part, behind) = rest.split_at(end);
        rest = behind;
        Some(part)
    })
}

/// The expression of the last run: most nodes use one only.
#[derive(Default)]
struct Cached(Option<(Text, Regex)>);

impl Cached {
    fn regex(&mut self, pattern: &Text) -> Result<&Regex, NodeError> {
        let is_known = self.0.as_ref().is_some_and(|(known, _)| known == pattern);
        if !is_known {
            if pattern.len() > MOST_PATTERN {
                let found = pattern.len();
                return Err(format!("the regular expression has {found} bytes, expected at most {MOST_PATTERN}").into());
            }
            let built = RegexBuilder::new(pattern).size_limit(MOST_COMPILED).build();
            let regex = built.map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("`{}` is no regular expression: {reason}", crate::literal::shortened(pattern))
            })?;
            self.0 = Some((pattern.clone(), regex));
        }
        let (_, regex) = self.0.as_ref().ok_or("there is no regular expression")?;
        Ok(regex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_patterns_with_words_of_any_language_are_taken() {
        for pattern in [r"\w{20}", r"\w{1,10}@\w+", r"^[\w.]{1,32}@\w+\.\w{2,8}$"] {
            let found = Cached::default().regex(&pattern.into()).map(drop);
            assert!(found.is_ok(), "{pattern}: {found:?}");
        }
    }

    #[test]
    fn a_replacement_has_parts_of_one_group_each() {
        let cut = |to| parts(to).collect::<Vec<_>>();
        assert_eq!(cut("ä$1b$$2"), ["ä", "$1b", "$$2"]);
        assert_eq!(cut("${a$b}$c"), ["${a$b}", "$c"]);
        assert_eq!(cut("${a$b$"), ["${a", "$b", "$"]);
        let regex = Regex::new("(?<a>.)(.)").unwrap();
        for to in ["", "$2$1", "$$1$a", "${a}${2}x", "${a$1", "$aä$$$1$", "$1x$9$", "${$1}", "$$$$1"] {
            let replaced = replace(&regex, "abcde", to, |_| Ok(())).unwrap();
            assert_eq!(replaced, regex.replace_all("abcde", to), "{to}");
        }
    }

    #[test]
    fn a_replacement_is_limited_by_what_it_makes() {
        let regex = Regex::new("(?s)^(x?)(.*)$").unwrap();
        let many = |group| format!("${group}").repeat(40);
        let at_most = |most| move |bytes| if bytes > most { Err(format!("{bytes}").into()) } else { Ok(()) };
        assert_eq!(replace(&regex, "abcd", &many(1), at_most(0)).unwrap(), "");
        assert_eq!(replace(&regex, "abcd", &many(2), at_most(160)).unwrap().len(), 160);
        let error = replace(&regex, "abcd", &many(2), at_most(14)).unwrap_err();
        assert_eq!(error.reason(), "16", "it ends where it is too long");
    }

    #[test]
    fn a_pattern_that_is_too_long_is_refused() {
        let found = |length| Cached::default().regex(&"a".repeat(length).into()).map(drop);
        assert!(found(MOST_PATTERN).is_ok());
        let error = found(MOST_PATTERN + 1).unwrap_err();
        assert_eq!(error.reason(), "the regular expression has 5001 bytes, expected at most 5000");
    }

    #[test]
    fn a_pattern_that_repeats_itself_into_a_large_one_is_refused() {
        let error = Cached::default().regex(&"(?:a{400}){400}".into()).unwrap_err();
        assert!(error.reason().contains("exceeds size limit"), "{error:?}");
    }
}
