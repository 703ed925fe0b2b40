//! Faults: what is wrong in a project, where, and what to do about it.
//!
//! Every stage adds to one [`Faults`]; nothing stops at the first.

use std::{
    collections::HashSet,
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use serde::Serialize;

/// A file of the project with its text, kept so that a fault can name its line.
pub struct SourceFile {
    /// Relative to the project's folder, for people.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// Where each line starts; made for the first fault, because most files have none.
    lines: OnceLock<Box<[usize]>>,
}

impl SourceFile {
    /// A file that was read.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
        }
    }

    /// Line and column, counted from 1; the column counts characters, a byte order mark not among them.
    pub fn position(&self, byte: usize) -> (u32, u32) {
        let byte = self.text.floor_char_boundary(byte);
        let starts = self.lines.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= byte);
        let before = self.text[starts[line - 1]..byte].trim_start_matches('\u{feff}');
        (line as u32, before.chars().count() as u32 + 1)
    }

    /// The line alone, counted from 1.
    pub fn line(&self, byte: usize) -> u32 {
        self.position(byte).0
    }
}

/// Without the text: settings hold secrets, and this may end in a log.
impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({})", self.path.display())
    }
}

/// A stretch of a source file, in bytes.
pub type Span = std::ops::Range<usize>;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The project runs, but probably not as meant.
    Warning,
    /// The project cannot run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// How bad it is.
    pub severity: Severity,
    /// The file, relative to the project's folder.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column, counted from 1.
    pub column: Option<u32>,
    /// The graph, if the fault is in one: `project`, `scenes/NAME`.
    pub graph: Option<String>,
    /// The node, if the fault is at one.
    pub node: Option<String>,
    /// What is wrong: lower case, no full stop, backticks round literals.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    /// An error in `source` at `span`.
    pub fn error(source: &SourceFile, span: &Span, message: impl Into<String>) -> Self {
        let (line, column) = source.position(span.start);
        Self {
            severity: Severity::Error,
            file: source.path.clone(),
            line: Some(line),
            column: Some(column),
            graph: None,
            node: None,
            message: message.into(),
            hint: None,
        }
    }

    /// A warning in `source` at `span`.
    pub fn warning(source: &SourceFile, span: &Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(source, span, message)
        }
    }

    /// An error that concerns a whole file.
    pub fn file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: path.into(),
            line: None,
            column: None,
            graph: None,
            node: None,
            message: message.into(),
            hint: None,
        }
    }

    /// Says what to do.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Says what to do, if anybody knows.
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// Says which graph it is.
    pub fn in_graph(self, graph: &str) -> Self {
        Self {
            graph: Some(graph.to_owned()),
            ..self
        }
    }

    /// Says which node of which graph it is.
    pub fn at_node(self, graph: &str, node: &str) -> Self {
        Self {
            graph: Some(graph.to_owned()),
            node: Some(node.to_owned()),
            ..self
        }
    }
}

/// `error: logic/project.toml:12:8: message`, then a line `hint:` if there is one.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity, self.without_severity())
    }
}

impl Fault {
    /// The text for where the severity is shown in another way.
    pub fn without_severity(&self) -> String {
        let mut text = self.file.display().to_string();
        if let (Some(line), Some(column)) = (self.line, self.column) {
            text.push_str(&format!(":{line}:{column}"));
        }
        if let Some(node) = &self.node {
            text.push_str(&format!(": node `{node}`"));
        }
        text.push_str(&format!(": {}", self.message));
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\n  hint: {hint}"));
        }
        text
    }
}

/// All that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Whether anything keeps the project from running.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|fault| fault.severity == Severity::Error)
    }

    /// The faults in the order of file and line.
    pub fn into_sorted(mut self) -> Vec<Fault> {
        self.0
            .sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        self.0
    }

    /// The faults as they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The faults found after the first `count`.
    pub(crate) fn since(&mut self, count: usize) -> impl Iterator<Item = &mut Fault> {
        self.0.iter_mut().skip(count)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Each fault as it prints, one after the other.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What was a warning and turns out to be an error is kept once.
impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        let faults: Vec<Fault> = faults.into_iter().collect();
        let place = |fault: &Fault| {
            (
                fault.file.clone(),
                fault.line,
                fault.column,
                fault.message.clone(),
            )
        };
        let errors = faults.iter().filter(|fault| fault.severity == Severity::Error);
        let errors: HashSet<_> = errors.map(place).collect();
        if !errors.is_empty() {
            self.0
                .retain(|known| known.severity == Severity::Error || !errors.contains(&place(known)));
        }
        self.0.extend(faults);
    }
}

/// The candidate that a misspelt `word` most probably means: at most every third letter is wrong. Of one or two
/// letters none may be: every other such word would be near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = |candidate: &str| word.len().max(candidate.len()) / 3;
    candidates
        .into_iter()
        // The lengths alone rule most candidates out, and cost nothing.
        .filter(|candidate| word.len().abs_diff(candidate.len()) <= allowed(candidate))
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters differ; upper and lower case do not.
fn distance(word: &str, candidate: &str) -> usize {
    match word.eq_ignore_ascii_case(candidate) {
        true => 0,
        false => strsim::damerau_levenshtein(word, candidate),
    }
}

/// `did you mean `x`?`, or the whole choice if nothing is near.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut known = HashSet::new();
    let candidates = candidates
        .into_iter()
        .filter(|candidate| known.insert(*candidate));
    let candidates: Vec<&str> = candidates.collect();
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    match candidates.len() {
        0 => None,
        1..=12 => Some(format!("known: `{}`", candidates.join("`, `"))),
        _ => None,
    }
}

/// A source file shared by everything that was read from it.
pub type Source = Arc<SourceFile>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_or_two_letters_are_near_to_none() {
        assert_eq!(nearest("b", ["a"]), None);
        assert_eq!(nearest("to", ["in"]), None);
        assert_eq!(nearest("inn", ["in", "out"]), Some("in"));
        assert_eq!(suggestion("b", ["a"]).as_deref(), Some("known: `a`"));
        assert_eq!(nearest("ID", ["in", "id"]), Some("id"));
    }

    #[test]
    fn each_known_word_is_named_once() {
        assert_eq!(
            suggestion("x", ["a", "b", "a"]).as_deref(),
            Some("known: `a`, `b`")
        );
    }

    #[test]
    fn warning_that_turns_out_to_be_an_error_is_kept_once() {
        let source = SourceFile::new("a.toml", "x");
        let mut faults = Faults::from(Fault::warning(&source, &(0..1), "one"));
        faults.push(Fault::warning(&source, &(0..1), "two"));
        faults.extend([Fault::error(&source, &(0..1), "one")]);
        let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["warning: a.toml:1:1: two", "error: a.toml:1:1: one"]);
    }
}
