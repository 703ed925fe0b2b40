//! The child's side: a host for one plugin that knows nothing by itself and asks its parent.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io,
    os::{fd::AsFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use pulsewire_plugin_api::{
    Call, EmitError, HostServices, Node, Wanted,
    abi::{interface::NodeSetup, loaded::LoadedPlugin},
    value::Value,
};

use super::{
    channel::Channel,
    datum::{Datum, data, dictionary, pairs, values, wanted},
    messages::{Answer, Ask, Made, Method, Reply, Request, Run},
};
use crate::plugins::{
    error::LoadError,
    image::{Hash, Image},
    library,
    loading::details,
    report::{Report, Step},
};

/// Runs the plugin of the library at `path`, if that has this hash, for the host that started this process: what a program
/// does that an [`Isolation`](super::Isolation) starts, before anything else. Ends when the host ends the conversation.
///
/// `path` and `hash` are the program's last arguments.
pub fn serve_plugin(path: &Path, hash: Hash) -> ExitCode {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        // Where it is refused, the end of the conversation still ends this process, unless a call hangs.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
    let Ok((mut calls, services)) = take_channels() else {
        return ExitCode::FAILURE;
    };
    let mut served = Served {
        path: path.to_owned(),
        hash,
        parent: Arc::new(Parent(Mutex::new(services))),
        plugin: None,
        nodes: BTreeMap::new(),
    };
    while let Ok(request) = calls.receive::<Request>() {
        let answer = served.answer(request);
        let sent = calls.send(&answer).or_else(|error| match error.kind() {
            io::ErrorKind::InvalidInput => calls.send(&Answer::Failed(error.to_string())),
            _ => Err(error),
        });
        if sent.is_err() {
            break;
        }
    }
    // The threads of the plugin, if it still has any, end with the process.
    std::mem::forget(served);
    ExitCode::SUCCESS
}

/// Both conversations, which came as stdin and stdout. From now on nothing is read there, and what is written goes to
/// stderr; processes that the plugin starts do not get them either.
fn take_channels() -> io::Result<(Channel, Channel)> {
    let calls: UnixStream = io::stdin().as_fd().try_clone_to_owned()?.into();
    let services: UnixStream = io::stdout().as_fd().try_clone_to_owned()?.into();
    rustix::stdio::dup2_stdin(OpenOptions::new().read(true).open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok((Channel::new(calls), Channel::new(services)))
}

/// The plugin that this process is for.
struct Served {
    path: PathBuf,
    hash: Hash,
    parent: Arc<Parent>,
    plugin: Option<LoadedPlugin>,
    /// A node, or why the plugin did not make it.
    nodes: BTreeMap<u64, Result<Box<dyn Node>, String>>,
}

impl Served {
    fn answer(&mut self, request: Request) -> Answer {
        let done = match request {
            Request::Load => return self.load(),
            Request::Run(run) => self.run(run),
            Request::CreateNode(made) => self.create_node(made),
            Request::DropNode(number) => {
                self.nodes.remove(&number);
                Ok(Answer::Done)
            }
            Request::Activate => self.call(LoadedPlugin::activate),
            Request::SettingsChanged => self.call(LoadedPlugin::settings_changed),
            Request::Migrate {
                section,
                from,
                settings,
            } => self.migrate(&section, from, settings),
            Request::Deactivate => {
                let done = self.call(LoadedPlugin::deactivate);
                self.nodes.clear();
                self.plugin = None;
                done
            }
        };
        done.unwrap_or_else(Answer::Failed)
    }

    fn load(&mut self) -> Answer {
        match self.try_load() {
            Ok(registered) => Answer::Registered(registered),
            Err(refused) => *refused,
        }
    }

    fn try_load(&mut self) -> Result<Vec<(String, bool)>, Box<Answer>> {
        let refused = |error: LoadError| {
            Box::new(Answer::Refused {
                report: error.report(),
                details: details(&error).map(str::to_owned),
            })
        };
        let image = Image::of(&self.path).map_err(|rejection| refused(rejection.into()))?;
        if image.hash != self.hash {
            let message = "the library's file changed after it was checked";
            let report = Report::new(Step::File, message).hint("switch the plugin off and on again");
            return Err(Box::new(Answer::Refused {
                report,
                details: None,
            }));
        }
        let library = library::open(&self.path, image).map_err(|error| refused(error.into()))?;
        let parent: Arc<dyn HostServices> = self.parent.clone();
        let created = library.create(parent);
        let mut plugin = created.map_err(|reason| refused(LoadError::Create { reason }))?;
        let registered = plugin.register();
        let registered = registered.map_err(|reason| refused(LoadError::Register { reason }))?;
        self.plugin = Some(plugin);
        Ok(registered)
    }

    fn plugin(&mut self) -> Result<&mut LoadedPlugin, String> {
        self.plugin
            .as_mut()
            .ok_or_else(|| "the plugin is not loaded".to_owned())
    }

    fn call(&mut self, method: fn(&mut LoadedPlugin) -> Result<(), String>) -> Result<Answer, String> {
        method(self.plugin()?).map(|()| Answer::Done)
    }

    fn migrate(
        &mut self,
        section: &str,
        from: u32,
        settings: Vec<(String, Datum)>,
    ) -> Result<Answer, String> {
        let new = self.plugin()?.migrate(section, from, dictionary(settings))?;
        Ok(Answer::Migrated(pairs(&new)))
    }

    fn create_node(&mut self, made: Made) -> Result<Answer, String> {
        let setup = NodeSetup {
            graph: made.graph.into(),
            node: made.node.into(),
            attributes: dictionary(made.attributes),
            own_event: made.own_event,
        };
        let node = self.plugin()?.create_node(&made.node_type, setup);
        let done = node.as_ref().map(|_| Answer::Done).map_err(String::clone);
        self.nodes
            .insert(made.number, node.map(|node| Box::new(node) as _));
        done
    }

    fn run(&mut self, run: Run) -> Result<Answer, String> {
        let node = match self.nodes.get_mut(&run.number) {
            Some(Ok(node)) => node,
            Some(Err(reason)) => return Err(format!("the plugin could not make this node anew: {reason}")),
            None => return Err("the plugin has no such node".to_owned()),
        };
        let inputs: Vec<u32> = (0..run.inputs.len() as u32).collect();
        let (first, count) = (inputs.len(), run.outputs.len());
        let mut slots = values(run.inputs);
        slots.extend(run.outputs.into_iter().map(Value::from));
        let before = slots[first..].to_vec();
        let mut carried = values(run.values);
        let mut call =
            Call::new(&mut slots, &inputs, first as u32, count as u32, run.pulse).with_values(&mut carried);
        let flow = match run.method {
            Method::Execute => node.execute(&mut call),
            Method::Resume => node.resume(&mut call),
            Method::OnEvent => node.on_event(&mut call),
        };
        let flow = flow.map_err(|error| error.reason().to_owned())?;
        let outputs = slots[first..].iter().zip(&before).enumerate();
        let changed = outputs.filter(|(_, (now, before))| !is_surely_same(now, before));
        Ok(Answer::Ran {
            pulse: flow.into(),
            outputs: changed
                .map(|(at, (now, _))| (at as u32, Datum::from(now)))
                .collect(),
        })
    }
}

/// Whether nobody could tell the two apart. Equality of values takes no notice of the order of keys or the sign of zero.
fn is_surely_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Empty, Value::Empty) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Int(one), Value::Int(other)) => one == other,
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Binary(one), Value::Binary(other)) => one == other,
        _ => false,
    }
}

/// The host, as this process reaches it. Any thread asks; one after the other.
struct Parent(Mutex<Channel>);

impl Parent {
    /// Says something that nobody answers. If nobody is there any more, this process is about to end.
    fn tell(&self, ask: &Ask) {
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).send(ask);
    }

    fn ask(&self, ask: &Ask) -> Option<Reply> {
        let mut channel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channel.send(ask).ok()?;
        channel.receive().ok()
    }

    fn ask_text(&self, ask: &Ask) -> Option<String> {
        match self.ask(ask)? {
            Reply::Text(text) => text,
            _ => None,
        }
    }
}

impl HostServices for Parent {
    fn log(&self, level: u32, target: &str, message: &str) {
        self.tell(&Ask::Log {
            level,
            target: target.to_owned(),
            message: message.to_owned(),
        });
    }

    fn log_level(&self) -> u32 {
        match self.ask(&Ask::LogLevel) {
            Some(Reply::Level(level)) => level,
            _ => 0,
        }
    }

    fn report(&self, message: &str) {
        self.tell(&Ask::Report(message.to_owned()));
    }

    fn settings(&self, section: &str) -> Option<String> {
        self.ask_text(&Ask::Settings(section.to_owned()))
    }

    fn project_folder(&self) -> Option<String> {
        self.ask_text(&Ask::ProjectFolder)
    }

    fn event(&self, node_type: &str, key: &str) -> Option<u64> {
        let (node_type, key) = (node_type.to_owned(), key.to_owned());
        match self.ask(&Ask::Event { node_type, key })? {
            Reply::Event(event) => event,
            _ => None,
        }
    }

    fn wanted(&self, event: u64) -> Wanted {
        match self.ask(&Ask::Wanted(event)) {
            Some(Reply::Wanted(read)) => wanted(read),
            _ => Wanted::NOTHING,
        }
    }

    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        if count == 0 {
            return Ok(0);
        }
        let reply = self.ask(&Ask::Emit {
            event,
            count: count as u64,
            values: data(values.iter()),
        });
        match reply {
            Some(Reply::Taken(taken)) => {
                let taken = (taken as usize).min(count);
                let share = values.len() / count;
                values[..taken * share].fill(Value::Empty);
                Ok(taken)
            }
            Some(Reply::Full) => Err(EmitError::Full),
            _ => Err(EmitError::Detached),
        }
    }
}
