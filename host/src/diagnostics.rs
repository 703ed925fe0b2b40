//! Faults: what is wrong in a project, where, and what to do about it.
//!
//! Every stage adds to one [`Faults`]; nothing stops at the first.

use std::{fmt, path::PathBuf, sync::Arc};

use serde::Serialize;

/// A file of the project with its text, kept so that a fault can name its line.
#[derive(Debug)]
pub struct SourceFile {
    /// Relative to the project's folder, for people.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// Line and column, counted from 1; the column counts characters.
    pub fn position(&self, byte: usize) -> (u32, u32) {
        let before = &self.text[..self.text.floor_char_boundary(byte)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&b| b == b'\n').count() as u32 + 1;
        (line, before[line_start..].chars().count() as u32 + 1)
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
        write!(f, "{}: {}", self.severity, self.file.display())?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        if let Some(node) = &self.node {
            write!(f, ": node `{node}`")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
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

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        self.0.extend(faults);
    }
}

/// The candidate that a misspelt `word` most probably means.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `did you mean `x`?`, or the whole choice if nothing is near.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
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
