//! Load Scene, Unload Scene, Set Scene: which scenes run.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, World},
    nodes::{Builtin, SCENE},
};

const LOAD_TYPE: NodeType = NodeType::action("scenes.load_scene", "Load Scene")
    .category("Scenes")
    .help(
        "Has the scene run. It begins, with On Initialize, after the current event. One that runs already goes on as it is.",
    )
    .attributes(&[SCENE]);

const UNLOAD_TYPE: NodeType = NodeType::action("scenes.unload_scene", "Unload Scene")
    .category("Scenes")
    .help(
        "Ends the scene after the current event: its timers stop, it hears nothing more, and what its nodes and variables \
         held is gone. The other scenes go on.",
    )
    .attributes(&[SCENE])
    .outputs(&[Socket::data("success", "Success", DataType::Bool).help("Whether it ran.")]);

const SET_TYPE: NodeType = NodeType::action("scenes.set_scene", "Set Scene")
    .category("Scenes")
    .help("Has this scene run, and no other: as Load Scene of this one and Unload Scene of all others.")
    .attributes(&[SCENE]);

pub(in crate::nodes) const LOAD: Builtin = builtin!(LOAD_TYPE, |build| {
    let wish = |world: &mut World, name: &str| {
        world.scenes().load(name);
    };
    Ok(Box::new(Scene { name: build.text("scene").into(), wish }))
});

pub(in crate::nodes) const UNLOAD: Builtin =
    builtin!(UNLOAD_TYPE, |build| Ok(Box::new(UnloadScene { name: build.text("scene").into() })));

pub(in crate::nodes) const SET: Builtin = builtin!(SET_TYPE, |build| {
    Ok(Box::new(Scene { name: build.text("scene").into(), wish: |world, name| world.scenes().set(name) }))
});

struct Scene {
    name: Box<str>,
    wish: fn(&mut World, &str),
}

impl EngineNode for Scene {
    fn execute(&mut self, _: &mut Call<'_>, world: &mut World) -> NodeResult {
        (self.wish)(world, &self.name);
        Ok(Flow::fire(0))
    }
}

struct UnloadScene {
    name: Box<str>,
}

impl EngineNode for UnloadScene {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let ran = world.scenes().unload(&self.name);
        call.set(0, ran);
        Ok(Flow::fire(0))
    }
}
