//! Scenes that set each other as soon as they begin, perhaps for ever: that is told, as it takes all the time there is.

use std::time::{Duration, Instant};

/// After so many changes in a row it is told.
const MOST: u32 = 1000;

/// The scenes of so many changes are named.
const NAMED: u32 = 20;

/// How long nothing more is told.
const PAUSE: Duration = Duration::from_secs(60);

/// The changes of scenes of which each was wished for at the beginning of the scenes before.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Whether scenes begin now, or are told of; whoever wishes for others now goes on with the row.
    pub(super) is_of_scenes: bool,
    /// Whether the next change was wished for so.
    goes_on: bool,
    count: u32,
    /// Those that began last in a long row.
    names: Vec<String>,
    told: Option<Instant>,
}

impl Turns {
    /// A node wishes for other scenes.
    pub(super) fn wish(&mut self) {
        self.goes_on |= self.is_of_scenes;
    }

    /// These scenes begin; what is to be told, if anything is.
    pub(super) fn take(&mut self, scenes: &[String]) -> Option<String> {
        if !std::mem::take(&mut self.goes_on) {
            self.count = 0;
            self.names.clear();
        }
        self.count = self.count.saturating_add(1);
        if self.count > MOST || self.count <= MOST - NAMED {
            return None;
        }
        self.names.extend_from_slice(scenes);
        let is_silent = self.told.is_some_and(|told| told.elapsed() < PAUSE);
        if self.count < MOST || is_silent {
            return None;
        }
        self.told = Some(Instant::now());
        let (last, before) = self.names.split_last()?;
        let turn = before.iter().rposition(|name| name == last).unwrap_or(0);
        let names: Vec<String> = self.names[turn..]
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        Some(format!(
            "scenes set each other {MOST} times without an event in between: {}; put a Start Timeout before one of the nodes \
             that do so",
            names.join(" → ")
        ))
    }
}
