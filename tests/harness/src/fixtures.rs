//! Finding the libraries that tests load, building them first if need be.
//!
//! Where the environment variable [`STAGED`] names a directory, they are taken from there and nothing is built.
//! Otherwise the first call in a process builds them, with the profile of the running test and into its target
//! directory, and stages them there as `cargo xtask` does:
//!
//! | What | Where |
//! | --- | --- |
//! | fixtures | `<target>/<profile>/fixtures/<name>/lib<name>.so` |
//! | plugins | `<target>/<profile>/plugins/<id>/lib<id>.so` |

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{LazyLock, Mutex, PoisonError},
};

use pulsewire_host::plugins::library_file_name;
use serde_json::Value as Json;

/// The environment variable that names a directory with staged `fixtures` and `plugins`.
pub const STAGED: &str = "PULSEWIRE_TEST_LIBRARIES";

/// The library of a fixture, by the name of its folder in `tests/fixtures`.
#[track_caller]
pub fn path(name: &str) -> PathBuf {
    existing(build().join(name).join(library_file_name(name)))
}

/// Makes sure that all fixtures are built; returns the folder that holds them.
#[track_caller]
pub fn build() -> &'static Path {
    static FIXTURES: LazyLock<PathBuf> = LazyLock::new(|| {
        let names = fs::read_dir(workspace().join("tests/fixtures")).expect("the fixtures are there");
        let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let packages = names.map(|name| format!("fixture-{}", name.replace('_', "-")));
        staged("fixtures", &packages.collect::<Vec<_>>())
    });
    &FIXTURES
}

/// The library of the plugin `id`, from the package `pulsewire-<id>` in `plugins/<id>`.
#[track_caller]
pub fn plugin(id: &str) -> PathBuf {
    static PLUGINS: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut plugins = PLUGINS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = plugins
        .entry(id.to_owned())
        .or_insert_with(|| staged("plugins", &[format!("pulsewire-{}", id.replace('_', "-"))]));
    existing(folder.join(id).join(library_file_name(id)))
}

/// The folder of that kind, with the libraries of `packages` in it.
fn staged(kind: &str, packages: &[String]) -> PathBuf {
    if let Some(directory) = env::var_os(STAGED) {
        return PathBuf::from(directory).join(kind);
    }
    let profile = profile_directory();
    let folder = profile.join(kind);
    // Other test processes may want the same.
    let lock = File::create(profile.join(format!(".{kind}.lock"))).expect("the lock file can be made");
    lock.lock().expect("the lock can be taken");
    for (name, library) in build_packages(&profile, packages) {
        stage(&library, &folder.join(&name).join(library_file_name(&name)));
    }
    folder
}

/// Names and files of the libraries that cargo built, or found fresh.
fn build_packages(profile: &Path, packages: &[String]) -> Vec<(String, PathBuf)> {
    let name = profile.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(workspace())
        .args(["build", "--quiet", "--message-format=json-render-diagnostics"])
        // Cargo's own name for the profile in `debug`.
        .args(["--profile", if name == "debug" { "dev" } else { name }])
        .arg("--target-dir")
        .arg(profile.parent().unwrap_or(profile))
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .stderr(Stdio::inherit());
    let output = command.output().expect("cargo can be run");
    assert!(output.status.success(), "{command:?} failed: {}", output.status);
    let messages = String::from_utf8_lossy(&output.stdout);
    messages.lines().filter_map(library_in_message).collect()
}

/// The name and file of the library that this line of cargo's speaks of.
fn library_in_message(line: &str) -> Option<(String, PathBuf)> {
    let message: Json = serde_json::from_str(line).ok()?;
    let target = message.get("target")?;
    let kinds = target.get("kind")?.as_array()?;
    if message.get("reason")? != "compiler-artifact" || !kinds.iter().any(|kind| kind == "cdylib") {
        return None;
    }
    let mut files = message
        .get("filenames")?
        .as_array()?
        .iter()
        .filter_map(Json::as_str);
    let library =
        files.find(|file| Path::new(file).extension() == Some(OsStr::new(env::consts::DLL_EXTENSION)))?;
    Some((target.get("name")?.as_str()?.to_owned(), library.into()))
}

/// Copies the library, whole or not at all; another process may be reading the old one.
fn stage(library: &Path, place: &Path) {
    let built = fs::read(library).expect("cargo's library can be read");
    if fs::read(place).is_ok_and(|staged| staged == built) {
        return;
    }
    let temporary = place.with_extension("new");
    let parent = place.parent().unwrap_or(place);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&temporary, built))
        .and_then(|()| fs::rename(&temporary, place))
        .unwrap_or_else(|error| panic!("`{}` cannot be staged: {error}", place.display()));
}

/// `<target>/<profile>`: tests lie in `deps` below it.
fn profile_directory() -> PathBuf {
    let executable = env::current_exe().expect("a test knows its own path");
    let is_below = |name: &OsStr| ["deps", "examples"].iter().any(|folder| name == *folder);
    let mut directories = executable.ancestors().skip(1);
    directories
        .find(|directory| !directory.file_name().is_some_and(is_below))
        .expect("a test lies in a target directory")
        .to_owned()
}

fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies in tests/harness")
}

#[track_caller]
fn existing(library: PathBuf) -> PathBuf {
    assert!(library.is_file(), "`{}` was not built", library.display());
    library
}
