//! The compiler's one pass over all graphs.

use std::borrow::Borrow;

use super::{
    Environment, Program, cycles,
    functions::{self, Use},
    idle, lay,
    sheet::Sheet,
};
use crate::{diagnostics::Faults, logic::Graph};

/// Compiles the graphs of a project. The program is only fit to run if `faults` holds no error afterwards.
pub fn compile(graphs: &[impl Borrow<Graph>], environment: &Environment<'_>, faults: &mut Faults) -> Program {
    let graphs: Vec<&Graph> = graphs.iter().map(Borrow::borrow).collect();
    let sheets: Vec<Sheet<'_>> = graphs
        .iter()
        .map(|graph| Sheet::new(graph, &graphs, environment, faults))
        .collect();
    let uses: Vec<Use<'_>> = functions::unfold(&sheets, faults);
    let (program, places) = lay::lay(&uses, faults);
    cycles::check(&uses, &places, &program, faults);
    idle::warn_unavailable(&sheets, faults);
    program
}
