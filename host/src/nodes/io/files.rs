//! Create File, Load File, Save File, Remove. The branch waits for the disk.

use std::io::{self, Read, Write};

use cap_std::fs::{File, OpenOptions};
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
            false => create(&place)?.write_all(content).map_err(|error| place.error(&error))?,
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

/// Writes a file beside the one that is there and puts it in its place, so that nobody ever sees half of it.
fn replace(place: &Place, content: &[u8]) -> Result<(), NodeError> {
    if place.assets.is_dir(&place.path) {
        return Err(place.is_no("file"));
    }
    let mut beside = place.path.clone().into_os_string();
    // Nobody else's file.
    beside.push(format!(".{}.new", std::process::id()));
    let replaced = make_folders(place)
        .and_then(|()| place.assets.open_with(&beside, OpenOptions::new().write(true).create_new(true)))
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| place.assets.rename(&beside, &place.assets, &place.path));
    replaced.map_err(|error| {
        let _ = place.assets.remove_file(&beside);
        place.error(&error)
    })
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
    let metadata = place.assets.metadata(&place.path).map_err(|error| place.error(&error))?;
    // To open a pipe would be to wait for who writes to it.
    if !metadata.is_file() {
        return Err(place.is_no("file"));
    }
    check_bytes("the content", usize::try_from(metadata.len()).unwrap_or(usize::MAX))?;
    let mut bytes = Vec::new();
    let opened = place.assets.open(&place.path);
    opened
        .and_then(|file| file.take(MAX_BYTES as u64).read_to_end(&mut bytes))
        .map_err(|error| place.error(&error))?;
    Ok(bytes)
}
