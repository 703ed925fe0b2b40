//! `pulsewire plugins info`: all that is known of a plugin without running any of it.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use serde::Serialize;

use super::{Row, find};
use crate::{
    cli::{Failure, describe::NodeTypeShape, print_json},
    plugins::{LastRun, Report},
    project::Project,
};

pub(super) fn execute(
    project: &Project,
    id: &str,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    #[derive(Serialize)]
    struct Info<'a> {
        #[serde(flatten)]
        row: Row<'a>,
        sha256: Option<String>,
        tried_out: Option<String>,
        compiler: Option<&'a str>,
        api: &'a str,
        min_host_api: &'a str,
        target: &'a str,
        node_types: Vec<NodeTypeShape<'a>>,
        sections: Vec<&'a str>,
        reports: Vec<Report>,
        last_run: Option<LastRun>,
    }
    let entry = find(project, id)?;
    let manifest = entry.manifest();
    let knowledge = project.plugins().knowledge(entry);
    let info = Info {
        row: Row::new(entry, project),
        sha256: knowledge.as_ref().map(|known| known.hash.to_string()),
        tried_out: knowledge
            .and_then(|known| known.tried_out)
            .map(|tried| match tried {
                Ok(()) => "sound".to_owned(),
                Err(reason) => format!("in quarantine: it {reason}"),
            }),
        compiler: entry.compiler(),
        api: manifest.map_or("", |manifest| &manifest.api),
        min_host_api: manifest.map_or("", |manifest| &manifest.min_host_api),
        target: manifest.map_or("", |manifest| &manifest.target),
        node_types: manifest
            .map(|manifest| {
                manifest
                    .node_types
                    .iter()
                    .map(|one| NodeTypeShape::new(one, Some(id)))
                    .collect()
            })
            .unwrap_or_default(),
        sections: manifest
            .map(|manifest| {
                manifest
                    .sections
                    .iter()
                    .map(|section| section.id.as_str())
                    .collect()
            })
            .unwrap_or_default(),
        reports: entry.reports().list(),
        last_run: project.plugins().last_run(project.folder(), id),
    };
    if json {
        return print_json(out, &info);
    }
    let row = &info.row;
    writeln!(out, "{} {} ({})", row.name, row.version, row.category)?;
    if !row.description.is_empty() {
        writeln!(out, "{}", row.description)?;
    }
    writeln!(
        out,
        "id: {}\nenabled: {}\nisolated: {}\nstate: {}",
        row.id,
        row.enabled,
        row.isolated,
        entry.state()
    )?;
    if let Some(path) = row.path {
        writeln!(out, "library: {}", path.display())?;
    }
    if let Some(hash) = &info.sha256 {
        writeln!(out, "sha256: {hash}")?;
        writeln!(
            out,
            "tried out: {}",
            info.tried_out.as_deref().unwrap_or("not yet")
        )?;
    }
    if let Some(compiler) = info.compiler {
        writeln!(out, "built by: {compiler}")?;
    }
    if manifest.is_some() {
        writeln!(
            out,
            "api: {}, needs a host with {}\nbuilt for: {}",
            info.api, info.min_host_api, info.target
        )?;
        let verb = if project.plugins().added(id).is_some() {
            "adds"
        } else {
            "would add"
        };
        writeln!(out, "{verb} the sections: {}", info.sections.join(", "))?;
        writeln!(out, "{verb} the nodes:")?;
        for node_type in manifest.into_iter().flat_map(|manifest| &manifest.node_types) {
            writeln!(out, "  {}  {}", node_type.id, node_type.name)?;
        }
    }
    for report in &info.reports {
        writeln!(out, "{report}")?;
    }
    if let Some(run) = &info.last_run {
        write_run(out, run)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_run(out: &mut impl Write, run: &LastRun) -> io::Result<()> {
    let states: Vec<String> = run
        .states
        .iter()
        .map(|(after, state)| format!("{state} ({after} ms)"))
        .collect();
    writeln!(
        out,
        "last run: loaded in {} ms; calls of nodes: {}, too long: {}; {}",
        run.loading_ms,
        run.calls,
        run.overruns,
        states.join(", ")
    )
}
