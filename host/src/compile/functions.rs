//! Functions unfolded: each call gets the function's graph for itself, with nodes, slots and variables of its own.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use pulsewire_plugin_api::manifest::Scope;

use super::sheet::{Draft, Role, Sheet};
use crate::diagnostics::Faults;

/// How many nodes a project may have when its functions are unfolded. Each function that calls another twice doubles
/// their number.
const MOST_NODES: usize = 250_000;

/// How many calls may lie within each other. The console's name of the innermost is as long as the way to it.
const DEEPEST: usize = 100;

/// One use of a sheet in the program: those of the project and the scenes are used once, a function's by every call.
pub(super) struct Use<'a> {
    pub(super) sheet: &'a Sheet<'a>,
    /// What the console calls it: `project`, `scenes/hall`, and within a call of `project` by the node `connect`,
    /// `project/connect`.
    pub(super) path: Arc<str>,
    /// The use, and the draft in it, that calls this one.
    pub(super) caller: Option<(usize, usize)>,
    /// The uses that its own calls lead to, by their drafts.
    pub(super) calls: HashMap<usize, usize>,
    /// How many calls it lies in.
    depth: usize,
}

impl<'a> Use<'a> {
    /// The name of a variable that the graph names `name`, as [`Program::variables`](super::Program::variables) has it:
    /// a function's own variables are there once for each call.
    pub(super) fn variable(&self, name: &str) -> String {
        let own = name.strip_prefix(self.sheet.graph.id.as_str());
        match own.and_then(|own| own.strip_prefix('/')) {
            Some(own) => format!("{}/{own}", self.path),
            None => name.to_owned(),
        }
    }
}

/// All uses of all sheets, the project's and the scenes' first. Functions that call themselves, and too many nodes, are
/// faults; then none is unfolded.
pub(super) fn unfold<'a>(sheets: &'a [Sheet<'a>], faults: &mut Faults) -> Vec<Use<'a>> {
    let functions: HashMap<&str, &Sheet<'_>> = sheets
        .iter()
        .filter_map(|sheet| Some((sheet.graph.function_name()?, sheet)))
        .collect();
    let mut uses = roots(sheets);
    if !refuse_recursion(&functions, faults) {
        return uses;
    }
    let mut count: usize = uses.iter().map(|one| one.sheet.drafts.len()).sum();
    let mut paths: HashSet<Arc<str>> = uses.iter().map(|one| Arc::clone(&one.path)).collect();
    let mut told = HashSet::new();
    let mut at = 0;
    while let Some(caller) = uses.get(at) {
        let sheet = caller.sheet;
        for (draft_at, draft) in sheet.drafts.iter().enumerate() {
            let Some(function) = called(draft).and_then(|name| functions.get(name)) else {
                continue;
            };
            if uses[at].depth == DEEPEST {
                let message = format!("more than {DEEPEST} calls of functions lie within each other");
                faults.push(
                    draft
                        .fault(message)
                        .hint("let functions call fewer others in turn"),
                );
                return roots(sheets);
            }
            count += function.drafts.len();
            if count > MOST_NODES {
                let message =
                    format!("with all functions unfolded, the project has more than {MOST_NODES} nodes");
                let hint = "a function that calls others several times repeats all their nodes so many times";
                faults.push(draft.fault(message).hint(hint));
                return roots(sheets);
            }
            let path: Arc<str> = Arc::from(format!("{}/{}", uses[at].path, draft.node.id.value));
            if !paths.insert(Arc::clone(&path)) {
                // Once, however often the function itself is called.
                if !told.insert((sheet.graph.id.as_str(), draft_at)) {
                    continue;
                }
                let message = format!("the console would call two calls `{path}`");
                faults.push(draft.fault(message).hint("rename the node, without `/`"));
                continue;
            }
            let callee = uses.len();
            uses[at].calls.insert(draft_at, callee);
            uses.push(Use {
                sheet: function,
                path,
                caller: Some((at, draft_at)),
                calls: HashMap::new(),
                depth: uses[at].depth + 1,
            });
        }
        at += 1;
    }
    uses
}

fn roots<'a>(sheets: &'a [Sheet<'a>]) -> Vec<Use<'a>> {
    let roots = sheets.iter().filter(|sheet| sheet.graph.scope != Scope::Function);
    roots
        .map(|sheet| Use {
            sheet,
            path: Arc::from(sheet.graph.id.as_str()),
            caller: None,
            calls: HashMap::new(),
            depth: 0,
        })
        .collect()
}

fn called<'d>(draft: &'d Draft<'_>) -> Option<&'d str> {
    match &draft.role {
        Role::Call(name) => Some(name),
        _ => None,
    }
}

/// Whether no function calls itself, directly or through others. Every ring is named once, at a call in it.
fn refuse_recursion(functions: &HashMap<&str, &Sheet<'_>>, faults: &mut Faults) -> bool {
    let mut names: Vec<&str> = functions.keys().copied().collect();
    names.sort_unstable();
    let mut done = HashSet::new();
    let found = faults.len();
    for start in names {
        // The way to where we are: functions, and the next of their drafts to look at.
        let mut way = vec![(start, 0)];
        while let Some((name, next)) = way.last_mut() {
            let (name, sheet) = (*name, functions[*name]);
            let Some(draft) = sheet.drafts.get(*next).filter(|_| !done.contains(name)) else {
                done.insert(name);
                way.pop();
                continue;
            };
            *next += 1;
            let Some((callee, _)) = called(draft).and_then(|callee| functions.get_key_value(callee)) else {
                continue;
            };
            match way.iter().position(|(on_way, _)| on_way == callee) {
                None => way.push((callee, 0)),
                Some(first) => {
                    let ring = way[first..].iter().map(|(name, _)| *name).chain([*callee]);
                    let ring: Vec<&str> = ring.collect();
                    let message = format!("function `{callee}` calls itself: {}", ring.join(" → "));
                    let hint = "a call takes the function's whole graph in; for a repetition use a loop";
                    faults.push(draft.fault(message).hint(hint));
                }
            }
        }
    }
    faults.len() == found
}
