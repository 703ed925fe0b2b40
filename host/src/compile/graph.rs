//! The compiler's one pass over all graphs.

use std::{borrow::Borrow, collections::BTreeSet};

use super::{
    Environment, Program, contested, cycles,
    functions::{self, Use},
    idle, lay,
    sheet::Sheet,
};
use crate::{diagnostics::Faults, logic::Graph};

/// Compiles the graphs of a project. The program is only fit to run if `faults` holds no error afterwards.
pub fn compile(graphs: &[impl Borrow<Graph>], environment: &Environment<'_>, faults: &mut Faults) -> Program {
    let graphs: Vec<&Graph> = graphs.iter().map(Borrow::borrow).collect();
    // What could not be read has been reported, and is not missing.
    let unread: BTreeSet<String> = faults
        .iter()
        .filter_map(|fault| fault.graph.clone())
        .filter(|id| graphs.iter().all(|graph| graph.id != *id))
        .collect();
    let sheets: Vec<Sheet<'_>> = graphs
        .iter()
        .map(|graph| Sheet::new(graph, &graphs, &unread, environment, faults))
        .collect();
    let uses: Vec<Use<'_>> = functions::unfold(&sheets, faults);
    let (program, places) = lay::lay(&uses, faults);
    cycles::check(&uses, &places, &program, faults);
    contested::warn(&uses, &places, &program, faults);
    idle::warn_unavailable(&sheets, faults);
    program
}
