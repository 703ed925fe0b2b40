//! Get Scene, Scene, This Scene: scenes by their Scene ID, which is their name.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, Placeholder, World},
    nodes::{self, Builtin},
};

const SCENE_ID: Socket = Socket::data("scene_id", "Scene ID", DataType::String);

const GET_TYPE: NodeType = NodeType::action("scenes.get_scene", "Get Scene")
    .category("Scenes")
    .help("Which scene runs when a pulse reaches the node; of several the first by name, of none nothing. What Load, Unload and Set Scene have asked for \
           counts already.")
    .outputs(&[SCENE_ID, Socket::data("all", "All", DataType::Array).help("All that run, by name.")]);

const SCENE_TYPE: NodeType = NodeType::source("scenes.scene", "Scene")
    .category("Scenes")
    .help("The Scene ID of a scene. It has no pulses; it is read whenever its output is used.")
    .attributes(&[nodes::SCENE])
    .outputs(&[SCENE_ID]);

const THIS_TYPE: NodeType = NodeType::source("scenes.this_scene", "This Scene")
    .category("Scenes")
    .help("The Scene ID of the scene in which the node stands. It has no pulses; it is read whenever its output is used.")
    .scopes(&[Scope::Scene])
    .outputs(&[SCENE_ID]);

pub(in crate::nodes) const GET_SCENE: Builtin = builtin!(GET_TYPE, |_| Ok(Box::new(GetScene)));

pub(in crate::nodes) const SCENE: Builtin = builtin!(SCENE_TYPE, |build| {
    build.set_constant(build.text("scene"));
    Ok(Box::new(Placeholder))
});

pub(in crate::nodes) const THIS_SCENE: Builtin = builtin!(THIS_TYPE, |build| {
    build.set_constant(build.scene);
    Ok(Box::new(Placeholder))
});

struct GetScene;

impl EngineNode for GetScene {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let running: Vec<Value> = world.scenes().running().map(Value::from).collect();
        let first = running.first().cloned().unwrap_or_else(|| Value::from(""));
        call.set(0, first);
        call.set(1, running);
        Ok(Flow::fire(0))
    }
}
