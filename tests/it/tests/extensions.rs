//! `extension(id)`, the way in which the frozen interface grows, through a real library in both directions.
#![allow(clippy::unwrap_used, reason = "a test may end by a panic")]

use std::sync::Arc;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use pulsewire_harness::fixtures;
use pulsewire_plugin_api::{
    EmitError, HostServices, Wanted,
    abi::{
        ENTRY_SYMBOL, Extension,
        interface::NodeSetup,
        loaded::{LoadedLibrary, LoadedPlugin},
    },
    value::{Dictionary, Value},
};

static QUESTION: u64 = 6 * 7;
static OTHER_TYPE: [u8; 3] = [1, 2, 3];

/// A host that offers what the test gives it.
struct Offering {
    extension: Option<Extension>,
}

impl HostServices for Offering {
    fn log(&self, _: u32, _: &str, _: &str) {}
    fn log_level(&self) -> u32 {
        0
    }
    fn report(&self, _: &str) {}
    fn settings(&self, _: &str) -> Option<String> {
        None
    }
    fn project_folder(&self) -> Option<String> {
        None
    }
    fn event(&self, _: &str, _: &str) -> Option<u64> {
        None
    }
    fn wanted(&self, _: u64) -> Wanted {
        Wanted::NOTHING
    }
    fn emit(&self, _: u64, _: usize, _: &mut [Value]) -> Result<usize, EmitError> {
        Err(EmitError::Detached)
    }
    fn extension(&self, id: &str) -> Option<Extension> {
        self.extension.filter(|_| id == "host.question/1")
    }
}

fn library() -> LoadedLibrary {
    let path = fixtures::path("extends");
    // SAFETY: the fixture's constructors do nothing.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.unwrap();
    // SAFETY: the symbol is a static, and its address is all that is taken.
    let entry = unsafe { library.get::<*const ()>(ENTRY_SYMBOL) }.map(|symbol| *symbol);
    std::mem::forget(library);
    // SAFETY: `entry` is the value of the entry symbol, and its library stays open.
    unsafe { LoadedLibrary::from_entry(entry.unwrap()) }.unwrap()
}

fn plugin(extension: Option<Extension>) -> LoadedPlugin {
    let mut plugin = library().create(Arc::new(Offering { extension })).unwrap();
    plugin.register().unwrap();
    plugin
}

#[test]
fn a_plugins_extension_is_found_by_its_id_and_type() {
    let plugin = plugin(None);
    let answer = plugin.extension("extends.answer/1").unwrap();
    assert_eq!(answer.table::<u64>(), Some(&42));
    assert_eq!(answer.table::<i64>(), None, "another type");
    assert!(plugin.extension("extends.answer/2").is_none());
}

#[test]
fn a_library_offers_nothing_yet() {
    assert!(library().extension("anything/1").is_none());
}

#[test]
fn a_node_offers_nothing_yet() {
    let mut plugin = plugin(Some(Extension::new(&QUESTION)));
    plugin.activate().unwrap();
    let setup = NodeSetup {
        graph: "project".into(),
        node: "plain".into(),
        attributes: Dictionary::default(),
        own_event: 0,
    };
    let made = plugin.create_node("extends.plain", setup);
    assert!(made.unwrap().extension("anything/1").is_none());
}

#[test]
fn a_hosts_extension_reaches_the_plugin() {
    let mut plugin = plugin(Some(Extension::new(&QUESTION)));
    assert_eq!(plugin.activate(), Ok(()));
}

#[test]
fn a_plugin_says_what_it_misses() {
    let missing = Err("the host has no `host.question/1` that fits".to_owned());
    assert_eq!(plugin(None).activate(), missing);
    assert_eq!(plugin(Some(Extension::new(&OTHER_TYPE))).activate(), missing);
}
