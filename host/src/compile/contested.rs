//! Variables whose value depends on the order of the file: several listeners of one event set them.
//!
//! Listeners of one event run one after the other, so what the last one sets is what stays. That is rarely meant, and
//! never seen in an editor, which shows no order. Setters behind a choice do not count: listeners that first look whose
//! turn it is are the usual way to share an event.

use std::collections::{BTreeMap, HashMap, HashSet};

use pulsewire_plugin_api::value::Value;

use super::{Program, functions::Use, lay::Place, sheet::Draft};
use crate::{
    diagnostics::{Fault, Faults, Severity},
    nodes::{ON_INITIALIZE, SEQUENTIAL, VARIABLE_SETTER},
};

/// Warns once of each such variable, at the node that sets it last.
pub(super) fn warn(uses: &[Use<'_>], places: &[Vec<Place>], program: &Program, faults: &mut Faults) {
    let drafts = uses.iter().zip(places);
    let drafts = drafts.flat_map(|(one, places)| one.sheet.drafts.iter().zip(places));
    let drafts = drafts.filter(|(_, place)| place.number.is_some());
    let by_number: Vec<&Draft<'_>> = drafts.map(|(draft, _)| draft).collect();
    let mut events: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for listener in &program.listeners {
        let event = (listener.node_type.as_str(), listener.key.as_str());
        // A scene that does not start with the project begins when nodes say so, at another time.
        if listener.node_type == ON_INITIALIZE && !by_number[listener.node as usize].graph.start {
            continue;
        }
        events.entry(event).or_default().push(listener.node);
    }
    let mut contested = BTreeMap::new();
    for listeners in events.into_values().filter(|listeners| listeners.len() > 1) {
        // Who was the first to set a variable: its listener and its setter.
        let mut firsts: HashMap<String, (u32, u32)> = HashMap::new();
        // What a listener before came to is looked at once: it is the same place for both.
        let mut seen = HashSet::new();
        for listener in listeners {
            for (setter, variable) in setters(listener, program, &mut seen) {
                let &mut (by, first) = firsts.entry(variable.clone()).or_insert((listener, setter));
                // One node for several listeners is one place, where everybody sees it.
                if by != listener && first != setter {
                    contested.insert(variable, (first, setter));
                }
            }
        }
    }
    for (variable, (first, last)) in contested {
        let (first, last) = (by_number[first as usize], by_number[last as usize]);
        if std::ptr::eq(first, last) {
            // A function that both call.
            continue;
        }
        let line = first.graph.source.line(first.node.id.span.start);
        let place = format!("{}:{line}", first.graph.source.path.display());
        let name = variable
            .rsplit_once('/')
            .map_or(variable.as_str(), |(_, name)| name);
        let message = format!(
            "`{}` ({place}) sets variable `{name}` at the same event, in another branch; what `{}` sets stays",
            first.node.id.value, last.node.id.value
        );
        let fault = last
            .fault(message)
            .hint("set it in one branch only, or use two variables");
        faults.push(Fault {
            severity: Severity::Warning,
            ..fault
        });
    }
}

/// The nodes not seen before that a pulse from `first` comes to in any case and that set a variable, with the variable.
fn setters(first: u32, program: &Program, seen: &mut HashSet<u32>) -> Vec<(u32, String)> {
    let (mut open, mut setters) = (vec![first], Vec::new());
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let (place, info) = (&program.nodes[at as usize], &program.infos[at as usize]);
        if let Some(Value::String(variable)) = info.attributes.get("variable")
            && *info.node_type == *VARIABLE_SETTER
        {
            setters.push((at, variable.to_string()));
        }
        if place.next_count > 1 && *info.node_type != *SEQUENTIAL {
            continue;
        }
        let next = &program.next[place.first_next as usize..][..place.next_count as usize];
        open.extend(
            next.iter()
                .filter(|target| !target.is_none())
                .map(|target| target.node),
        );
    }
    setters.sort_unstable();
    setters
}
