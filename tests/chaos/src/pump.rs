//! Bytes of one direction, from one socket to the other.

use std::{cell::Cell, io, rc::Rc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::{ReadHalf, WriteHalf},
    task::yield_now,
    time::sleep,
};

use crate::{
    plan::{End, Flow},
    random::Random,
};

/// Most bytes that are read at once.
const BUFFER: usize = 16 << 10;

/// How many bytes may pass, and what comes then; all connections of a conversation share it. `None`: nothing comes any more.
pub(crate) type Budget = Rc<Cell<Option<(u64, End)>>>;

/// Hands bytes on until the end of the stream (`None`), or until the script ends it. `passed` hears of each chunk.
pub(crate) async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    flow: &Flow,
    budget: Budget,
    passed: impl Fn(usize),
) -> io::Result<Option<End>> {
    let mut random = Random::new(flow.seed);
    let mut buffer = vec![0; BUFFER];
    if let Some((0, end)) = budget.get() {
        budget.set(None);
        return Ok(Some(end));
    }
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            to.shutdown().await?;
            return Ok(None);
        }
        // Only now is it known what others of the conversation have left.
        let (count, end) = match budget.get() {
            Some((left, end)) if left <= count as u64 => {
                budget.set(None);
                (left as usize, Some(end))
            }
            Some((left, end)) => {
                budget.set(Some((left - count as u64, end)));
                (count, None)
            }
            None => (count, None),
        };
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let size = match flow.chunk {
                Some(longest) => 1 + random.below(longest.max(1) as u64) as usize,
                None => rest.len(),
            };
            let (chunk, behind) = rest.split_at(size.min(rest.len()));
            rest = behind;
            if !flow.delay.is_zero() {
                sleep(flow.delay).await;
            }
            to.write_all(chunk).await?;
            passed(chunk.len());
            if flow.chunk.is_some() {
                // The reader gets a chance to see this chunk alone.
                yield_now().await;
            }
        }
        if end.is_some() {
            return Ok(end);
        }
    }
}
