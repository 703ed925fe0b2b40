//! `pulsewire settings`.

use std::{io::Write, process::ExitCode};

use pulsewire_plugin_api::manifest::{Manifest, Section};
use serde_json::Value as Json;

use super::{Failure, Place, describe::Item, note, plugins::absence, print_json, warn};
use crate::{
    diagnostics::{Faults, suggestion},
    plugins::Entry,
    project::Project,
    settings::edit,
};

#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// List the sections with their entries
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one section: its fields and its entries
    Show {
        /// Its id, such as `socketio`
        section: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Add an entry to a list of a section
    Add {
        /// The section, such as `socketio`
        section: String,
        /// The list, such as `connections`
        list: String,
        /// The fields: `name=chat url=http://localhost port=3000`
        #[arg(value_name = "KEY=VALUE", required = true, value_parser = parse_field)]
        fields: Vec<(String, String)>,
        /// Print the section as JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an entry from a list of a section
    Remove {
        /// The section, such as `socketio`
        section: String,
        /// The list, such as `connections`
        list: String,
        /// The entry's name
        name: String,
        /// Print the section as JSON
        #[arg(long)]
        json: bool,
    },
}

const NO_OWNER: &str =
    "it comes with its plugin, which was not found; `pulsewire plugins paths` shows where to put that";

fn parse_field(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) fn execute(place: &Place, command: Command, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut project = place.open()?;
    let mut faults = Faults::default();
    project.check_settings(&mut faults);
    match command {
        Command::List { json } => {
            warn(&project, &faults);
            let sections: Vec<Json> = project
                .sections()
                .iter()
                .map(|section| listing(&project, section.id()))
                .collect();
            if json {
                return print_json(out, &sections);
            }
            for section in &sections {
                write_entries(section, out)?;
            }
            if sections.is_empty() {
                note("there are no sections: no plugin that is on has one; see `pulsewire plugins list`");
            }
        }
        Command::Show { section, json } => {
            warn(&project, &faults);
            let descriptor = find(&project, &section)?;
            let shown = listing(&project, &section);
            if json {
                return print_json(out, &shown);
            }
            for list in &descriptor.lists {
                writeln!(out, "fields of [[settings.{section}.{}]]:", list.id)?;
                for field in &list.fields {
                    writeln!(out, "{}", Item::from(field).text())?;
                }
            }
            write_entries(&shown, out)?;
        }
        Command::Add {
            section,
            list,
            fields,
            json,
        } => {
            let found = find(&project, &section)?;
            check_keys(found, &list, &fields)?;
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            edit::add_entry(project.folder(), found, &list, &fields)?;
            let name = fields
                .iter()
                .find(|(key, _)| *key == "name")
                .map_or("", |(_, name)| name);
            if json {
                return print_section(place, &section, out);
            }
            writeln!(out, "added `{name}` to `{section}.{list}`")?;
        }
        Command::Remove {
            section,
            list,
            name,
            json,
        } => {
            edit::remove_entry(project.folder(), find(&project, &section)?, &list, &name)?;
            if json {
                return print_section(place, &section, out);
            }
            writeln!(out, "removed `{name}` from `{section}.{list}`")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The section as it stands in the file now.
fn print_section(place: &Place, section: &str, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut project = place.open()?;
    project.check_settings(&mut Faults::default());
    print_json(out, &listing(&project, section))
}

/// A section of a plugin that is loaded.
fn find<'a>(project: &'a Project, id: &str) -> Result<&'a Section, Failure> {
    let plugins = project.plugins();
    let has_it = |manifest: &&Manifest| manifest.sections.iter().any(|section| section.id == id);
    let loaded = plugins.entries().iter();
    let loaded: Vec<&Manifest> = loaded
        .filter_map(|entry| Some(plugins.added(entry.id())?.0))
        .collect();
    let sections = || loaded.iter().flat_map(|manifest| &manifest.sections);
    if let Some(section) = sections().find(|section| section.id == id) {
        return Ok(section);
    }
    let declares = |entry: &&Entry| entry.manifest().as_ref().is_some_and(has_it);
    let owner = plugins
        .entries()
        .iter()
        .find(declares)
        .or_else(|| plugins.get(id));
    Err(match owner {
        Some(owner) => {
            let (reason, hint) = absence(project, owner.id());
            Failure::refused(
                format!("there is no settings section `{id}` now: {reason}"),
                Some(hint),
            )
        }
        None => Failure::refused(
            format!("there is no settings section `{id}`"),
            suggestion(id, sections().map(|section| section.id.as_str()))
                .or_else(|| Some(NO_OWNER.to_owned())),
        ),
    })
}

/// Keys on the command line that the list has no field for.
fn check_keys(section: &Section, list: &str, fields: &[(String, String)]) -> Result<(), Failure> {
    let Some(list) = section.lists.iter().find(|known| known.id == list) else {
        return Ok(());
    };
    let known = || list.fields.iter().map(|field| field.id.as_str());
    match fields.iter().find(|(key, _)| !known().any(|id| id == key)) {
        Some((key, _)) => Err(Failure::refused(
            format!("`{}` has no field `{key}`, given as `{key}=…`", list.id),
            suggestion(key, known()),
        )),
        None => Ok(()),
    }
}

/// `{id, title, plugin, lists}`, secrets masked.
fn listing(project: &Project, id: &str) -> Json {
    let section = project.sections().iter().find(|section| section.id() == id);
    let mut shown = section.map(|section| section.listing()).unwrap_or_default();
    if let Some(members) = shown.as_object_mut() {
        // A section belongs to the plugin of the same id.
        members.insert("plugin".to_owned(), Json::from(id));
    }
    shown
}

fn write_entries(section: &Json, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "{} ({})", text(&section["title"]), text(&section["id"]))?;
    for list in section["lists"].as_array().into_iter().flatten() {
        let entries = list["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        writeln!(out, "  {}: {}", text(&list["title"]), entries.len())?;
        for entry in entries {
            let fields = entry.as_object().into_iter().flatten();
            let changed = fields.filter(|(id, value)| {
                let fields = list["fields"].as_array().into_iter().flatten();
                fields
                    .into_iter()
                    .any(|field| field["id"] == id.as_str() && field["default"] != **value)
            });
            let changed: Vec<String> = changed.map(|(id, value)| format!("{id} = {value}")).collect();
            writeln!(out, "    {}", changed.join(", "))?;
        }
    }
    Ok(())
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}
