//! What the demo shows, in order. Each act is a handful of facts that must hold.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::{
    Failure, Result,
    project::Project,
    pulsewire::{Pulsewire, Running},
    server::{Seen, Server},
    show::{Who, act, show},
};

/// How long anything may take that should take a moment; on a busy machine, a long one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the project says when it is connected, and the server gives back.
const GREETING: &str = "hello from Pulsewire";

/// How many node types the plugin adds.
const NODE_TYPES: usize = 16;

const PLUGIN: &str = "socketio";

/// The demo from beginning to end.
pub(crate) async fn tell() -> Result<()> {
    act("an embedded Socket.IO server starts");
    let mut server = Server::start().await?;

    act("the root project runs; only its port was changed to the server's");
    let project = Project::copy(server.port())?;
    let pulsewire = Pulsewire::on(project.folder())?;
    let mut running = pulsewire.run()?;
    conversation(&mut server, &mut running).await?;
    offers(&pulsewire, true).await?;

    act("the plugin is switched off while the project runs");
    let settings = project.settings()?;
    bounded(
        "`plugins disable` did not end",
        pulsewire.call(&["plugins", "disable", PLUGIN]),
    )
    .await??;
    server_sees(&mut server, "the client leave", |seen| {
        matches!(seen, Seen::Disconnected)
    })
    .await?;
    offers(&pulsewire, false).await?;

    act("it is switched on again; the project's interval pulses Start, so it connects by itself");
    bounded(
        "`plugins enable` did not end",
        pulsewire.call(&["plugins", "enable", PLUGIN]),
    )
    .await??;
    offers(&pulsewire, true).await?;
    check(
        project.settings()? == settings,
        "`settings.toml` is, to the byte, as it was before",
    )?;
    conversation(&mut server, &mut running).await?;

    act("the server says bye, and the project ends");
    server.say_bye().await?;
    says(&mut running, "bye: see you").await?;
    let status = bounded("the project did not end after `bye`", running.end()).await??;
    check(
        status.code() == Some(0),
        &format!("the project ended with exit code 0 ({status})"),
    )?;
    server_sees(&mut server, "the client leave", |seen| {
        matches!(seen, Seen::Disconnected)
    })
    .await?;

    act("all of it happened as it should");
    Ok(())
}

/// The project connects, says hello, and gets it back.
async fn conversation(server: &mut Server, running: &mut Running) -> Result<()> {
    server_sees(server, "a client connect", |seen| matches!(seen, Seen::Connected)).await?;
    says(running, "connected").await?;
    let expected = vec![json!(GREETING)];
    let greeted = |seen: &Seen| matches!(seen, Seen::Echo(arguments) if *arguments == expected);
    server_sees(server, "the project's greeting", greeted).await?;
    says(running, &format!("echo: {GREETING}")).await
}

/// Toolbox and settings hold what the plugin adds, or nothing of it.
async fn offers(pulsewire: &Pulsewire, is_on: bool) -> Result<()> {
    let listed = pulsewire.list(&["toolbox", "list", "--json"], "type");
    let types = bounded("`toolbox list` did not end", listed).await??;
    let count = types.iter().filter(|id| id.starts_with("socketio.")).count();
    let expected = if is_on { NODE_TYPES } else { 0 };
    let what = format!(
        "the toolbox has {expected} node types of Socket.IO, and {} others",
        types.len() - count
    );
    check(count == expected && types.len() > count, &what)?;

    let listed = pulsewire.list(&["settings", "list", "--json"], "id");
    let sections = bounded("`settings list` did not end", listed).await??;
    let has_section = sections.iter().any(|id| id == PLUGIN);
    let have = if is_on { "have" } else { "do not have" };
    check(
        has_section == is_on,
        &format!("the settings {have} the section `{PLUGIN}`"),
    )
}

/// A fact: shown if it holds, the end of the demo if not.
fn check(holds: bool, fact: &str) -> Result<()> {
    if holds {
        show(Who::Now, format_args!("✓ {fact}"));
        return Ok(());
    }
    Err(Failure::new(format!("this does not hold: {fact}")))
}

/// Waits until the server sees what is wanted.
async fn server_sees(server: &mut Server, what: &str, is_wanted: impl Fn(&Seen) -> bool) -> Result<()> {
    let wait = async {
        while let Some(seen) = server.next().await {
            if is_wanted(&seen) {
                return Ok(());
            }
        }
        Err(Failure::new(format!("the server ended before it saw {what}")))
    };
    bounded(&format!("the server did not see {what}"), wait).await?
}

/// Waits until the project's console shows the line.
async fn says(running: &mut Running, line: &str) -> Result<()> {
    let wait = async {
        while let Some(said) = running.next().await {
            if said == line {
                return Ok(());
            }
        }
        Err(Failure::new(format!("the project ended without saying `{line}`")))
    };
    bounded(&format!("the project did not say `{line}`"), wait).await?
}

/// Waits for something, but not for ever.
async fn bounded<T>(otherwise: &str, wait: impl Future<Output = T>) -> Result<T> {
    timeout(PATIENCE, wait)
        .await
        .map_err(|_| Failure::new(format!("{otherwise} within {} s", PATIENCE.as_secs())))
}
