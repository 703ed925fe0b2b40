//! What happens to a connection, each way on its own.

use std::time::Duration;

use crate::random::Random;

/// What happens to one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the client sends.
    pub to_server: Flow,
    /// What the server sends.
    pub to_client: Flow,
}

/// What happens to the bytes of one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// How long each chunk waits.
    pub delay: Duration,
    /// Bytes are handed on in chunks of 1 to so many; `None`: as they come.
    pub chunk: Option<usize>,
    /// Where the sizes of chunks come from.
    pub seed: u64,
    /// After exactly so many bytes this happens.
    pub end: Option<(u64, End)>,
}

/// How a direction ends. A close and a reset end the other one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Both sides see the end of the stream.
    Close,
    /// Both sides see a reset (TCP RST).
    Reset,
    /// Nothing passes any more, and nobody is told. The other direction goes on.
    Stall,
}

impl Plan {
    /// Everything passes.
    pub const fn calm() -> Self {
        Self {
            to_server: Flow::calm(),
            to_client: Flow::calm(),
        }
    }

    /// One of all that can happen, always the same for a seed: an end within `length` bytes in one direction, small
    /// chunks or none, a short delay or none.
    pub fn random(seed: u64, length: u64) -> Self {
        let mut random = Random::new(seed);
        let mut flow = || Flow {
            delay: Duration::from_micros([0, 0, 0, 500][random.below(4) as usize]),
            chunk: [None, Some(1), Some(7), Some(100)][random.below(4) as usize],
            seed: random.next(),
            end: None,
        };
        let mut plan = Self {
            to_server: flow(),
            to_client: flow(),
        };
        let kind = [End::Close, End::Reset, End::Stall][random.below(3) as usize];
        let end = Some((random.below(length.max(1)), kind));
        match random.below(2) {
            0 => plan.to_server.end = end,
            _ => plan.to_client.end = end,
        }
        plan
    }
}

impl Flow {
    /// Everything passes.
    pub const fn calm() -> Self {
        Self {
            delay: Duration::ZERO,
            chunk: None,
            seed: 0,
            end: None,
        }
    }

    /// After exactly so many bytes, this end.
    pub const fn ending(mut self, after: u64, end: End) -> Self {
        self.end = Some((after, end));
        self
    }

    /// In chunks of 1 to `longest` bytes.
    pub const fn dribbled(mut self, longest: usize, seed: u64) -> Self {
        self.chunk = Some(longest);
        self.seed = seed;
        self
    }

    /// Each chunk waits so long.
    pub const fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}
