//! Create File, Load File, Save File, Remove. The branch waits for the disk.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use cap_std::fs::{File, OpenOptions, Permissions};
use pulsewire_plugin_api::{NodeResult, prelude::*};

use super::assets::{PATH, Place, SUCCESS, tell};
use crate::{
    engine::{EngineNode, World},
    nodes::{Builtin, MAX_BYTES, check_bytes},
};

const DATA_TYPE: Attribute = Attribute::choice("data_type", "Data Type", &["String", "Binary"]);

const CREATE_TYPE: NodeType = NodeType::action("io.create_file", "Create File")
    .category("IO")
    .help("Creates an empty file in the project's folder assets. One that exists stays as it is, without success.")
    .inputs(&[PATH])
    .outputs(&[SUCCESS]);

const LOAD_TYPE: NodeType = NodeType::action("io.load_file", "Load File")
    .category("IO")
    .help("Reads a file of the project's folder assets; a text must be UTF-8. The branch goes on when it is read.")
    .attributes(&[
        DATA_TYPE,
        Attribute::new("file", "File", DataType::String).required().help("Its path, from the current directory."),
    ])
    .outputs(&[Socket::typed_by("content", "Content", "data_type")]);

const SAVE_TYPE: NodeType = NodeType::action("io.save_file", "Save File")
    .category("IO")
    .help("Writes a file in the project's folder assets, with the folders that it lies in. One that exists is an error unless it may be overwritten.")
    .attributes(&[
        DATA_TYPE,
        Attribute::new("files_local_path", "File's Local Path", DataType::String)
            .required()
            .help("From the current directory."),
        Attribute::new("overwrite_file_if_exists", "Overwrite File if Exists", DataType::Bool),
    ])
    .inputs(&[Socket::typed_by("content", "Content", "data_type")]);

const REMOVE_TYPE: NodeType = NodeType::action("io.remove", "Remove")
    .category("IO")
    .help("Deletes a file of the project's folder assets.")
    .inputs(&[PATH])
    .outputs(&[SUCCESS]);

pub(in crate::nodes) const CREATE: Builtin = builtin!(CREATE_TYPE, |_| Ok(Box::new(CreateFile)));

pub(in crate::nodes) const LOAD: Builtin = builtin!(LOAD_TYPE, |build| {
    Ok(Box::new(LoadFile {
        path: build.text("file").into(),
        is_text: build.text("data_type") == "String",
    }))
});

pub(in crate::nodes) const SAVE: Builtin = builtin!(SAVE_TYPE, |build| {
    Ok(Box::new(SaveFile {
        path: build.text("files_local_path").into(),
        overwrites: build.flag("overwrite_file_if_exists"),
    }))
});

pub(in crate::nodes) const REMOVE: Builtin = builtin!(REMOVE_TYPE, |_| Ok(Box::new(Remove)));

struct CreateFile;

impl EngineNode for CreateFile {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let created = Place::new(world, call.text(0)?).and_then(|place| create(&place).map(drop));
        tell(call, world, created);
        Ok(Flow::fire(0))
    }
}

struct LoadFile {
    path: Box<str>,
    is_text: bool,
}

impl EngineNode for LoadFile {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let place = Place::new(world, &self.path)?;
        let bytes = read(&place)?;
        let content = match self.is_text {
            true => Value::from(String::from_utf8(bytes).map_err(|_| place.is_no("UTF-8 text"))?),
            false => Value::from(bytes),
        };
        call.set(0, content);
        Ok(Flow::fire(0))
    }
}

struct SaveFile {
    path: Box<str>,
    overwrites: bool,
}

impl EngineNode for SaveFile {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let place = Place::new(world, &self.path)?;
        let content: &[u8] = match call.input(0) {
            Value::String(text) => text.as_bytes(),
            _ => call.binary(0)?,
        };
        match self.overwrites {
            true => replace(&place, content)?,
            false => write_new(&place, content)?,
        }
        Ok(Flow::fire(0))
    }
}

struct Remove;

impl EngineNode for Remove {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let removed = Place::new(world, call.text(0)?)
            .and_then(|place| place.assets.remove_file(&place.path).map_err(|error| place.error(&error)));
        tell(call, world, removed);
        Ok(Flow::fire(0))
    }
}

/// A new file, with the folders that it lies in.
fn create(place: &Place) -> Result<File, NodeError> {
    let created = make_folders(place)
        .and_then(|()| place.assets.open_with(&place.path, OpenOptions::new().write(true).create_new(true)));
    created.map_err(|error| place.error(&error))
}

/// A new file with this content, or none.
fn write_new(place: &Place, content: &[u8]) -> Result<(), NodeError> {
    create(place)?.write_all(content).map_err(|error| {
        let _ = place.assets.remove_file(&place.path);
        place.error(&error)
    })
}

/// Writes a file beside the one that is there and puts it in its place, so that nobody ever sees half of it. A link is
/// followed; permissions stay.
fn replace(place: &Place, content: &[u8]) -> Result<(), NodeError> {
    if place.assets.is_dir(&place.path) {
        return Err(place.is_no("file"));
    }
    let (path, permissions) = replaced(place).map_err(|error| place.error(&error))?;
    let mut beside = path.clone().into_os_string();
    // Nobody else's file.
    beside.push(format!(".{}.new", std::process::id()));
    let replaced = make_folders(place)
        .and_then(|()| fill(place, beside.as_ref(), permissions, content))
        .and_then(|()| place.assets.rename(&beside, &place.assets, &path));
    replaced.map_err(|error| {
        let _ = place.assets.remove_file(&beside);
        place.error(&error)
    })
}

/// The file that is replaced, which may lie behind a link, and its permissions. One that is not there has none.
fn replaced(place: &Place) -> io::Result<(PathBuf, Option<Permissions>)> {
    // A file that its owner protected is not replaced behind the protection.
    match place.assets.open_with(&place.path, without_waiting().write(true)) {
        Ok(file) => Ok((place.assets.canonicalize(&place.path)?, Some(file.metadata()?.permissions()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && place.assets.symlink_metadata(&place.path).is_err() => {
            Ok((place.path.clone(), None))
        }
        Err(error) => Err(error),
    }
}

fn fill(place: &Place, path: &Path, permissions: Option<Permissions>, content: &[u8]) -> io::Result<()> {
    let mut file = place.assets.open_with(path, OpenOptions::new().write(true).create_new(true))?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(content)?;
    file.sync_all()
}

/// To open a pipe would be to wait for who is at its other end.
fn without_waiting() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        use rustix::fs::OFlags;
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    }
    options
}

fn make_folders(place: &Place) -> io::Result<()> {
    let Some(parent) = place.path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    match place.assets.metadata(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => place.assets.create_dir_all(parent),
        found => found.map(drop),
    }
}

fn read(place: &Place) -> Result<Vec<u8>, NodeError> {
    let opened = place.assets.open_with(&place.path, without_waiting().read(true));
    let found = opened.and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, file) = found.map_err(|error| place.error(&error))?;
    if !metadata.is_file() {
        return Err(place.is_no("file"));
    }
    check_bytes("the content", usize::try_from(metadata.len()).unwrap_or(usize::MAX))?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| place.error(&error))?;
    // It may have grown meanwhile.
    check_bytes("the content", bytes.len())?;
    Ok(bytes)
}
