//! Get Current Directory, Set Current Directory, List Directory Content.

use std::path::{Component, PathBuf};

use pulsewire_plugin_api::{NodeResult, prelude::*};

use super::assets::{Place, SUCCESS, tell};
use crate::{
    engine::{EngineNode, World},
    nodes::{Builtin, check_elements},
};

const DIRECTORY: Socket = Socket::data("directory", "Directory", DataType::String);

const GET_TYPE: NodeType = NodeType::action("io.get_current_directory", "Get Current Directory")
    .category("IO")
    .help("The folder in which the paths of the other nodes begin, from the project's folder assets: empty at the start.")
    .outputs(&[DIRECTORY]);

const SET_TYPE: NodeType = NodeType::action("io.set_current_directory", "Set Current Directory")
    .category("IO")
    .help("Makes it a folder in which the paths of the other nodes begin.")
    .inputs(&[DIRECTORY.help("From the project's folder assets, wherever the current one is; empty is that folder.")])
    .outputs(&[SUCCESS]);

const LIST_TYPE: NodeType = NodeType::action("io.list_directory_content", "List Directory Content")
    .category("IO")
    .help("The names of the files and folders in a folder, in order.")
    .inputs(&[DIRECTORY.help("From the current directory; empty is that one.")])
    .outputs(&[Socket::data("content", "Content", DataType::Array)]);

pub(in crate::nodes) const GET: Builtin = builtin!(GET_TYPE, |_| Ok(Box::new(GetCurrentDirectory)));

pub(in crate::nodes) const SET: Builtin = builtin!(SET_TYPE, |_| Ok(Box::new(SetCurrentDirectory)));

pub(in crate::nodes) const LIST: Builtin = builtin!(LIST_TYPE, |_| Ok(Box::new(ListDirectoryContent)));

struct GetCurrentDirectory;

impl EngineNode for GetCurrentDirectory {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let directory = world.current_directory().to_string_lossy().replace('\\', "/");
        call.set(0, directory);
        Ok(Flow::fire(0))
    }
}

struct SetCurrentDirectory;

impl EngineNode for SetCurrentDirectory {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let found = find(world, call.text(0)?);
        let done = found.map(|directory| world.set_current_directory(directory));
        tell(call, world, done);
        Ok(Flow::fire(0))
    }
}

/// The folder, without the dots in its path.
fn find(world: &World, directory: &str) -> Result<PathBuf, NodeError> {
    let place = Place::from_assets(world, directory)?;
    let mut path = PathBuf::new();
    for component in place.path.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if path.pop() => {}
            Component::CurDir => {}
            _ => return Err(place.leads_out()),
        }
    }
    match path.as_os_str().is_empty() {
        true => Ok(path),
        false => match place.assets.metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(path),
            Ok(_) => Err(place.is_no("folder")),
            Err(error) => Err(place.error(&error)),
        },
    }
}

struct ListDirectoryContent;

impl EngineNode for ListDirectoryContent {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let directory = call.text(0)?;
        let place = Place::new(world, if directory.is_empty() { "." } else { directory })?;
        let entries = place.assets.read_dir(&place.path).map_err(|error| place.error(&error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| place.error(&error))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
            check_elements(names.len())?;
        }
        names.sort_unstable();
        let names: Array = names.into_iter().map(Value::from).collect();
        call.set(0, names);
        Ok(Flow::fire(0))
    }
}
