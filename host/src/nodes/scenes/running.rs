//! Load Scene, Unload Scene, Set Scene: which scenes run.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, Scenes, World},
    literal::shortened,
    nodes::{Builtin, SCENE},
};

const SCENE_ID: Socket = Socket::data("scene_id", "Scene ID", DataType::String)
    .help("The name of a scene, which replaces the attribute unless it is empty.");

const LOAD_TYPE: NodeType = NodeType::action("scenes.load_scene", "Load Scene")
    .category("Scenes")
    .help(
        "Has the scene run. It begins, with On Initialize, after the current event. One that runs already goes on as it is.",
    )
    .attributes(&[SCENE])
    .inputs(&[SCENE_ID]);

const UNLOAD_TYPE: NodeType = NodeType::action("scenes.unload_scene", "Unload Scene")
    .category("Scenes")
    .help(
        "Ends the scene after the current event: its timers stop, it hears nothing more, and what its nodes and variables \
         held is gone. The other scenes go on.",
    )
    .attributes(&[SCENE])
    .inputs(&[SCENE_ID])
    .outputs(&[Socket::data("success", "Success", DataType::Bool).help("Whether it ran.")]);

const SET_TYPE: NodeType = NodeType::action("scenes.set_scene", "Set Scene")
    .category("Scenes")
    .help("Has this scene run, and no other: as Load Scene of this one and Unload Scene of all others.")
    .attributes(&[SCENE])
    .inputs(&[SCENE_ID]);

pub(in crate::nodes) const LOAD: Builtin = builtin!(LOAD_TYPE, |build| {
    let wish = |scenes: &mut Scenes, scene: &str| {
        scenes.load(scene);
    };
    Ok(Box::new(Scene { name: build.text("scene").into(), wish }))
});

pub(in crate::nodes) const UNLOAD: Builtin =
    builtin!(UNLOAD_TYPE, |build| Ok(Box::new(UnloadScene { name: build.text("scene").into() })));

pub(in crate::nodes) const SET: Builtin = builtin!(SET_TYPE, |build| {
    Ok(Box::new(Scene { name: build.text("scene").into(), wish: Scenes::set }))
});

struct Scene {
    name: Box<str>,
    wish: fn(&mut Scenes, &str),
}

impl EngineNode for Scene {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let scene = meant(&self.name, call, world)?;
        (self.wish)(world.scenes(), scene);
        Ok(Flow::fire(0))
    }
}

struct UnloadScene {
    name: Box<str>,
}

impl EngineNode for UnloadScene {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let scene = meant(&self.name, call, world)?;
        let ran = world.scenes().unload(scene);
        call.set(0, ran);
        Ok(Flow::fire(0))
    }
}

/// The scene that the input names, else the attribute.
fn meant<'a>(attribute: &'a str, call: &'a Call<'_>, world: &mut World) -> Result<&'a str, NodeError> {
    match call.text(0)?.as_str() {
        "" => Ok(attribute),
        scene if world.scenes().is_known(scene) => Ok(scene),
        scene => Err(format!("there is no scene `{}`", shortened(scene)).into()),
    }
}
