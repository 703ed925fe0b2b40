//! The files of a new plugin, and where it finds the crates that it is built with.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{File, names};
use crate::{cli::Failure, plugins::library_file_name};

/// Where plugin-api and harness come from. Neither is on crates.io.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A checkout on this machine.
    Checkout(PathBuf),
    Repository(State),
}

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The folders of the crates in the repository.
const PLUGIN_API: &str = "plugin-api";
const HARNESS: &str = "tests/harness";

/// A state of the public repository, in cargo's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Tag(&'static str),
    Rev(String),
}

/// That of this program's version: every release has such a tag.
const RELEASE: State = State::Tag(concat!("v", env!("CARGO_PKG_VERSION")));

impl State {
    /// What `Cargo.toml` says of a crate in the repository.
    fn dependency(&self) -> String {
        match self {
            Self::Tag(tag) => format!("{{ git = \"{REPOSITORY}\", tag = \"{tag}\" }}"),
            Self::Rev(rev) => format!("{{ git = \"{REPOSITORY}\", rev = \"{rev}\" }}"),
        }
    }

    /// The options with which cargo installs `pulsewire` from there.
    fn options(&self) -> String {
        match self {
            Self::Tag(tag) => format!("--git {REPOSITORY} --tag {tag}"),
            Self::Rev(rev) => format!("--git {REPOSITORY} --rev {rev}"),
        }
    }
}

impl Source {
    /// The checkout that was named, or what this program was built from.
    pub(super) fn find(named: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(named) = named else {
            let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            return Ok(Self::of_program(built_in.unwrap_or(Path::new(""))));
        };
        let checkout = named.canonicalize().ok().filter(|folder| is_checkout(folder));
        checkout.map(Self::Checkout).ok_or_else(|| {
            let message = format!("`{}` is no checkout of Pulsewire", named.display());
            let hint = format!("name the folder that holds `{PLUGIN_API}` and `{HARNESS}`");
            Failure::refused(message, Some(hint))
        })
    }

    /// What a program was made from that was built in this folder, perhaps on another machine.
    fn of_program(built_in: &Path) -> Self {
        match commit_of_cargo(built_in) {
            Some(commit) => Self::Repository(State::Rev(commit.to_owned())),
            None if is_checkout(built_in) => Self::Checkout(built_in.to_owned()),
            None => Self::Repository(RELEASE),
        }
    }

    /// What stands for it on other machines.
    fn elsewhere(&self) -> &State {
        match self {
            Self::Checkout(_) => &RELEASE,
            Self::Repository(state) => state,
        }
    }

    /// The crate in this folder of the repository, as a dependency in a `Cargo.toml`.
    fn dependency(&self, folder: &str) -> String {
        match self {
            Self::Checkout(checkout) => {
                let path = checkout.join(folder);
                format!(
                    "{{ path = {} }}",
                    toml_edit::Value::from(path.to_string_lossy().as_ref())
                )
            }
            Self::Repository(state) => state.dependency(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkout(folder) => write!(f, "`{}`", folder.display()),
            Self::Repository(State::Tag(state)) => write!(f, "{REPOSITORY}, {state}"),
            Self::Repository(State::Rev(state)) => write!(f, "{REPOSITORY}, {state}"),
        }
    }
}

/// The commit that `cargo install --git` has put into this folder, `…/git/checkouts/NAME/COMMIT`. It is no checkout to
/// build upon: cargo removes it when it likes.
fn commit_of_cargo(folder: &Path) -> Option<&str> {
    let commit = folder.file_name()?.to_str()?;
    let is_cargos = folder.ancestors().nth(2)?.ends_with("git/checkouts");
    (is_cargos && commit.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(commit)
}

fn is_checkout(folder: &Path) -> bool {
    let is_crate = |path| folder.join(path).join("Cargo.toml").is_file();
    is_crate(PLUGIN_API) && is_crate(HARNESS)
}

const TEMPLATES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        include_str!("../../../templates/plugin/manifest.toml"),
    ),
    ("src/lib.rs", include_str!("../../../templates/plugin/lib.rs")),
    (
        "tests/plugin.rs",
        include_str!("../../../templates/plugin/tests.rs"),
    ),
    (
        "project/settings.toml",
        include_str!("../../../templates/plugin/settings.toml"),
    ),
    (
        "project/logic/project.toml",
        include_str!("../../../templates/plugin/logic.toml"),
    ),
    ("README.md", include_str!("../../../templates/plugin/readme.md")),
    (".gitignore", include_str!("../../../templates/plugin/gitignore")),
    (
        ".github/workflows/ci.yml",
        include_str!("../../../templates/plugin/ci.yml"),
    ),
];

/// Everything but what [`link`] makes.
pub(super) fn files(id: &str, source: &Source) -> Vec<File> {
    let place = if cfg!(unix) {
        "the library in it is a link to what `cargo build` makes."
    } else {
        "copy what `cargo build` makes into it."
    };
    let (advice, condition) = match source {
        Source::Checkout(_) => (
            format!(
                "\n`Cargo.toml` names a checkout of Pulsewire on this machine. Where others build the plugin, write\n\
                 `{}` for both of its crates.\n",
                source.elsewhere().dependency()
            ),
            "\n# Here `Cargo.toml` must not name a folder of your own machine; the README says what to write.",
        ),
        Source::Repository(_) => (String::new(), ""),
    };
    let values = [
        ("{{plugin_api}}", source.dependency(PLUGIN_API)),
        ("{{harness}}", source.dependency(HARNESS)),
        ("{{repository}}", REPOSITORY.to_owned()),
        ("{{state}}", source.elsewhere().options()),
        ("{{condition}}", condition.to_owned()),
        ("{{library}}", format!("target/debug/{}", library_file_name(id))),
        ("{{place}}", place.to_owned()),
        ("{{dependencies}}", advice),
    ];
    let filled = TEMPLATES.iter().map(|(path, text)| {
        // Names first: a path that is filled in may hold anything.
        let mut text = text
            .replace("my_plugin", id)
            .replace("My Plugin", &names::title(id));
        for (mark, value) in &values {
            text = text.replace(mark, value);
        }
        (PathBuf::from(path), text.trim_end().to_owned() + "\n")
    });
    filled.collect()
}

/// Puts the library that cargo will build where the plugin's project looks for it.
pub(super) fn link(folder: &Path, id: &str) -> io::Result<()> {
    let place = folder.join("plugins").join(id);
    fs::create_dir_all(&place)?;
    #[cfg(unix)]
    {
        let library = library_file_name(id);
        let built = Path::new("../../target/debug").join(&library);
        std::os::unix::fs::symlink(built, place.join(library))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(files: &'a [File], path: &str) -> &'a str {
        let found = files.iter().find(|(at, _)| at == Path::new(path));
        &found.unwrap().1
    }

    #[test]
    fn program_without_its_checkout_names_the_tag_of_its_version() {
        let source = Source::of_program(Path::new("/nowhere/pulsewire"));
        assert_eq!(source, Source::Repository(RELEASE));
        let files = files("demo", &source);
        let version = env!("CARGO_PKG_VERSION");
        let dependency = format!("{{ git = \"{REPOSITORY}\", tag = \"v{version}\" }}");
        let manifest: toml_edit::DocumentMut = text(&files, "Cargo.toml").parse().unwrap();
        for (table, name) in [
            ("dependencies", "pulsewire-plugin-api"),
            ("dev-dependencies", "pulsewire-harness"),
        ] {
            assert_eq!(manifest[table][name].to_string().trim(), dependency);
        }
        let install = format!("cargo install --git {REPOSITORY} --tag v{version} pulsewire-host");
        assert!(text(&files, ".github/workflows/ci.yml").contains(&install));
        for (path, text) in &files {
            assert!(
                !text.contains("own machine") && !text.contains("on this machine"),
                "{path:?}"
            );
            assert!(!text.contains("{{"), "{path:?}");
        }
    }

    #[test]
    fn program_that_cargo_installed_names_the_commit() {
        let source = Source::of_program(Path::new(
            "/home/me/.cargo/git/checkouts/pulsewire-0123456789abcdef/4c59b70",
        ));
        assert_eq!(source, Source::Repository(State::Rev("4c59b70".to_owned())));
        let files = files("demo", &source);
        let dependency = format!("{{ git = \"{REPOSITORY}\", rev = \"4c59b70\" }}");
        assert_eq!(text(&files, "Cargo.toml").matches(&dependency).count(), 2);
        assert!(text(&files, ".github/workflows/ci.yml").contains("--rev 4c59b70 pulsewire-host"));
    }

    #[test]
    fn checkout_is_named_by_its_path_and_others_are_told_of_the_release() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let source = Source::of_program(checkout);
        let files = files("demo", &source);
        assert!(text(&files, "Cargo.toml").contains(&source.dependency(HARNESS)));
        assert!(text(&files, "README.md").contains(&RELEASE.dependency()));
        assert!(text(&files, ".github/workflows/ci.yml").contains("the README says what to write"));
    }
}
