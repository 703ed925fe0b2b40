//! The project's folder `assets`: all that the nodes of IO reach.
//!
//! cap-std keeps every path inside: neither `..` nor links lead out of the folder, also while somebody else changes it.
//! Settings, logic and plugins lie beside it, so that logic can't change what it is allowed to do.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};
use pulsewire_plugin_api::{Call, NodeError, describe::Socket, value::DataType};

use crate::{console::Level, engine::World, literal::shortened};

const FOLDER: &str = "assets";

pub(super) const PATH: Socket = Socket::data("path", "Path", DataType::String).help("From the current directory.");

pub(super) const SUCCESS: Socket = Socket::data("success", "Success", DataType::Bool);

/// A path that the designer named, and where it starts.
pub(super) struct Place {
    pub(super) assets: Dir,
    /// From `assets`.
    pub(super) path: PathBuf,
    named: String,
}

impl Place {
    /// The path from the current directory.
    pub(super) fn new(world: &World, path: &str) -> Result<Self, NodeError> {
        if path.is_empty() {
            return Err("the path is empty".into());
        }
        let place = Self::from_assets(world, path)?;
        Ok(Self {
            path: world.current_directory().join(&place.path),
            ..place
        })
    }

    /// The path from the folder itself.
    pub(super) fn from_assets(world: &World, path: &str) -> Result<Self, NodeError> {
        let named = shortened(path);
        let path = PathBuf::from(path);
        if path.has_root() || path.is_absolute() {
            return Err(format!("`{named}` is an absolute path; expected one inside the project's folder `{FOLDER}`").into());
        }
        let folder = world.surroundings().folder.as_ref().ok_or("there is no project's folder")?;
        let folder = folder.join(FOLDER);
        let opened = make(&folder).and_then(|()| Dir::open_ambient_dir(&folder, ambient_authority()));
        let assets = opened.map_err(|error| format!("the project's folder `{FOLDER}` cannot be opened: {error}"))?;
        Ok(Self { assets, path, named })
    }

    pub(super) fn leads_out(&self) -> NodeError {
        format!("`{}` leads out of the project's folder `{FOLDER}`", self.named).into()
    }

    /// What went wrong with the path.
    pub(super) fn error(&self, error: &io::Error) -> NodeError {
        format!("`{}`: {error}", self.named).into()
    }

    /// The path does not name what it should.
    pub(super) fn is_no(&self, what: &str) -> NodeError {
        format!("`{}` is no {what}", self.named).into()
    }
}

/// Makes the folder if it is not there; a project's folder that was moved is not made anew.
fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Sets the output Success of a node that has no other; the reason of a failure is a warning.
pub(super) fn tell(call: &mut Call<'_>, world: &World, done: Result<(), NodeError>) {
    if let Err(error) = &done {
        world.say(Level::Warning, error.reason());
    }
    call.set(0, done.is_ok());
}
