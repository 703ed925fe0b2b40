//! A project: its folder, its settings, its plugins, its toolbox.
//!
//! What the command line lists and checks, and what the runtime runs, is the same object.

mod migrate;

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    path::{self, Path, PathBuf},
    sync::Arc,
};

use pulsewire_plugin_api::{Node, abi::interface::NodeSetup};

use crate::{
    compile::{Environment, Program, compile, link},
    diagnostics::{Fault, Faults},
    engine::{EventQueue, Events, StopHandle},
    logic::{Graph, read_project_logic},
    plugins::{EngineServices, Entry, Plugins, ProcessLog, Safeguards, SearchInputs, SearchPath, State},
    runtime::{Services, settings_file},
    settings::{FILE, RawSettings, SectionSettings},
    toolbox::{Origin, Toolbox},
};

/// Where a project and its plugins are.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The project's folder.
    pub folder: PathBuf,
    /// `--plugin-dir`: searched before all other places.
    pub plugin_dirs: Vec<PathBuf>,
    /// What keeps plugins from harming this process; by default nothing does.
    pub safeguards: Safeguards,
}

/// An opened project.
pub struct Project {
    /// Whole, so that it stays the folder of that name when another takes its place.
    folder: PathBuf,
    /// As it was named.
    named: PathBuf,
    settings: RawSettings,
    plugins: Plugins,
    toolbox: Arc<Toolbox>,
    /// The checked sections of the plugins that are loaded or active.
    sections: Vec<SectionSettings>,
    /// By the ids of older sections: the settings as their plugins would bring them up to date.
    previews: HashMap<String, RawSettings>,
}

impl Project {
    /// Reads the settings and looks for plugins. No plugin runs yet.
    ///
    /// `None` only if there is no `settings.toml` that can be read at all; with smaller faults the project can be
    /// checked and listed, but not run.
    pub fn open(options: &OpenOptions, faults: &mut Faults) -> Option<Self> {
        if let Some(fault) = no_project(&options.folder) {
            faults.push(fault);
            return None;
        }
        let settings = RawSettings::read_with(&options.folder, faults)?;
        Some(Self::with_settings(options, settings))
    }

    /// What a project in the folder would begin with: no settings, and the plugins that are found.
    pub(crate) fn without_settings(options: &OpenOptions) -> Self {
        Self::with_settings(options, RawSettings::none())
    }

    fn with_settings(options: &OpenOptions, settings: RawSettings) -> Self {
        let inputs = SearchInputs::from_process(
            options.plugin_dirs.clone(),
            settings.plugin_paths().to_vec(),
            options.folder.clone(),
        );
        let config: BTreeMap<String, bool> = settings.plugins().collect();
        let (search, mut safeguards) = (SearchPath::new(&inputs), options.safeguards.clone());
        safeguards.rules = settings.library_rules();
        let plugins = Plugins::discover_with(search, &config, safeguards, Arc::new(ProcessLog));
        plugins
            .search_reports()
            .iter()
            .for_each(|report| log::warn!("{report}"));
        let named = options.folder.clone();
        let mut project = Self {
            folder: path::absolute(&named).unwrap_or_else(|_| named.clone()),
            named,
            settings,
            plugins,
            toolbox: Arc::default(),
            sections: Vec::new(),
            previews: HashMap::new(),
        };
        project.fill_toolbox();
        project
    }

    /// The folder, absolute.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The fault with the folder before its file, as the folder was named, unless that is the current one.
    pub(crate) fn located(&self, fault: &Fault) -> Fault {
        located(fault, &self.named)
    }

    /// The settings as they stand in the file.
    pub fn settings(&self) -> &RawSettings {
        &self.settings
    }

    /// The plugins.
    pub fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    /// The toolbox.
    pub fn toolbox(&self) -> &Arc<Toolbox> {
        &self.toolbox
    }

    /// The checked sections of the Project Settings.
    pub fn sections(&self) -> &[SectionSettings] {
        &self.sections
    }

    /// Loads every enabled plugin without a running engine, so that toolbox and sections are complete.
    pub fn load_plugins_for_listing(&mut self) {
        let queue = Arc::new(EventQueue::new(0));
        let services = Arc::new(Services::new(&self.folder, queue, Arc::new(Events::default())));
        self.load_plugins(&services);
        self.preview_migrations();
    }

    /// Loads every plugin that is declared. One that fails has said why in its reports and the log.
    pub(crate) fn load_plugins(&mut self, services: &Arc<Services>) {
        for id in self.plugins_in(&State::Declared) {
            let toolbox = Arc::clone(&self.toolbox);
            let taken = |node_type: &str| match &toolbox.get(node_type)?.origin {
                Origin::Builtin(_) => Some("the host's built-in nodes".to_owned()),
                Origin::Plugin { plugin, .. } if *plugin != id => Some(format!("plugin `{plugin}`")),
                _ => None,
            };
            let engine: Arc<dyn EngineServices> = services.clone();
            if let Err(error) = self.plugins.load(&id, engine, &taken) {
                log::error!("plugin `{id}`: {}", error.report());
            }
            self.fill_toolbox();
        }
    }

    /// From now on calls into plugins are on record, and watched.
    pub(crate) fn begin_run(&mut self) {
        self.plugins.begin_run(&self.folder);
    }

    /// Activates every plugin that is loaded; true if one of them failed and left the toolbox.
    pub(crate) fn activate_plugins(&mut self) -> bool {
        let mut failed = false;
        for id in self.plugins_in(&State::Loaded) {
            match self.plugins.activate(&id) {
                Ok(()) => log::info!("plugin `{id}` is active"),
                Err(error) => {
                    log::error!("{error}");
                    failed = true;
                }
            }
        }
        self.fill_toolbox();
        failed
    }

    /// Whether a plugin that these settings switch on is still being tried out, so that they cannot be followed without
    /// waiting. When that has come to an end, the engine asks for attention.
    pub(crate) fn is_trying_out(&mut self, settings: &RawSettings, attention: &StopHandle) -> bool {
        let rules = settings.library_rules();
        let ids = self.known_ids(settings).into_iter();
        let mut is_trying = false;
        // All of them at once.
        for id in ids.filter(|id| settings.is_enabled(id)) {
            let attention = attention.clone();
            let on_end = move || attention.request_attention();
            is_trying |= self.plugins.is_trying_out(&id, &rules, on_end);
        }
        is_trying
    }

    /// Forgets what came out of trying plugins out, as the settings that switched them on are not followed.
    pub(crate) fn forget_trials(&mut self) {
        self.plugins.forget_trials();
    }

    /// The ids of all plugins that were found or that these settings name.
    fn known_ids(&self, settings: &RawSettings) -> BTreeSet<String> {
        let named = settings.plugins().map(|(id, _)| id);
        let found = self.plugins.entries().iter().map(|entry| entry.id().to_owned());
        found.chain(named).collect()
    }

    /// Takes over changed settings: plugins that are now off end, plugins that are now on are loaded. A plugin whose
    /// settings or nodes turn out to be at fault only now, because nothing was known of it before, is switched off
    /// again; the faults say why.
    pub(crate) fn follow(
        &mut self,
        settings: RawSettings,
        services: &Arc<Services>,
        graphs: &[Graph],
    ) -> Faults {
        if settings.plugin_paths() != self.settings.plugin_paths() {
            log::warn!("`plugin_paths` changed; it is used from the next start on");
        }
        self.settings = settings;
        self.plugins.set_rules(self.settings.library_rules());
        for id in self.known_ids(&self.settings) {
            let wanted = self.settings.is_enabled(&id);
            let is_as_wanted = match self.plugins.get(&id).map(Entry::state) {
                Some(State::Disabled) => !wanted,
                // What failed may be mended now, what was missing may be there.
                Some(State::Failed(_) | State::Missing) | None => false,
                Some(_) => wanted,
            };
            if !is_as_wanted {
                self.plugins.set_enabled(&id, wanted);
            }
        }
        self.fill_toolbox();
        self.load_plugins(services);
        self.plugins.forget_trials();
        self.migrate();

        let mut faults = Faults::default();
        self.check_settings(&mut faults);
        self.settings_json(&mut faults);
        self.compile(graphs, &mut faults);
        if faults.has_errors() {
            for id in self.plugins_in(&State::Loaded) {
                self.plugins.set_enabled(&id, false);
            }
            self.fill_toolbox();
            self.check_settings(&mut Faults::default());
        }
        faults
    }

    /// The ids of the active plugins.
    pub(crate) fn active_plugins(&self) -> Vec<String> {
        self.plugins_in(&State::Active)
    }

    pub(crate) fn deactivate_plugins(&mut self) {
        self.plugins.deactivate_all();
    }

    /// Tells a plugin that its section changed.
    pub(crate) fn settings_changed(&mut self, plugin: &str) {
        if let Err(error) = self.plugins.settings_changed(plugin) {
            log::error!("{error}");
        }
    }

    /// Has a plugin make a node.
    pub(crate) fn create_node(&mut self, node_type: &str, setup: NodeSetup) -> Result<Box<dyn Node>, String> {
        let made = self.plugins.create_node(node_type, setup);
        made.map_err(|error| error.to_string())
    }

    fn plugins_in(&self, state: &State) -> Vec<String> {
        let entries = self
            .plugins
            .entries()
            .iter()
            .filter(|entry| entry.state() == state);
        entries.map(|entry| entry.id().to_owned()).collect()
    }

    fn fill_toolbox(&mut self) {
        let mut toolbox = Toolbox::default();
        for entry in self.plugins.entries().iter().filter(|entry| !entry.is_shadowed()) {
            let Some(manifest) = entry.manifest() else {
                if *entry.state() != State::Missing {
                    toolbox.add_broken(entry.id(), entry.state().to_string());
                }
                continue;
            };
            let added = self.plugins.added(entry.id()).map(|(_, registered)| registered);
            for node_type in &manifest.node_types {
                let registered = added.and_then(|added| added.iter().find(|(id, _)| *id == node_type.id));
                let plugin = entry.id().to_owned();
                let origin = match registered {
                    Some((_, has_behaviour)) => Origin::Plugin {
                        plugin,
                        has_behaviour: *has_behaviour,
                    },
                    None => Origin::Unavailable {
                        plugin,
                        reason: entry.state().to_string(),
                    },
                };
                if toolbox.get(&node_type.id).is_none() {
                    toolbox.add(node_type.clone(), origin);
                }
            }
        }
        self.toolbox = Arc::new(toolbox);
    }

    /// Checks the sections of all plugins that are loaded or active.
    pub fn check_settings(&mut self, faults: &mut Faults) {
        self.sections = self.sections_in(
            &self.settings,
            |entry| self.plugins.added(entry.id()).is_some(),
            faults,
        );
        let known = self.plugins.entries().iter().filter_map(Entry::manifest);
        let known: Vec<&str> = known
            .flat_map(|manifest| &manifest.sections)
            .map(|section| section.id.as_str())
            .collect();
        self.settings.warn_unknown_sections(&known, faults);
    }

    /// What would be wrong if the project went on with these settings.
    pub(crate) fn faults_with(&self, settings: &RawSettings, graphs: &[Graph]) -> Faults {
        let mut faults = Faults::default();
        let sections = self.sections_in(settings, |entry| settings.is_enabled(entry.id()), &mut faults);
        json_of(&sections, &mut faults);
        compile(
            graphs,
            &Environment {
                toolbox: &self.toolbox,
                settings_names: &names_in(&sections),
            },
            &mut faults,
        );
        faults
    }

    fn sections_in(
        &self,
        settings: &RawSettings,
        is_wanted: impl Fn(&Entry) -> bool,
        faults: &mut Faults,
    ) -> Vec<SectionSettings> {
        let wanted = self
            .plugins
            .entries()
            .iter()
            .filter(|entry| !entry.is_shadowed() && is_wanted(entry));
        let manifests = wanted.filter_map(Entry::manifest);
        let sections = manifests.flat_map(|manifest| &manifest.sections);
        sections
            .filter_map(|section| self.section_in(settings, section, faults))
            .collect()
    }

    /// The checked sections as plugins read them, by their ids. One that needs a variable of the environment that
    /// is not set is left out.
    pub(crate) fn settings_json(&self, faults: &mut Faults) -> HashMap<String, String> {
        json_of(&self.sections, faults)
    }

    /// The names of the entries of a settings list, by `section.list`; `None` if there is no such list now.
    pub fn names(&self, list: &str) -> Option<Vec<String>> {
        names_in(&self.sections)(list)
    }

    /// Reads the logic files.
    pub fn read_logic(&self, faults: &mut Faults) -> Vec<Graph> {
        read_project_logic(&self.folder, faults)
    }

    /// Compiles graphs for the toolbox and settings as they are now.
    pub fn compile(&self, graphs: &[impl Borrow<Graph>], faults: &mut Faults) -> Program {
        let names = names_in(&self.sections);
        compile(
            graphs,
            &Environment {
                toolbox: &self.toolbox,
                settings_names: &names,
            },
            faults,
        )
    }

    /// The program of those graphs that `runs` picks. They were found sound together, so nothing is checked again.
    pub(crate) fn link(&self, graphs: &[Graph], runs: impl Fn(&Graph) -> bool) -> Program {
        let names = names_in(&self.sections);
        let environment = Environment {
            toolbox: &self.toolbox,
            settings_names: &names,
        };
        link(graphs, runs, &environment)
    }
}

/// Why there is no project to be read in `folder`.
fn no_project(folder: &Path) -> Option<Fault> {
    if folder.is_file() {
        let is_project = |above: &&Path| settings_file(above).is_file();
        let near = folder.ancestors().skip(1).map(or_current).find(is_project);
        let hint = match near.map(Path::to_owned).or_else(|| project_above(folder)) {
            Some(project) => format!("name the project's folder: `{}`", project.display()),
            None => "name the project's folder, the one that holds `settings.toml`".to_owned(),
        };
        let fault = Fault::file(folder, "is a file, not a project's folder");
        return Some(fault.hint(hint));
    }
    if !folder.is_dir() {
        let hint = "name the project's folder, the one that holds `settings.toml`";
        return Some(Fault::file(folder, "there is no such folder").hint(hint));
    }
    if !lacks_settings(folder) {
        return None;
    }
    let whole = path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let hint = match project_above(folder) {
        Some(above) => format!(
            "the folder above, `{0}`, is a project: `--project {0}`",
            above.display()
        ),
        None if is_empty(folder) => format!(
            "the folder is empty; make a project in it: `pulsewire new project {}`",
            folder.display()
        ),
        None => "a project is a folder with `settings.toml`; `--project DIR` names another folder".to_owned(),
    };
    let message = format!("not found in `{}`", whole.display());
    Some(Fault::file(FILE, message).hint(hint))
}

/// The nearest project that the folder or file lies in.
pub(crate) fn project_above(path: &Path) -> Option<PathBuf> {
    let whole = path::absolute(path).ok()?;
    let mut above = whole.ancestors().skip(1);
    let project = above.find(|above| settings_file(above).is_file());
    project.map(Path::to_owned)
}

/// Whether there is not even a link of that name.
pub(crate) fn lacks_settings(folder: &Path) -> bool {
    let file = settings_file(folder);
    matches!(file.try_exists(), Ok(false)) && !file.is_symlink()
}

/// Whether nothing is in the folder; what git keeps there does not count.
pub(crate) fn is_empty(folder: &Path) -> bool {
    let entries =
        fs::read_dir(folder).map(|entries| entries.flatten().all(|entry| entry.file_name() == ".git"));
    entries.unwrap_or(false)
}

/// The current folder, if the path is that of a file in it without more.
fn or_current(path: &Path) -> &Path {
    match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    }
}

/// The fault with the project's folder before a file of the project, unless that folder is the current one.
pub(crate) fn located(fault: &Fault, folder: &Path) -> Fault {
    let mut fault = fault.clone();
    let is_current = || match (folder.canonicalize(), env::current_dir()) {
        (Ok(folder), Ok(current)) => folder == current,
        _ => false,
    };
    let is_ours = fault.file.starts_with(FILE) || fault.file.starts_with("logic");
    if is_ours && fault.file != folder && !is_current() {
        fault.file = folder.join(&fault.file);
    }
    fault
}

fn json_of(sections: &[SectionSettings], faults: &mut Faults) -> HashMap<String, String> {
    let mut by_id = HashMap::new();
    for section in sections {
        match section.to_json() {
            Ok(json) => drop(by_id.insert(section.id().to_owned(), json)),
            Err(unset) => faults.extend(unset.iter().cloned()),
        }
    }
    by_id
}

/// The names of a list's entries, by `section.list`.
fn names_in(sections: &[SectionSettings]) -> impl Fn(&str) -> Option<Vec<String>> {
    move |list| {
        let (section, list) = list.split_once('.')?;
        let section = sections.iter().find(|known| known.id() == section)?;
        Some(section.names(list))
    }
}
