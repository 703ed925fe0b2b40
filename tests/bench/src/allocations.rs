//! Allocations of scalar nodes: the same project with few and with many executions must allocate the same.
//!
//! Counted is what the engine and the host's side of the ABI allocate. A plugin has an allocator of its own.

use std::sync::Arc;

use crate::{
    Failure, Result,
    nodes::{Nodes, executions, rounds},
    project::Complaints,
};

const FEW: u64 = 1;
const MANY: u64 = 20;

/// Allocations for each execution beyond the first few.
pub fn per_execution(nodes: Nodes<'_>) -> Result<f64> {
    // The first run of all may fill tables that live as long as the process.
    during(nodes, FEW)?;
    let more = during(nodes, MANY)?.saturating_sub(during(nodes, FEW)?);
    Ok(more as f64 / (executions(MANY) - executions(FEW)) as f64)
}

/// How often anything is allocated while the loops run once.
fn during(nodes: Nodes<'_>, outer: u64) -> Result<u64> {
    let project = nodes.project(outer, false)?;
    let console = Arc::new(Complaints::default());
    let mut runtime = project.start(console.clone())?;
    let counted = allocation_counter::measure(|| {
        runtime.engine().run_pending();
    });
    console.check()?;
    match rounds(&mut runtime)? {
        1 => Ok(counted.count_total),
        other => Err(Failure::new(format!("the loops ran {other} times, expected 1"))),
    }
}
