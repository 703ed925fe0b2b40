//! Paths of what `cargo xtask` built, deduced from the path of the running test.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::path::{Path, PathBuf};

/// `<target>/<profile>`: where cargo left this build.
#[track_caller]
pub fn profile_dir() -> PathBuf {
    let executable = std::env::current_exe().expect("a test knows its own path");
    let directory = executable.parent().expect("an executable lies in a directory");
    // Tests and benches lie in `deps`, examples in `examples`, binaries in the profile's directory itself.
    match directory.file_name().and_then(|name| name.to_str()) {
        Some("deps" | "examples") => directory.parent().expect("`deps` lies in a directory").to_owned(),
        _ => directory.to_owned(),
    }
}

/// `<target>`: what all profiles share. Builds with `--target TRIPLE` are not served.
#[track_caller]
pub fn target_dir() -> PathBuf {
    profile_dir()
        .parent()
        .expect("a profile lies in the target directory")
        .to_owned()
}

/// The root of the repository.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate lies in tests/it")
}

/// The binary `pulsewire`.
#[track_caller]
pub fn pulsewire() -> PathBuf {
    built(
        profile_dir().join(format!("pulsewire{EXE_SUFFIX}")),
        "cargo xtask build",
    )
}

/// The binary of the socketioxide server.
#[track_caller]
pub fn socketioxide_server() -> PathBuf {
    built(
        profile_dir().join(format!("socketioxide-server{EXE_SUFFIX}")),
        "cargo build --package pulsewire-socketioxide-server",
    )
}

/// The directory that holds a directory for every built plugin; fit for `--plugin-dir`.
#[track_caller]
pub fn plugins_dir() -> PathBuf {
    built(profile_dir().join("plugins"), "cargo xtask build")
}

/// The library of the plugin `id`.
#[track_caller]
pub fn plugin(id: &str) -> PathBuf {
    built(
        library_in(&profile_dir().join("plugins"), id),
        "cargo xtask build",
    )
}

/// The library of a fixture, by the name of its library target, which is its folder's in `tests/fixtures/`.
#[track_caller]
pub fn fixture(name: &str) -> PathBuf {
    built(
        library_in(&profile_dir().join("fixtures"), name),
        "cargo xtask test",
    )
}

/// The Socket.IO plugin as another compiler release built it; `None` where there is no such compiler.
///
/// # Panics
/// Under `CI=true` there has to be one.
#[track_caller]
pub fn plugin_of_other_compiler() -> Option<PathBuf> {
    let library = library_in(&target_dir().join("other-compiler/plugins"), "socketio");
    if library.is_file() {
        return Some(library);
    }
    let missing = format!(
        "`{}` is missing; run `cargo xtask other-compiler --build`",
        library.display()
    );
    assert!(!is_ci(), "{missing}");
    eprintln!("skipped: {missing}");
    None
}

/// Whether this is a run that may skip nothing.
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn library_in(directory: &Path, name: &str) -> PathBuf {
    directory
        .join(name)
        .join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

#[track_caller]
fn built(path: PathBuf, command: &str) -> PathBuf {
    assert!(
        path.exists(),
        "`{}` is not built; run `{command}`",
        path.display()
    );
    path
}
