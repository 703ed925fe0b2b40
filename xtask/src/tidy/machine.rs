//! No file says on which machine it was written.

use super::{Fault, File};

/// In two parts, or this file would break its own rule.
const FOLDERS: [&str; 2] = [concat!("/", "work/"), concat!("/", "root/")];

pub(super) fn check(file: &File) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in file.lines() {
        for folder in FOLDERS.into_iter().filter(|folder| names(line, folder)) {
            let what = format!("names the machine's folder `{folder}`");
            faults.push(Fault {
                rule: "machine",
                path: file.path.clone(),
                line: Some(number),
                what,
            });
        }
    }
    faults
}

/// Whether `line` holds an absolute path into `folder`; `plugins/…` has folders of these names in the middle.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-}".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text_file;

    #[test]
    fn absolute_paths_of_a_machine_are_faults() {
        let text = format!("a\nsee \"{}x\"\nfile://{}y\n", FOLDERS[0], FOLDERS[1]);
        let faults = check(&text_file("a.md", &text));
        assert_eq!(
            faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
            [Some(2), Some(3)]
        );
        assert_eq!(check(&text_file("a.md", &format!("host{}x", FOLDERS[0]))), []);
    }
}
