//! My Plugin: a node that makes a text loud, and clocks that tick by themselves.

use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::prelude::*;
use serde::Deserialize;

// What the toolbox and the Project Settings show. Constants: hosts read them without running the library.

const SHOUT: NodeType = NodeType::action("my_plugin.shout", "Shout")
    .category("My Plugin")
    .help("Makes a text upper case.")
    .inputs(&[Socket::data("text", "Text", DataType::String)])
    .outputs(&[Socket::data("shouted", "Shouted", DataType::String)]);

const ON_TICK: NodeType = NodeType::event("my_plugin.on_tick", "On Tick")
    .category("My Plugin")
    .help("Starts whenever the clock ticks.")
    .attributes(&[Attribute::configuration("my_plugin.clocks")])
    .keyed_by("configuration")
    .outputs(&[Socket::data("count", "Count", DataType::Int)]);

const SECTION: Section = Section::new(
    "my_plugin",
    "My Plugin",
    &[List::new(
        "clocks",
        "Clocks",
        &[
            Field::new("name", "Name", DataType::String)
                .required()
                .help("What the attribute Configuration calls it."),
            Field::new("period", "Period", DataType::Int)
                .range(10, 60_000)
                .unit("ms")
                .default(Literal::Int(1000))
                .help("The time from one tick to the next."),
        ],
    )],
);

/// The section as the host hands it over: checked, with all defaults.
#[derive(Deserialize)]
struct Settings {
    clocks: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    period: u64,
}

/// The plugin. The thread runs while it is active, and ends when the sender is dropped.
struct Clocks {
    host: Host,
    thread: Option<(mpsc::Sender<Vec<Clock>>, thread::JoinHandle<()>)>,
}

impl Plugin for Clocks {
    const ABOUT: About = About::new("my_plugin", "My Plugin", env!("CARGO_PKG_VERSION"))
        .category("Examples")
        .description("Adds Shout and On Tick.")
        .node_types(&[SHOUT, ON_TICK])
        .sections(&[SECTION]);

    fn new(host: Host) -> Self {
        Self { host, thread: None }
    }

    fn register(registrar: &mut Registrar<Self>) {
        registrar.node(&SHOUT, |_, _| Ok(Shout));
        registrar.event(&ON_TICK);
    }

    fn activate(&mut self) -> Result<(), PluginError> {
        let clocks = self.read_settings()?;
        let (sender, changes) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("my_plugin".to_owned())
            .spawn(move || run(clocks, &changes))
            .map_err(|error| PluginError::new(error.to_string()))?;
        self.thread = Some((sender, thread));
        Ok(())
    }

    fn settings_changed(&mut self) -> Result<(), PluginError> {
        let clocks = self.read_settings()?;
        if let Some((sender, _)) = &self.thread {
            let sent = sender.send(clocks);
            sent.map_err(|_| PluginError::new("the thread has ended"))?;
        }
        Ok(())
    }

    fn deactivate(&mut self) -> Result<(), PluginError> {
        let Some((sender, thread)) = self.thread.take() else {
            return Ok(());
        };
        drop(sender);
        let joined = thread.join();
        joined.map_err(|_| PluginError::new("the thread panicked"))
    }
}

impl Clocks {
    fn read_settings(&self) -> Result<Vec<Clock>, PluginError> {
        let settings = self.host.settings::<Settings>(SECTION.id())?;
        let clocks = settings.clocks.into_iter().map(|entry| {
            let period = Duration::from_millis(entry.period);
            Ok(Clock {
                tick: self.host.event(ON_TICK.id(), &entry.name)?,
                period,
                next: Instant::now() + period,
                count: 0,
            })
        });
        clocks.collect()
    }
}

/// The action node. It runs on the logic thread, for which all logic waits: it returns at once.
struct Shout;

impl Node for Shout {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let shouted = call.text(0)?.to_uppercase();
        call.set(0, shouted);
        Ok(Flow::fire(0))
    }
}

/// What stands behind the event node.
struct Clock {
    tick: EventSource,
    period: Duration,
    next: Instant,
    count: i64,
}

/// Lets the clocks tick until the sender of `changes` is gone.
fn run(mut clocks: Vec<Clock>, changes: &mpsc::Receiver<Vec<Clock>>) {
    const IDLE: Duration = Duration::from_secs(3600);
    loop {
        let now = Instant::now();
        for clock in clocks.iter_mut().filter(|clock| clock.next <= now) {
            clock.next = now + clock.period;
            clock.count += 1;
            match clock.tick.emit([clock.count.into()]) {
                Ok(()) => {}
                Err(EmitError::Full) => log::warn!("a tick is lost: the project is too slow"),
                Err(EmitError::Detached) => return,
            }
        }
        let next = clocks.iter().map(|clock| clock.next).min();
        let pause = next.map_or(IDLE, |next| next.saturating_duration_since(Instant::now()));
        match changes.recv_timeout(pause) {
            Ok(changed) => clocks = changed,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

pulsewire_plugin_api::export_plugin!(Clocks);
