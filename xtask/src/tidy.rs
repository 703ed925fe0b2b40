//! The house rules that no other tool checks, over every file in git or about to be.
//!
//! A rule is a function from a file to its faults. What has to break one is listed in [`exceptions`], with a reason.

mod exceptions;
mod length;
mod machine;
mod registry;
mod text;

use crate::cargo;
use crate::failure::{Failure, Result};
use crate::workspace::root;
use std::fmt;
use std::fs;
use std::process::Command;

/// A file, as the rules see it.
struct File {
    /// Relative to the root, with `/`.
    path: String,
    content: Content,
}

enum Content {
    Text(String),
    Binary,
}

impl File {
    /// The last part of the path.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Numbered lines; none of a binary file.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let text = match &self.content {
            Content::Text(text) => text.as_str(),
            Content::Binary => "",
        };
        text.split('\n')
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// What a file does wrong.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    rule: &'static str,
    path: String,
    line: Option<usize>,
    what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            path,
            line,
            what,
        } = self;
        match line {
            Some(line) => write!(f, "{path}:{line}: {what} [{rule}]"),
            None => write!(f, "{path}: {what} [{rule}]"),
        }
    }
}

/// A rule looks at one file and says what is wrong with it.
type Rule = fn(&File) -> Vec<Fault>;

const RULES: [Rule; 5] = [
    length::check,
    machine::check,
    registry::check,
    text::whitespace,
    text::binary,
];

pub(crate) fn run() -> Result<()> {
    eprintln!("$ tidy");
    let faults: Vec<Fault> = files()?
        .iter()
        .flat_map(|file| RULES.iter().flat_map(move |rule| rule(file)))
        .collect();
    let complaints = exceptions::apply(faults, exceptions::ALL);
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    match complaints.len() {
        0 => Ok(()),
        1 => Err(Failure::new("tidy found 1 fault")),
        count => Err(Failure::new(format!("tidy found {count} faults"))),
    }
}

/// Every file in git, and every new one that is not ignored.
fn files() -> Result<Vec<File>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root());
    let list = cargo::output(&mut git)?;
    let paths = list.split_terminator('\0');
    paths.filter_map(|path| read(path).transpose()).collect()
}

/// A file's content; nothing for what is in git's index only, and for what is no regular file.
fn read(path: &str) -> Result<Option<File>> {
    let full = root().join(path);
    if !fs::symlink_metadata(&full).is_ok_and(|metadata| metadata.is_file()) {
        return Ok(None);
    }
    let bytes = fs::read(&full).map_err(|error| Failure::file("read", &full, &error))?;
    let content = match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Content::Text(text),
        _ => Content::Binary,
    };
    Ok(Some(File {
        path: path.to_owned(),
        content,
    }))
}

#[cfg(test)]
fn text_file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        content: Content::Text(text.to_owned()),
    }
}
