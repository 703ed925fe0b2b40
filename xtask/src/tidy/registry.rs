//! Lock files and package settings name the public registries, or none.

use super::{Fault, File};

const CRATES_IO: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
const NPM: &str = "\"resolved\": \"https://registry.npmjs.org/";

pub(super) fn check(file: &File) -> Vec<Fault> {
    let Some(is_foreign) = rule_for(file) else {
        return Vec::new();
    };
    file.lines()
        .filter(|(_, line)| is_foreign(line.trim()))
        .map(|(number, line)| Fault {
            rule: "registry",
            path: file.path.clone(),
            line: Some(number),
            what: format!("names a registry of its own: `{}`", line.trim()),
        })
        .collect()
}

/// Which lines of a file are wrong; none for files that name no registry.
fn rule_for(file: &File) -> Option<fn(&str) -> bool> {
    let name = file.name();
    match name {
        "Cargo.lock" => Some(|line| line.starts_with("source = ") && line != CRATES_IO),
        "package-lock.json" => Some(|line| line.starts_with("\"resolved\":") && !line.starts_with(NPM)),
        ".npmrc" => Some(|line| line.contains("registry=") || line.contains("_auth")),
        "config.toml" if file.path.ends_with(".cargo/config.toml") => Some(|line| {
            ["[source", "[registr"]
                .iter()
                .any(|start| line.starts_with(start))
        }),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => {
            // An option names an index or a folder; an address stands in for a pinned version.
            Some(|line| line.starts_with('-') || line.contains("://"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text_file;

    fn faults(path: &str, line: &str) -> usize {
        check(&text_file(path, &format!("{line}\n"))).len()
    }

    #[test]
    fn public_registries_are_fine() {
        assert_eq!(faults("Cargo.lock", CRATES_IO), 0);
        assert_eq!(
            faults(
                "x/package-lock.json",
                "  \"resolved\": \"https://registry.npmjs.org/a.tgz\","
            ),
            0
        );
        assert_eq!(faults("x/.npmrc", "omit-lockfile-registry-resolved=true"), 0);
        assert_eq!(faults("x/requirements.txt", "attrs==26.1.0"), 0);
        assert_eq!(faults(".cargo/config.toml", "[alias]"), 0);
        assert_eq!(faults("README.md", "--index-url https://example.org"), 0);
    }

    #[test]
    fn other_registries_are_faults() {
        assert_eq!(
            faults("Cargo.lock", "source = \"registry+https://example.org/index\""),
            1
        );
        assert_eq!(
            faults(
                "x/package-lock.json",
                "  \"resolved\": \"http://10.0.0.1/a.tgz\","
            ),
            1
        );
        assert_eq!(faults("x/.npmrc", "registry=https://example.org"), 1);
        assert_eq!(faults("x/requirements.txt", "--index-url https://example.org"), 1);
        assert_eq!(
            faults("x/requirements-dev.txt", "attrs @ https://example.org/attrs.whl"),
            1
        );
        assert_eq!(faults(".cargo/config.toml", "[source.crates-io]"), 1);
    }
}
