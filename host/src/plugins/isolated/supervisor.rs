//! A thread for each isolated plugin: starts its child, and starts another when that has ended.

use std::{
    process::Child,
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{EmitError, HostServices};

use super::{
    Isolation, IsolationError, Library,
    channel::Channel,
    datum::{read_values, values},
    messages::{Answer, Ask, Reply, Request},
    node::IsolatedPlugin,
    process,
    shared::{SLOW_LIMIT, Shared, ask, cause},
};
use crate::plugins::{
    report::{Report, Step},
    services::Connection,
};

/// The longest pause before a child is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A child that ran so long was well: the next pause is as short as the first.
const HEALTHY: Duration = Duration::from_secs(60);

type Registered = Vec<(String, bool)>;

/// Starts a child with the library and has the plugin register there. `[logic-thread]`
pub(in crate::plugins) fn start(
    isolation: &Isolation,
    library: Library,
    connection: Arc<Connection>,
) -> Result<(IsolatedPlugin, Registered), IsolationError> {
    let shared = Arc::new(Shared::new(&library.id, isolation.call_limit));
    let supervisor = Supervisor {
        isolation: isolation.clone(),
        library,
        shared: Arc::clone(&shared),
        connection,
    };
    let (sender, first) = channel();
    let thread = supervisor.spawn_named(move |supervisor| supervisor.run(&sender))?;
    let plugin = IsolatedPlugin::new(shared, thread);
    let ended = || IsolationError::Ended {
        how: "could not be watched".to_owned(),
    };
    let registered = first.recv().unwrap_or_else(|_| Err(ended()))?;
    Ok((plugin, registered))
}

struct Supervisor {
    isolation: Isolation,
    library: Library,
    shared: Arc<Shared>,
    connection: Arc<Connection>,
}

/// A child that runs.
struct Life {
    child: Child,
    /// Answers what the plugin asks of its host, until the conversation ends.
    services: JoinHandle<()>,
    began: Instant,
}

impl Life {
    /// Waits for the end of the conversation, and ends the child then. As in "the plugin …".
    fn end(mut self) -> String {
        let _ = self.services.join();
        process::end(&mut self.child)
    }
}

impl Supervisor {
    fn spawn_named(self, work: impl FnOnce(Self) + Send + 'static) -> Result<JoinHandle<()>, IsolationError> {
        let name = format!("plugin-{}", self.library.id);
        let failed = self.cannot_start();
        let thread = thread::Builder::new().name(name).spawn(move || work(self));
        thread.map_err(failed)
    }

    fn cannot_start(&self) -> impl Fn(std::io::Error) -> IsolationError + 'static {
        let program = self.isolation.program.display().to_string();
        move |error| IsolationError::Start {
            program: program.clone(),
            reason: error.to_string(),
        }
    }

    fn run(self, first: &Sender<Result<Registered, IsolationError>>) {
        let (mut life, registered) = match self.begin(None) {
            Ok(begun) => begun,
            Err(error) => {
                // Whoever waits for it is the one who called.
                let _ = first.send(Err(error));
                return;
            }
        };
        let _ = first.send(Ok(registered.clone()));
        let mut pause = self.isolation.pause;
        loop {
            let began = life.began;
            let how = life.end();
            let how = self.shared.ended().unwrap_or(how);
            if began.elapsed() >= HEALTHY {
                pause = self.isolation.pause;
            }
            if self.shared.is_stopping() {
                return;
            }
            self.tell(&how, pause);
            life = loop {
                if !self.shared.pause(pause) {
                    return;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
                match self.begin(Some(&registered)) {
                    Ok((life, _)) => break life,
                    Err(_) if self.shared.is_stopping() => return,
                    Err(error) => self.tell(&format!("could not be started again: {error}"), pause),
                }
            };
            self.connection.recovered();
        }
    }

    fn tell(&self, how: &str, pause: Duration) {
        let pause = pause.as_secs_f32();
        self.connection
            .crashed(&format!("{how}; it is started again in {pause} s"));
    }

    /// Starts a child, has the plugin register, makes everything anew and hands it to the logic.
    fn begin(&self, before: Option<&Registered>) -> Result<(Life, Registered), IsolationError> {
        let started = process::spawn(&self.isolation, &self.library).map_err(self.cannot_start())?;
        let (mut child, mut calls, services) = (started.child, started.calls, started.services);
        let enders = calls.ender().and_then(|one| Ok(vec![one, services.ender()?]));
        let connection = Arc::clone(&self.connection);
        let name = format!("plugin-{}-services", self.library.id);
        let serving = enders.and_then(|enders| {
            self.shared.begin(enders);
            thread::Builder::new()
                .name(name)
                .spawn(move || serve(services, &connection))
        });
        let services = serving.map_err(|error| {
            process::end(&mut child);
            self.cannot_start()(error)
        })?;
        let life = Life {
            child,
            services,
            began: Instant::now(),
        };
        let begun = self.register(&mut calls, before).and_then(|registered| {
            let handed = self.shared.hand_over(calls);
            handed.map_err(failed)?;
            Ok(registered)
        });
        match begun {
            Ok(registered) => Ok((life, registered)),
            Err(error) => {
                let cause = self.shared.ended();
                let how = life.end();
                Err(match error {
                    Some(error) => error,
                    None => IsolationError::Ended {
                        how: cause.unwrap_or(how),
                    },
                })
            }
        }
    }

    /// Nothing as an error: the child has ended.
    fn register(
        &self,
        calls: &mut Channel,
        before: Option<&Registered>,
    ) -> Result<Registered, Option<IsolationError>> {
        match ask(calls, &Request::Load, SLOW_LIMIT) {
            Ok(Answer::Registered(registered)) if before.is_none_or(|before| *before == registered) => {
                Ok(registered)
            }
            Ok(Answer::Registered(_)) => Err(failed("it registers other node types than before".to_owned())),
            Ok(Answer::Refused { report, details }) => {
                if let Some(details) = details {
                    log::debug!("plugin `{}`: {details}", self.library.id);
                }
                Err(Some(IsolationError::Refused(report)))
            }
            Ok(answer) => Err(failed(format!("it answered {answer:?}"))),
            Err(error) => Err(cause(&error, SLOW_LIMIT).map(|how| IsolationError::Ended { how })),
        }
    }
}

fn failed(reason: String) -> Option<IsolationError> {
    Some(IsolationError::Refused(Report::new(Step::Activate, reason)))
}

/// Answers what the plugin asks of its host.
fn serve(mut services: Channel, connection: &Connection) {
    while let Ok(ask) = services.receive::<Ask>() {
        if let Some(reply) = reply(connection, ask)
            && services.send(&reply).is_err()
        {
            break;
        }
    }
    // If it asked nonsense it is not served any more, and notices.
    if let Ok(ender) = services.ender() {
        ender.end();
    }
}

fn reply(host: &Connection, ask: Ask) -> Option<Reply> {
    Some(match ask {
        Ask::Log {
            level,
            target,
            message,
        } => {
            host.log(level, &target, &message);
            return None;
        }
        Ask::Report(message) => {
            host.report(&message);
            return None;
        }
        Ask::LogLevel => Reply::Level(host.log_level()),
        Ask::Settings(section) => Reply::Text(host.settings(&section)),
        Ask::ProjectFolder => Reply::Text(host.project_folder()),
        Ask::Event { node_type, key } => Reply::Event(host.event(&node_type, &key)),
        Ask::Wanted(event) => Reply::Wanted(read_values(host.wanted(event))),
        Ask::Emit {
            event,
            count,
            values: data,
        } => match host.emit(event, count as usize, &mut values(data)) {
            Ok(taken) => Reply::Taken(taken as u64),
            Err(EmitError::Full) => Reply::Full,
            Err(EmitError::Detached) => Reply::Detached,
        },
    })
}
