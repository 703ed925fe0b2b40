//! The plugin under examination, in the process that is made for one check.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{
    Node,
    abi::{
        interface::NodeSetup,
        loaded::{LoadedLibrary, LoadedPlugin},
    },
    manifest::{Manifest, NodeType},
    value::{Dictionary, Value},
};
use rand::{SeedableRng, rngs::ChaCha8Rng};

use super::{
    child::{Progress, Rounds},
    host::{Behaviour, Phase, ScriptedHost, is_panic},
    pulsed::brief,
    samples,
    verdict::Findings,
};
use crate::plugins;

/// How long a thread of a plugin may outlive `deactivate`, and `deactivate` itself may take.
pub(super) const END: Duration = plugins::DEACTIVATION_LIMIT;

/// A library, and what was found out about it.
pub(super) struct Subject {
    library: PathBuf,
    rounds: Rounds,
    progress: Progress,
    findings: Findings,
    ends_in_order: bool,
}

impl Subject {
    pub(super) fn new(library: PathBuf, rounds: Rounds, progress: Progress) -> Self {
        Self {
            library,
            rounds,
            progress,
            findings: Findings::default(),
            ends_in_order: false,
        }
    }

    /// The library's file.
    pub(super) fn path(&self) -> &PathBuf {
        &self.library
    }

    /// The plugin breaks a rule.
    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.findings.faults.push(what.into());
    }

    /// Whether it was found to break a rule.
    pub(super) fn has_faults(&self) -> bool {
        !self.findings.faults.is_empty()
    }

    /// Its author should see this.
    pub(super) fn warning(&mut self, what: impl Into<String>) {
        self.findings.warnings.push(what.into());
    }

    /// It cannot be checked here.
    pub(super) fn skip(&mut self, why: impl Into<String>) {
        self.findings.skipped = Some(why.into());
    }

    /// Has the process end as a host's does when the check is over, with all that the library does then.
    pub(super) fn end_in_order(&mut self) {
        self.ends_in_order = true;
    }

    pub(super) fn ends_in_order(&self) -> bool {
        self.ends_in_order
    }

    pub(super) fn into_findings(self) -> Findings {
        self.findings
    }

    /// Calls `round` up to `count` times, with a seed for each, until something is found.
    pub(super) fn rounds(
        &mut self,
        count: u64,
        mut round: impl FnMut(&mut Self, &mut ChaCha8Rng) -> Result<(), String>,
    ) -> Result<(), String> {
        for at in 0..if self.rounds.only_one { 1 } else { count } {
            let seed = self.rounds.seed.wrapping_add(at);
            self.progress.round(seed);
            round(self, &mut ChaCha8Rng::seed_from_u64(seed))?;
            if self.has_faults() {
                break;
            }
        }
        Ok(())
    }

    /// Whether the step of a round is to be taken; says that it is.
    pub(super) fn takes_step(&self, number: u32) -> bool {
        let chosen = &self.rounds.steps;
        let takes = chosen.as_ref().is_none_or(|steps| steps.contains(&number));
        if takes {
            self.progress.step(number);
        }
        takes
    }

    /// What the library says about itself; runs none of its code.
    pub(super) fn manifest(&self) -> Result<Manifest, String> {
        plugins::inspect(&self.library).map_err(|rejection| rejection.to_string())
    }

    /// The library, opened.
    pub(super) fn open(&self) -> Result<LoadedLibrary, plugins::OpenError> {
        self.progress.call("opening the library", String::new);
        plugins::open_for_good(&self.library)
    }

    /// A plugin that has registered, in a host that behaves so.
    pub(super) fn plugin(&self, behaviour: Behaviour) -> Result<Instance, String> {
        let mut instance = self.create(behaviour)?;
        instance
            .register()
            .map_err(|reason| format!("it cannot register: {reason}"))?;
        Ok(instance)
    }

    /// A plugin that was made, and no more.
    pub(super) fn create(&self, behaviour: Behaviour) -> Result<Instance, String> {
        let manifest = self.manifest()?;
        let library = self.open().map_err(|error| error.to_string())?;
        let host = Arc::new(ScriptedHost::new(&manifest, behaviour));
        self.progress.call("`new`", String::new);
        let created = library.create(Arc::clone(&host) as _);
        let plugin = created.map_err(|reason| format!("it cannot be made: {reason}"))?;
        Ok(Instance {
            plugin,
            host,
            manifest,
            progress: self.progress.clone(),
            nodes: 0,
        })
    }

    /// An active plugin in an honest host, with one entry in each list of its settings; without entries, if it refuses
    /// ours, which is another check's to tell.
    pub(super) fn active(&self) -> Result<Instance, String> {
        self.activated(1).or_else(|_| self.activated(0))
    }

    fn activated(&self, entries: usize) -> Result<Instance, String> {
        let settings = samples::settings(&self.manifest()?, entries);
        let mut instance = self.plugin(Behaviour::honest(settings))?;
        instance
            .activate()
            .map_err(|reason| format!("it cannot be activated: {reason}"))?;
        Ok(instance)
    }
}

/// A plugin and its host. Dropping it drops the plugin, in whatever state it is.
pub(super) struct Instance {
    pub(super) plugin: LoadedPlugin,
    pub(super) host: Arc<ScriptedHost>,
    pub(super) manifest: Manifest,
    pub(super) progress: Progress,
    nodes: usize,
}

impl Instance {
    pub(super) fn register(&mut self) -> Result<Vec<(String, bool)>, String> {
        self.progress.call("`register`", String::new);
        self.plugin.register()
    }

    pub(super) fn activate(&mut self) -> Result<(), String> {
        self.host.enter(Phase::Active);
        self.progress.call("`activate`", String::new);
        self.plugin.activate()
    }

    pub(super) fn settings_changed(&mut self) -> Result<(), String> {
        self.progress.call("`settings_changed`", String::new);
        self.plugin.settings_changed()
    }

    pub(super) fn migrate(&self, section: &str, from: u32, old: Dictionary) -> Result<Dictionary, String> {
        self.progress.call("`migrate`", || {
            let old = brief(&Value::Dictionary(old.clone()));
            format!(" of `{section}` from {from}, with {old}")
        });
        self.plugin.migrate(section, from, old)
    }

    /// Ends it; says how long that took.
    pub(super) fn deactivate(&mut self) -> Result<Duration, String> {
        self.progress.call("`deactivate`", String::new);
        let start = Instant::now();
        let ended = self.plugin.deactivate();
        let took = start.elapsed();
        self.host.enter(Phase::Ended);
        ended.map(|()| took)
    }

    /// A node of that type, with the number of its own event.
    pub(super) fn node(
        &mut self,
        node_type: &NodeType,
        attributes: Dictionary,
    ) -> Result<(u64, Box<dyn Node>), String> {
        self.nodes += 1;
        let id = format!("node_{}", self.nodes);
        let own_event = self.host.own_event(&id);
        let what = format!("the factory of `{}`", node_type.id);
        self.progress.call(&what, || {
            format!(
                ", for `{id}` with {}",
                brief(&Value::Dictionary(attributes.clone()))
            )
        });
        let setup = NodeSetup {
            graph: "project".into(),
            node: id.into(),
            attributes,
            own_event,
        };
        let node = self.plugin.create_node(&node_type.id, setup)?;
        Ok((own_event, Box::new(node)))
    }

    /// Drops the plugin; what its destructor or its threads broke is a fault, and so is a panic in `said`.
    pub(super) fn end(self, said: Option<&str>) -> Result<(), String> {
        let Self {
            plugin,
            host,
            progress,
            ..
        } = self;
        progress.call("`drop` of the plugin", String::new);
        drop(plugin);
        let mut panics = host.panics();
        panics.extend(said.filter(|said| is_panic(said)).map(str::to_owned));
        match panics.first() {
            Some(panic) => Err(format!("a panic: {panic}")),
            None => Ok(()),
        }
    }
}
