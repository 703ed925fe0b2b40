//! What the workspace holds, as `cargo metadata` tells it: its directories, its plugins, its fixtures.

use crate::failure::{Failure, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package, Target};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The workspace this xtask belongs to.
pub(crate) struct Workspace {
    metadata: Metadata,
}

/// What kind of library a package is, by the folder it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// `plugins/*`
    Plugin,
    /// `tests/fixtures/*`
    Fixture,
}

impl Role {
    /// The directory below the profile's where such libraries are staged.
    pub(crate) fn directory(self) -> &'static str {
        match self {
            Self::Plugin => "plugins",
            Self::Fixture => "fixtures",
        }
    }
}

impl Workspace {
    /// Asks cargo; downloads nothing that a build would not.
    pub(crate) fn load() -> Result<Self> {
        MetadataCommand::new()
            .cargo_path(cargo())
            .current_dir(root())
            .no_deps()
            .exec()
            .map(|metadata| Self { metadata })
            .map_err(|error| Failure::new(format!("`cargo metadata` failed: {error}")))
    }

    /// The target directory, wherever settings put it.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// The package of that name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .find(|package| package.name.as_str() == name)
    }

    /// Names of the packages that yield a library to load.
    pub(crate) fn libraries(&self, role: Role) -> Vec<String> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .filter(|package| role_of(package.manifest_path.as_std_path()) == Some(role))
            .filter(|package| package.targets.iter().any(is_cdylib))
            .map(|package| package.name.to_string())
            .collect()
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that runs this xtask.
pub(crate) fn cargo() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// Whether this is a run that may skip nothing.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// The role of the package with this `Cargo.toml`; none for most, and none for crates further down (`plugins/x/proto`).
pub(crate) fn role_of(manifest: &Path) -> Option<Role> {
    let folder = manifest.parent()?.parent()?.strip_prefix(root()).ok()?;
    [(Role::Plugin, "plugins"), (Role::Fixture, "tests/fixtures")]
        .into_iter()
        .find(|(_, place)| folder == Path::new(place))
        .map(|(role, _)| role)
}

/// Whether a target is a library to load.
pub(crate) fn is_cdylib(target: &Target) -> bool {
    target.is_cdylib()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_its_role_from_its_folder() {
        let role = |path: &str| role_of(&root().join(path));
        assert_eq!(role("plugins/socketio/Cargo.toml"), Some(Role::Plugin));
        assert_eq!(role("tests/fixtures/good/Cargo.toml"), Some(Role::Fixture));
        assert_eq!(role("plugins/socketio/proto/Cargo.toml"), None);
        assert_eq!(role("host/Cargo.toml"), None);
        assert_eq!(role("Cargo.toml"), None);
    }
}
