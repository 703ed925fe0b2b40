//! Secrets in what a server says: a page of an error that shows the request, a refusal that quotes the token.
//!
//! Our own words never hold a secret. A server's do when it repeats what it was sent, so they are searched before they
//! reach the console or the log.

use std::cmp::Reverse;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json};
use url::Url;

/// Shorter texts are too common in what is no secret, and too weak to be one.
const SHORTEST: usize = 5;

/// What stands for a secret.
const MASK: &str = "***";

/// What a text was cut with, see `driver::connect`.
const CUT: char = '…';

/// The secrets that an entry sends, in every form in which a server may repeat them. No `Debug`.
#[derive(Default, PartialEq)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Of a URL (user, password, query) and of auth, query and headers: every text and number in them.
    pub(crate) fn new(url: &str, fields: &[&Map<String, Json>]) -> Self {
        let mut secrets = Self::default();
        if let Ok(url) = Url::parse(url) {
            let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
            let (user, password) = (
                decoded(url.username()),
                decoded(url.password().unwrap_or_default()),
            );
            secrets.add(&STANDARD.encode(format!("{user}:{password}")));
            secrets.add(&user);
            secrets.add(&password);
            url.query_pairs().for_each(|(_, value)| secrets.add(&value));
        }
        for field in fields {
            field.values().for_each(|value| secrets.add_all(value));
        }
        // Of two that overlap, the longer one goes first.
        secrets.0.sort_by_key(|secret| Reverse(secret.len()));
        secrets
    }

    /// The text with `***` for each secret, and for what is left of one that was cut.
    pub(crate) fn redact(&self, mut text: String) -> String {
        while let Some((begin, end)) = text.char_indices().find_map(|(at, c)| {
            let length = (c == CUT).then(|| self.longest_end(&text[..at])).flatten()?;
            Some((at - length, at))
        }) {
            text.replace_range(begin..end, MASK);
        }
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }

    /// With how many bytes of a secret's beginning the text ends.
    fn longest_end(&self, text: &str) -> Option<usize> {
        let shown = |secret: &String| {
            let lengths = secret.char_indices().map(|(at, c)| at + c.len_utf8());
            lengths.filter(|at| text.ends_with(&secret[..*at])).max()
        };
        let longest = self.0.iter().filter_map(shown).max();
        longest.filter(|length| *length >= SHORTEST)
    }

    fn add_all(&mut self, value: &Json) {
        match value {
            Json::String(text) => self.add(text),
            Json::Number(number) => self.add(&number.to_string()),
            Json::Array(values) => values.iter().for_each(|value| self.add_all(value)),
            Json::Object(members) => members.values().for_each(|value| self.add_all(value)),
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn add(&mut self, text: &str) {
        self.add_forms(text);
        // `Bearer TOKEN`; and texts are shown with single spaces.
        if text.contains(char::is_whitespace) {
            text.split_whitespace().for_each(|word| self.add_forms(word));
        }
    }

    fn add_forms(&mut self, text: &str) {
        let json = Json::from(text).to_string();
        let url = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for form in [text, json.trim_matches('"'), &url, &url.replace('+', "%20")] {
            if form.chars().count() >= SHORTEST && !self.0.iter().any(|known| known == form) {
                self.0.push(form.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(fields: Json) -> Secrets {
        Secrets::new("http://h", &[fields.as_object().unwrap()])
    }

    fn redacted(fields: Json, text: &str) -> String {
        secrets(fields).redact(text.to_owned())
    }

    #[test]
    fn every_form_of_a_secret_is_masked() {
        let fields = json!({"a": {"b": ["to\"ken é"]}, "n": 1234567, "h": "Bearer abc.def"});
        for (text, expected) in [
            (r#"{"token":"to\"ken é"} x"#, r#"{"token":"***"} x"#),
            ("/?t=to%22ken+%C3%A9&u=1", "/?t=***&u=1"),
            ("/?t=to%22ken%20%C3%A9&u=1", "/?t=***&u=1"),
            ("no 1234567 here", "no *** here"),
            ("Authorization: Bearer abc.def", "Authorization: ***"),
            ("the token abc.def is old", "the token *** is old"),
            ("all is well", "all is well"),
        ] {
            assert_eq!(redacted(fields.clone(), text), expected);
        }
    }

    #[test]
    fn short_texts_stay() {
        assert_eq!(
            redacted(json!({"a": "user", "b": true, "c": 80}), "user true 80"),
            "user true 80"
        );
    }

    #[test]
    fn what_is_left_of_a_cut_secret_is_masked() {
        let fields = json!({"a": "sésame-open", "b": "sésame"});
        assert_eq!(
            redacted(fields.clone(), "token sésame-op… (url)"),
            "token ***… (url)"
        );
        assert_eq!(redacted(fields.clone(), "token sésam…"), "token ***…");
        assert_eq!(redacted(fields, "is it sé… or …"), "is it sé… or …");
    }

    #[test]
    fn what_a_url_holds_is_masked() {
        let secrets = Secrets::new("http://us%40er:p%3Ass@h/?key=opensesame", &[]);
        let text = "us@er, p:ss, opensesame, Basic dXNAZXI6cDpzcw==, http://h/";
        assert_eq!(
            secrets.redact(text.to_owned()),
            "***, p:ss, ***, Basic ***, http://h/"
        );
    }
}
