//! On Scene Loaded: a scene begins to run.

use pulsewire_plugin_api::prelude::*;

use crate::{
    engine::PassEvent,
    nodes::{Builtin, EVENT_ID, ON_SCENE_LOADED, SCENE},
};

const TYPE: NodeType = NodeType::event(ON_SCENE_LOADED, "On Scene Loaded")
    .category("Scenes")
    .help("Starts a branch when the scene has begun to run, after its On Initialize.")
    .attributes(&[SCENE])
    .keyed_by("scene")
    .outputs(&[EVENT_ID]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.request_own_event();
    Ok(Box::new(PassEvent::new([])))
});
