//! The plugin in a scripted host, through its real interface.

use std::{env, path::PathBuf};

use pulsewire_harness::{Harness, LONG};
use serde_json::json;

/// Cargo leaves the library beside the tests.
fn library() -> PathBuf {
    let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let test = env::current_exe().unwrap();
    test.with_file_name(format!("{prefix}my_plugin{suffix}"))
}

#[test]
fn text_is_made_upper_case() {
    let mut plugin = Harness::active(library(), json!({}));
    let mut shout = plugin.node("my_plugin.shout", json!({}));
    assert_eq!(shout.run(["hello"]).outputs, ["HELLO".into()]);
}

#[test]
fn clock_ticks() {
    let settings = json!({"clocks": [{"name": "fast", "period": 10}]});
    let plugin = Harness::active(library(), settings);
    let tick = plugin.event("my_plugin.on_tick", "fast");
    assert_eq!(tick.wait(LONG), [1_i64.into()]);
    assert_eq!(tick.wait(LONG), [2_i64.into()]);
}

#[test]
fn changed_settings_are_followed() {
    let mut plugin = Harness::active(library(), json!({}));
    plugin.set_settings(json!({"clocks": [{"name": "late", "period": 10}]}));
    plugin.try_settings_changed().unwrap();
    let tick = plugin.event("my_plugin.on_tick", "late");
    assert_eq!(tick.wait(LONG), [1_i64.into()]);
}
