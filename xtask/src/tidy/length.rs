//! A file holds one idea; when it needs a table of contents, it is two files.

use super::{Fault, File};

const SOURCE_LINES: usize = 500;
const SOURCE_EXTENSIONS: [&str; 6] = ["rs", "js", "ts", "py", "sh", "css"];

pub(super) fn check(file: &File) -> Vec<Fault> {
    let Some(limit) = limit(file) else {
        return Vec::new();
    };
    // What follows the last line break is no line.
    let lines = file.lines().count() - 1;
    if lines <= limit {
        return Vec::new();
    }
    let what = format!("has {lines} lines, at most {limit} are allowed");
    vec![Fault {
        rule: "length",
        path: file.path.clone(),
        line: None,
        what,
    }]
}

fn limit(file: &File) -> Option<usize> {
    if file.path == "ARCHITECTURE.md" {
        return Some(150);
    }
    let (_, extension) = file.name().rsplit_once('.')?;
    SOURCE_EXTENSIONS.contains(&extension).then_some(SOURCE_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text_file;

    #[test]
    fn sources_and_the_architecture_page_have_a_limit() {
        let faults = |path: &str, lines: usize| check(&text_file(path, &"x\n".repeat(lines))).len();
        assert_eq!(
            (faults("host/src/a.rs", 500), faults("host/src/a.rs", 501)),
            (0, 1)
        );
        assert_eq!(
            (faults("ARCHITECTURE.md", 150), faults("ARCHITECTURE.md", 151)),
            (0, 1)
        );
        assert_eq!(faults("Cargo.lock", 5000), 0);
    }
}
