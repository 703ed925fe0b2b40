//! The raw stage: the file itself, the plugins config and the host's own table.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use toml::{
    Spanned as TomlSpanned,
    de::{DeTable, DeValue},
};

use super::{
    FILE,
    item::Item,
    keys::{self, HOST, PLUGIN},
};
use crate::{
    diagnostics::{Fault, Faults, Source, SourceFile, suggestion},
    literal::{
        in_file_order,
        reader::{self, Reader},
    },
    logic::Spanned,
    plugins::{Hash, LibraryRule},
};

/// `settings.toml` before any section is validated.
#[derive(Clone)]
pub struct RawSettings {
    pub(super) source: Source,
    plugins: Vec<(Spanned<String>, Plugin)>,
    host: Host,
    pub(super) sections: Vec<(Spanned<String>, Spanned<Item>)>,
}

/// What the plugins config says of one plugin.
#[derive(Clone)]
struct Plugin {
    enabled: bool,
    rule: LibraryRule,
}

/// The host's own table.
#[derive(Clone, Debug, Default)]
struct Host {
    plugin_paths: Vec<PathBuf>,
    system_calls: bool,
}

/// Without the sections, which hold secrets.
impl std::fmt::Debug for RawSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawSettings")
            .field("plugins", &self.plugins().collect::<Vec<_>>())
            .field("host", &self.host)
            .field("sections", &self.section_ids().collect::<Vec<_>>())
            .finish()
    }
}

impl RawSettings {
    /// Reads the settings of the project in `folder`.
    ///
    /// # Errors
    /// All faults of the file's frame, one of which is that there is no file. Wrong settings are never replaced by
    /// defaults.
    pub fn read(folder: &Path) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        match Self::read_with(folder, &mut faults) {
            Some(settings) if !faults.has_errors() => Ok(settings),
            _ => Err(faults),
        }
    }

    /// As [`read`](Self::read), but gives what could be read beside the faults, so that `pulsewire check` can go on to
    /// the sections.
    pub fn read_with(folder: &Path, faults: &mut Faults) -> Option<Self> {
        match reader::read_file(folder, Path::new(FILE)) {
            Ok(Some(source)) => Self::parse(source, faults),
            Ok(None) => {
                faults.push(Fault::file(FILE, "not found").hint(
                    "a project is a folder with `settings.toml`; `--project DIR` names another folder",
                ));
                None
            }
            Err(fault) => {
                faults.push(*fault);
                None
            }
        }
    }

    /// Reads settings from a text.
    ///
    /// `None` only if the text is no TOML or of a format that this release doesn't know.
    pub fn parse(source: Source, faults: &mut Faults) -> Option<Self> {
        let file = reader::parse(&source, faults)?;
        let mut reader = Reader::new(&source, None, faults);
        if !reader.format(&file) {
            return None;
        }
        let mut settings = Self {
            source: source.clone(),
            plugins: Vec::new(),
            host: Host::default(),
            sections: Vec::new(),
        };
        for (key, item) in in_file_order(&file) {
            match key.get_ref().as_ref() {
                "format" => {}
                "plugins" => settings.plugins = plugins(&mut reader, item),
                "host" => settings.host = host(&mut reader, item),
                "settings" => settings.sections = sections(&mut reader, item),
                _ => reader.unknown(key, keys::FILE),
            }
        }
        Some(settings)
    }

    /// Those of a project that sets nothing.
    pub(crate) fn none() -> Self {
        Self {
            source: Source::new(SourceFile::new(FILE, "")),
            plugins: Vec::new(),
            host: Host::default(),
            sections: Vec::new(),
        }
    }

    /// Whether the plugins config lets the plugin run; it does unless it says otherwise.
    pub fn is_enabled(&self, id: &str) -> bool {
        self.plugins
            .iter()
            .find(|(plugin, _)| plugin.value == id)
            .is_none_or(|(_, plugin)| plugin.enabled)
    }

    /// The plugins that the file mentions, known or not, and whether they are enabled.
    pub fn plugins(&self) -> impl Iterator<Item = (String, bool)> {
        self.plugins
            .iter()
            .map(|(id, plugin)| (id.value.clone(), plugin.enabled))
    }

    /// What the plugins config says of libraries, by the ids of the plugins that it mentions.
    pub fn library_rules(&self) -> BTreeMap<String, LibraryRule> {
        let rules = self.plugins.iter();
        rules
            .map(|(id, plugin)| (id.value.clone(), plugin.rule.clone()))
            .collect()
    }

    /// `[host] plugin_paths` as they are written; relative ones start from the project's folder.
    pub fn plugin_paths(&self) -> &[PathBuf] {
        &self.host.plugin_paths
    }

    /// `[host] system_calls`: whether System Call may run commands. Not unless it is said.
    pub fn allows_system_calls(&self) -> bool {
        self.host.system_calls
    }

    /// The sections in the file, known or not.
    pub fn section_ids(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(id, _)| id.value.as_str())
    }

    /// The whole file as it was read.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// The file.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Warns of each section that no plugin declares; `declared` are the ids of all known plugins' sections, of the
    /// disabled ones too. The sections stay in the file.
    pub fn warn_unknown_sections(&self, declared: &[&str], faults: &mut Faults) {
        for (id, _) in &self.sections {
            if !declared.contains(&id.value.as_str()) {
                let message = format!("no plugin declares the section `{}`", id.value);
                let hint = suggestion(&id.value, declared.iter().copied()).unwrap_or_else(|| {
                    "it waits for its plugin; `pulsewire plugins list` shows those that are there".to_owned()
                });
                faults.push(Fault::warning(&self.source, &id.span, message).hint(hint));
            }
        }
    }
}

fn plugins(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>) -> Vec<(Spanned<String>, Plugin)> {
    let header = || "each plugin has a table of its own: `[plugins.ID]`".to_owned();
    let Some(table) = reader.table(item, header) else {
        return Vec::new();
    };
    let mut plugins = Vec::with_capacity(table.len());
    for (key, item) in in_file_order(table) {
        let id = key.get_ref();
        let hint = || format!("write `[plugins.{id}]`, and below it `enabled = true` or `false`");
        let Some(table) = reader.table(item, hint) else {
            continue;
        };
        let id = Spanned {
            value: id.to_string(),
            span: key.span(),
        };
        plugins.push((id, plugin(reader, table)));
    }
    plugins
}

fn plugin(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Plugin {
    let mut plugin = Plugin {
        enabled: true,
        rule: LibraryRule::default(),
    };
    for (key, item) in table {
        match key.get_ref().as_ref() {
            // Said wrongly it is a fault, and until that is mended the plugin stays off.
            "enabled" => plugin.enabled = reader.boolean(item).unwrap_or(false),
            "sha256" => plugin.rule.sha256 = hash(reader, item),
            "trust_file" => plugin.rule.trust_file = reader.boolean(item).unwrap_or(false),
            "isolate" => plugin.rule.isolate = reader.boolean(item).unwrap_or(true),
            _ => reader.unknown(key, PLUGIN),
        }
    }
    plugin
}

fn hash(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>) -> Option<Hash> {
    let hash = Hash::parse(reader.text(item)?);
    if hash.is_none() {
        let hint = "`sha256sum` of the library prints it";
        reader.fault(
            &item.span(),
            "expected 64 hexadecimal digits",
            Some(hint.to_owned()),
        );
    }
    hash
}

fn host(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>) -> Host {
    let mut host = Host::default();
    let Some(table) = reader.table(item, plugin_paths_example) else {
        return host;
    };
    for (key, item) in table {
        match key.get_ref().as_ref() {
            "plugin_paths" => host.plugin_paths = plugin_paths(reader, item),
            "system_calls" => host.system_calls = reader.boolean(item).unwrap_or(false),
            _ => reader.unknown(key, HOST),
        }
    }
    host
}

fn plugin_paths_example() -> String {
    "as in `plugin_paths = [\"plugins\"]`".to_owned()
}

fn plugin_paths(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let Some(elements) = item.get_ref().as_array() else {
        reader.mismatch("Array of Strings", item, Some(plugin_paths_example()));
        return paths;
    };
    for element in elements.iter() {
        match reader.text(element) {
            Some("") => reader.fault(&element.span(), "the path is empty", None),
            Some(path) => paths.push(PathBuf::from(path)),
            None => {}
        }
    }
    paths
}

fn sections(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
) -> Vec<(Spanned<String>, Spanned<Item>)> {
    let header = || "each section has a table of its own: `[settings.ID]`".to_owned();
    let Some(_) = reader.table(item, header) else {
        return Vec::new();
    };
    match Item::new(item).value {
        Item::Table(sections) => sections,
        _ => Vec::new(),
    }
}
