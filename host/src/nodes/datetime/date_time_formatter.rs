//! Date Time Formatter: an instant as a text.

mod letters;

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use pulsewire_plugin_api::prelude::*;

use super::zone::{named, standard_offset, zone};
use letters::Moment;

const CUSTOM: &str = "Custom";

const HOUR: i64 = 3600;

pure! {
    NODE = NodeType::action("datetime.date_time_formatter", "Date Time Formatter")
        .category("DateTime")
        .help(
            "The instant as a text. In the format d and j are the day, l and D its name, m and n the month, F and M its \
             name, Y and y the year, a and A am or pm, g and h the hour of 12, G and H of 24, i the minute, s the second, \
             T the zone; c is ISO 8601, r RFC 2822; all else stands for itself. A Timezone Offset other than 0 replaces \
             the Default Timezone, a Format that is not empty the attribute; DST adds an hour.",
        )
        .attributes(&[
            named("default_timezone", "Default Timezone"),
            Attribute::choice("default_dst", "Default DST", &["Auto", "On", "Off"])
                .help("Auto: as the Default Timezone has it at the instant."),
            Attribute::choice(
                "format_examples",
                "Format Examples",
                &["Y-m-d H:i:s", "Y-m-d", "d.m.Y", "H:i:s", "g:i A", "l, j F Y", "c", "r", CUSTOM],
            ),
            Attribute::new("custom_format", "Custom Format", DataType::String).help("Of the example Custom."),
        ])
        .inputs(&[
            Socket::data("utc_unix_ms", "UTC Unix (ms)", DataType::Int),
            Socket::data("timezone_offset_ms", "Timezone Offset (ms)", DataType::Int),
            Socket::data("dst", "DST", DataType::Bool),
            Socket::data("format", "Format", DataType::String),
        ])
        .outputs(&[Socket::data("output", "Output", DataType::String)]),
    with |build| Defaults {
        zone: zone("default_timezone", build.text("default_timezone"))?,
        dst: build.text("default_dst").into(),
        format: match build.text("format_examples") {
            CUSTOM => build.text("custom_format").into(),
            example => example.into(),
        },
    } => |defaults, call| {
        let (instant, offset, dst) = (call.int(0)?, call.int(1)?, call.bool(2)?);
        let instant = Timestamp::from_millisecond(instant)
            .map_err(|_| format!("{instant} ms are no instant of the years -9999 to 9999"))?;
        let (offset, name) = match offset {
            0 => defaults.offset(instant, dst)?,
            offset => (shifted(offset / 1000, dst || &*defaults.dst == "On")?, None),
        };
        let moment = Moment::new(offset.to_datetime(instant), offset, name);
        let format = call.text(3)?;
        let text = moment.format(if format.is_empty() { &defaults.format } else { format })?;
        call.set(0, text);
        Ok(())
    };
}

struct Defaults {
    zone: TimeZone,
    dst: Box<str>,
    format: Box<str>,
}

impl Defaults {
    /// How far the zone is from UTC, and what it is called then.
    fn offset(&self, instant: Timestamp, dst: bool) -> Result<(Offset, Option<String>), NodeError> {
        if !dst && &*self.dst == "Auto" {
            let info = self.zone.to_offset_info(instant);
            return Ok((info.offset(), Some(info.abbreviation().to_owned())));
        }
        let standard = standard_offset(&self.zone);
        let offset = shifted(standard.seconds().into(), dst || &*self.dst == "On")?;
        Ok((offset, None))
    }
}

fn shifted(seconds: i64, dst: bool) -> Result<Offset, NodeError> {
    let shifted = seconds.saturating_add(if dst { HOUR } else { 0 });
    let offset = i32::try_from(shifted).ok().and_then(|seconds| Offset::from_seconds(seconds).ok());
    offset.ok_or_else(|| format!("{shifted} seconds are no distance from UTC, expected less than 26 hours").into())
}
