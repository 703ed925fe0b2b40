//! Uses all that plugin-api 1.0 offers: settings, events of a type and of one node, from a thread; values of all kinds.

use std::{sync::mpsc, thread};

use pulsewire_plugin_api::prelude::*;
use serde::Deserialize;

const MIRROR: NodeType = NodeType::action("built_with_1_0.mirror", "Mirror")
    .category("Examples")
    .help("Puts out what comes in, and starts On Mirrored.")
    .attributes(&[Attribute::configuration("built_with_1_0.mirrors")])
    .inputs(&[
        Socket::data("value", "Value", DataType::Any),
        Socket::data("text", "Text", DataType::String).default(Literal::Str("text")),
    ])
    .outputs(&[
        Socket::data("mirrored", "Mirrored", DataType::Any),
        Socket::data("folder", "Folder", DataType::String),
    ]);

const LATER: NodeType = NodeType::action("built_with_1_0.later", "Later")
    .category("Examples")
    .help("Fires when a thread says so.")
    .outputs(&[Socket::data("number", "Number", DataType::Int)]);

const ON_MIRRORED: NodeType = NodeType::event("built_with_1_0.on_mirrored", "On Mirrored")
    .category("Examples")
    .help("Starts when Mirror was pulsed.")
    .attributes(&[Attribute::configuration("built_with_1_0.mirrors")])
    .keyed_by("configuration")
    .outputs(&[Socket::data("text", "Text", DataType::String)]);

const SECTION: Section = Section::new(
    "built_with_1_0",
    "Built With 1.0",
    &[List::new(
        "mirrors",
        "Mirrors",
        &[
            Field::new("name", "Name", DataType::String)
                .required()
                .help("What it is called."),
            Field::new("times", "Times", DataType::Int)
                .range(1, 10)
                .default(Literal::Int(2))
                .help("How often the text is repeated."),
        ],
    )],
);

#[derive(Deserialize)]
struct Settings {
    mirrors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    times: usize,
}

type Task = Box<dyn FnOnce() + Send>;

struct Old {
    host: Host,
    entries: Vec<Entry>,
    thread: Option<(mpsc::Sender<Option<Task>>, thread::JoinHandle<()>)>,
}

impl Old {
    fn read_settings(&mut self) -> Result<(), PluginError> {
        self.entries = self.host.settings::<Settings>(SECTION.id())?.mirrors;
        log::info!("{} mirrors", self.entries.len());
        Ok(())
    }

    fn tasks(&self) -> Result<mpsc::Sender<Option<Task>>, PluginError> {
        let (sender, _) = (self.thread.as_ref()).ok_or_else(|| PluginError::new("not active"))?;
        Ok(sender.clone())
    }
}

impl Plugin for Old {
    const ABOUT: About = About::new("built_with_1_0", "Built With 1.0", env!("CARGO_PKG_VERSION"))
        .category("Examples")
        .description("Uses what plugin-api 1.0 offers.")
        .node_types(&[MIRROR, LATER, ON_MIRRORED])
        .sections(&[SECTION]);

    fn new(host: Host) -> Self {
        Self {
            host,
            entries: Vec::new(),
            thread: None,
        }
    }

    fn register(registrar: &mut Registrar<Self>) {
        registrar.node(&MIRROR, |plugin, setup| {
            let name = setup.text("configuration");
            let entry = plugin.entries.iter().find(|entry| entry.name == name);
            Ok(Mirror {
                times: entry.map_or(0, |entry| entry.times),
                host: plugin.host.clone(),
                mirrored: plugin.host.event(ON_MIRRORED.id(), name)?,
                tasks: plugin.tasks()?,
            })
        });
        registrar.node(&LATER, |plugin, setup| {
            Ok(Later {
                own: setup.own_event().clone(),
                tasks: plugin.tasks()?,
            })
        });
        registrar.event(&ON_MIRRORED);
    }

    fn activate(&mut self) -> Result<(), PluginError> {
        self.read_settings()?;
        let (sender, tasks) = mpsc::channel::<Option<Task>>();
        let run = move || tasks.iter().map_while(|task| task).for_each(|task| task());
        let thread = thread::Builder::new().name("built_with_1_0".into()).spawn(run);
        self.thread = Some((sender, thread.map_err(|error| PluginError::new(error.to_string()))?));
        Ok(())
    }

    fn settings_changed(&mut self) -> Result<(), PluginError> {
        self.read_settings()
    }

    fn deactivate(&mut self) -> Result<(), PluginError> {
        let Some((sender, thread)) = self.thread.take() else {
            return Ok(());
        };
        // It fails if the thread has ended already.
        let _ = sender.send(None);
        thread.join().map_err(|_| PluginError::new("the thread panicked"))
    }
}

struct Mirror {
    times: usize,
    host: Host,
    mirrored: EventSource,
    tasks: mpsc::Sender<Option<Task>>,
}

impl Node for Mirror {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let value = call.input(0).clone();
        let text = call.text(1)?.repeat(self.times);
        if text.is_empty() {
            return Err("there is no text".into());
        }
        call.set(0, value);
        let folder = self.host.project_folder().unwrap_or_default();
        call.set(1, folder.to_string_lossy().into_owned());
        let mirrored = self.mirrored.clone();
        let task = move || {
            if mirrored.has_listeners() && mirrored.emit([text.into()]).is_err() {
                log::warn!("nobody heard it");
            }
        };
        self.tasks.send(Some(Box::new(task)))?;
        Ok(Flow::fire(0))
    }
}

struct Later {
    own: EventSource,
    tasks: mpsc::Sender<Option<Task>>,
}

impl Node for Later {
    fn execute(&mut self, _: &mut Call<'_>) -> NodeResult {
        let own = self.own.clone();
        let task = move || drop(own.emit([Value::Int(7)]));
        self.tasks.send(Some(Box::new(task)))?;
        Ok(Flow::end())
    }
}

pulsewire_plugin_api::export_plugin!(Old);
