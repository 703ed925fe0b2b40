//! Timezone Value: how far a zone is from UTC.

use pulsewire_plugin_api::prelude::*;

use super::zone::{named, standard_offset, zone};

const OFFSET: Socket = Socket::data("timezone_offset_ms", "Timezone Offset (ms)", DataType::Int);

pure! {
    NODE = NodeType::action("datetime.timezone_value", "Timezone Value")
        .category("DateTime")
        .help("The zone's distance from UTC in milliseconds, without daylight saving time; an input other than 0 replaces it.")
        .attributes(&[named("value", "Value")])
        .inputs(&[OFFSET])
        .outputs(&[OFFSET]),
    with |build| zone("value", build.text("value"))? => |zone, call| {
        let offset = match call.int(0)? {
            0 => i64::from(standard_offset(zone).seconds()) * 1000,
            offset => offset,
        };
        call.set(0, offset);
        Ok(())
    };
}
