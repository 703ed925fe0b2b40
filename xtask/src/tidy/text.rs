//! Text is clean, and everything is text.

use super::{Content, Fault, File};

/// Pictures of the documentation are the only binary files in git.
const PICTURES: [&str; 3] = [".png", ".gif", ".webp"];

pub(super) fn whitespace(file: &File) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |line, what: &str| {
        faults.push(Fault {
            rule: "whitespace",
            path: file.path.clone(),
            line: Some(line),
            what: what.into(),
        });
    };
    for (number, line) in file.lines() {
        if line.contains('\t') {
            fault(number, "holds a tab");
        }
        if line.ends_with([' ', '\t', '\r']) {
            fault(number, "ends with white space");
        }
    }
    faults
}

pub(super) fn binary(file: &File) -> Vec<Fault> {
    let is_text = matches!(file.content, Content::Text(_));
    if is_text || PICTURES.iter().any(|extension| file.path.ends_with(extension)) {
        return Vec::new();
    }
    vec![Fault {
        rule: "binary",
        path: file.path.clone(),
        line: None,
        what: "is a binary file".into(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text_file;

    #[test]
    fn tabs_and_trailing_space_are_faults() {
        let faults = whitespace(&text_file("a.rs", "fine\n\tx\nx \nx\r\n"));
        assert_eq!(
            faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
            [Some(2), Some(3), Some(4)]
        );
    }

    #[test]
    fn only_pictures_are_binary() {
        let file = |path: &str| File {
            path: path.into(),
            content: Content::Binary,
        };
        assert_eq!(binary(&file("docs/a.png")), []);
        assert_eq!(binary(&file("tests/a.so")).len(), 1);
        assert_eq!(binary(&text_file("a.rs", "x")), []);
    }
}
