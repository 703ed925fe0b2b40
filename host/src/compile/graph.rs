//! The compiler's passes over all graphs.

use std::{
    borrow::Borrow,
    collections::{BTreeSet, HashSet},
};

use super::{
    Environment, Program, contested, cycles,
    functions::{self, Use},
    idle, lay,
    names::Names,
    sheet::Sheet,
};
use crate::{diagnostics::Faults, logic::Graph};

/// Compiles the graphs of a project. The program is only fit to run if `faults` holds no error afterwards.
pub fn compile(graphs: &[impl Borrow<Graph>], environment: &Environment<'_>, faults: &mut Faults) -> Program {
    let graphs: Vec<&Graph> = graphs.iter().map(Borrow::borrow).collect();
    #[cfg(test)]
    counted::add(&counted::CHECKED, graphs.len());
    let read: HashSet<&str> = graphs.iter().map(|graph| graph.id.as_str()).collect();
    // What could not be read has been reported, and is not missing.
    let unread: BTreeSet<String> = faults
        .iter()
        .filter_map(|fault| fault.graph.clone())
        .filter(|id| !read.contains(id.as_str()))
        .collect();
    let names = Names::new(&graphs, unread, environment.settings_names);
    let sheets: Vec<Sheet<'_>> = graphs
        .iter()
        .map(|graph| {
            let sheet = Sheet::new(graph, &names, environment, faults);
            sheet.check(faults);
            sheet
        })
        .collect();
    let uses: Vec<Use<'_>> = functions::unfold(&sheets, faults);
    let (program, places) = lay::lay(&uses, faults);
    cycles::check(&uses, &places, &program, faults);
    contested::warn(&uses, &places, &program, faults);
    idle::warn_unavailable(&sheets, environment.toolbox, faults);
    program
}

/// The program of those graphs that `runs` picks. All of them were found sound together, so nothing is checked again.
pub fn link(graphs: &[Graph], runs: impl Fn(&Graph) -> bool, environment: &Environment<'_>) -> Program {
    let all: Vec<&Graph> = graphs.iter().collect();
    let names = Names::new(&all, BTreeSet::new(), environment.settings_names);
    let mut faults = Faults::default();
    let running = graphs.iter().filter(|graph| runs(graph));
    let sheets: Vec<Sheet<'_>> = running
        .map(|graph| Sheet::new(graph, &names, environment, &mut faults))
        .collect();
    #[cfg(test)]
    counted::add(&counted::LINKED, sheets.len());
    lay::lay(&functions::unfold(&sheets, &mut faults), &mut faults).0
}

/// How many graphs this thread has compiled, for tests of what need not be compiled.
#[cfg(test)]
pub(crate) mod counted {
    use std::{cell::Cell, thread::LocalKey};

    thread_local! {
        /// With all checks.
        pub(crate) static CHECKED: Cell<usize> = const { Cell::new(0) };
        /// Without.
        pub(crate) static LINKED: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn add(count: &'static LocalKey<Cell<usize>>, graphs: usize) {
        count.set(count.get() + graphs);
    }
}
