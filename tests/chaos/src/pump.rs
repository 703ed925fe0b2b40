//! Bytes of one direction, from one socket to the other.

use std::io;

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

/// Hands bytes on until the end of the stream (`None`), or until the script ends it. `passed` hears of each chunk.
pub(crate) async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    flow: &Flow,
    passed: impl Fn(usize),
) -> io::Result<Option<End>> {
    let mut random = Random::new(flow.seed);
    let mut buffer = vec![0; BUFFER];
    let mut left = flow
        .end
        .map(|(after, end)| (usize::try_from(after).unwrap_or(usize::MAX), end));
    loop {
        if let Some((0, end)) = left {
            return Ok(Some(end));
        }
        let room = left.map_or(BUFFER, |(bytes, _)| bytes.min(BUFFER));
        let count = from.read(&mut buffer[..room]).await?;
        if count == 0 {
            to.shutdown().await?;
            return Ok(None);
        }
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
        if let Some((bytes, _)) = &mut left {
            *bytes -= count;
        }
    }
}
