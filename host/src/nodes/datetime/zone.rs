//! Time zones by their names in the IANA database: the system's, or else the one that is built in.

use jiff::{
    Timestamp,
    civil::date,
    tz::{Offset, TimeZone},
};
use pulsewire_plugin_api::describe::{Attribute, Literal};
use pulsewire_plugin_api::value::DataType;

/// The attribute that names a zone.
pub(super) const fn named(id: &'static str, name: &'static str) -> Attribute {
    Attribute::new(id, name, DataType::String)
        .default(Literal::Str("UTC"))
        .help("A name of the IANA database, such as Europe/Berlin or UTC.")
}

/// The zone that the attribute `id` names.
pub(super) fn zone(id: &str, name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("attribute `{id}`: there is no time zone `{name}`; expected a name such as Europe/Berlin"))
}

/// The zone's offset from UTC this year outside daylight saving time.
pub(super) fn standard_offset(zone: &TimeZone) -> Offset {
    let year = zone.to_datetime(Timestamp::now()).year();
    // Summer is at one of them, on whichever half of the earth.
    let at = |month| zone.to_offset(TimeZone::UTC.to_timestamp(date(year, month, 1).at(0, 0, 0, 0)).unwrap_or_default());
    at(1).min(at(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_time_is_that_of_winter_on_both_halves() {
        for (name, hours) in [("UTC", 0), ("Europe/Berlin", 1), ("Australia/Sydney", 10), ("Asia/Tokyo", 9)] {
            let zone = zone("value", name).unwrap();
            assert_eq!(standard_offset(&zone).seconds(), hours * 3600, "{name}");
        }
        assert!(zone("value", "Europe/Berln").unwrap_err().contains("no time zone `Europe/Berln`"));
    }
}
