//! Now (UTC): the time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use pulsewire_plugin_api::prelude::*;

pure! {
    NODE = NodeType::action("datetime.now_utc", "Now (UTC)")
        .category("DateTime")
        .help("Milliseconds since 1970-01-01 00:00 UTC, plus Offset. They jump when the clock is set.")
        .inputs(&[Socket::data("offset_ms", "Offset (ms)", DataType::Int)])
        .outputs(&[Socket::data("utc_unix_ms", "UTC Unix (ms)", DataType::Int)]),
    |call| {
        let now = SystemTime::now();
        let millis = match now.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_millis() as i64,
            Err(before) => -(before.duration().as_millis() as i64),
        };
        let offset = call.int(0)?;
        call.set(0, millis.saturating_add(offset));
        Ok(())
    };
}
