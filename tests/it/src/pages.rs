//! The pages of the documentation, and the code that they show.

use std::fs;

use crate::artifacts;

/// A file of the repository.
#[track_caller]
pub fn read(path: &str) -> String {
    let path = artifacts::workspace().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// The code blocks of a page in `language`.
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("\n```{language}\n");
    // Two blocks may follow each other without a line between them.
    let page = page.replace("```\n```", "```\n\n```");
    let after = page.split(opening.as_str()).skip(1);
    after
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}
