//! The files of a new plugin, and where it finds the crates that it is built with.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{File, names};
use crate::{cli::Failure, plugins::library_file_name};

/// Where plugin-api and harness come from. Neither is on crates.io.
pub(super) enum Source {
    /// A checkout on this machine.
    Checkout(PathBuf),
    /// The public repository.
    Repository,
}

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The folders of the crates in the repository.
const PLUGIN_API: &str = "plugin-api";
const HARNESS: &str = "tests/harness";

impl Source {
    /// The checkout that was named, or that in which this program was built if it is still there, or the repository.
    pub(super) fn find(named: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(named) = named else {
            // Only for whoever works on Pulsewire itself: a released program was built on another machine.
            let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            let checkout = built_in.filter(|folder| is_checkout(folder));
            return Ok(checkout.map_or(Self::Repository, |folder| Self::Checkout(folder.to_owned())));
        };
        let checkout = named.canonicalize().ok().filter(|folder| is_checkout(folder));
        checkout.map(Self::Checkout).ok_or_else(|| {
            let message = format!("`{}` is no checkout of Pulsewire", named.display());
            let hint = format!("name the folder that holds `{PLUGIN_API}` and `{HARNESS}`");
            Failure::refused(message, Some(hint))
        })
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
            Self::Repository => format!("{{ git = \"{REPOSITORY}\" }}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkout(folder) => write!(f, "`{}`", folder.display()),
            Self::Repository => f.write_str(REPOSITORY),
        }
    }
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
    let advice = match source {
        Source::Checkout(_) => format!(
            "\n`Cargo.toml` names a checkout of Pulsewire on this machine. Where others build the plugin, write\n\
             `{}` for both of its crates.\n",
            Source::Repository.dependency(PLUGIN_API)
        ),
        Source::Repository => String::new(),
    };
    let values = [
        ("{{plugin_api}}", source.dependency(PLUGIN_API)),
        ("{{harness}}", source.dependency(HARNESS)),
        ("{{repository}}", REPOSITORY.to_owned()),
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
