//! Node-RED beside us: how many nodes a second a message passes in a chain of the simplest ones.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use crate::{Failure, Result};

/// The chain, in Node-RED.
const CHAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../servers/node-red/chain.js");

/// How long the message goes round.
const RUN: Duration = Duration::from_secs(2);

/// Nodes a second. `chain.js` ends by itself.
pub fn per_second() -> Result<f64> {
    let output = Command::new("node")
        .arg(CHAIN)
        .arg(RUN.as_millis().to_string())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("can't run `node`: {error}; install Node.js 18 or newer")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // Node-RED may have said something before.
    let last = text.lines().last().unwrap_or_default();
    let line: Option<serde_json::Value> = serde_json::from_str(last).ok();
    let hops = line.as_ref().and_then(|line| line.get("hops")?.as_f64());
    hops.filter(|hops| *hops > 0.0)
        .ok_or_else(|| Failure::new(format!("Node-RED: {}: {text}", output.status)))
}
