//! MessagePack's timestamps as the text that JSON makes of a JavaScript Date: `2026-11-22T10:20:30.500Z`.

/// The number of the extension type.
pub(crate) const TYPE: i8 = -1;

/// The text; nothing if the bytes are no timestamp (MessagePack specification, "Timestamp extension type") or one outside
/// of the years 0 to 9999.
pub(crate) fn to_text(bytes: &[u8]) -> Option<String> {
    let (seconds, nanos) = match bytes.len() {
        4 => (i64::from(u32::from_be_bytes(bytes.try_into().ok()?)), 0),
        8 => {
            let both = u64::from_be_bytes(bytes.try_into().ok()?);
            ((both & ((1 << 34) - 1)) as i64, (both >> 34) as u32)
        }
        12 => {
            let (nanos, seconds) = bytes.split_at(4);
            let nanos = u32::from_be_bytes(nanos.try_into().ok()?);
            (i64::from_be_bytes(seconds.try_into().ok()?), nanos)
        }
        _ => return None,
    };
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(day)?;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let millis = nanos / 1_000_000;
    (millis < 1000)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"))
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn date(day: i64) -> Option<(i64, i64, i64)> {
    // Years begin in March here, so that the leap day is the last; eras of 400 years have 146 097 days.
    let day = day.checked_add(719_468)?;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    (0..10_000).contains(&year).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_of_each_size() {
        for (seconds, text) in [
            (0_u32, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (4_102_444_799, "2099-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(to_text(&seconds.to_be_bytes()).as_deref(), Some(text));
        }
        let eight = (500_000_000_u64 << 34) | 86_399;
        assert_eq!(
            to_text(&eight.to_be_bytes()).as_deref(),
            Some("1970-01-01T23:59:59.500Z")
        );
        let twelve = |seconds: i64| [&1_000_000_u32.to_be_bytes()[..], &seconds.to_be_bytes()].concat();
        assert_eq!(to_text(&twelve(-1)).as_deref(), Some("1969-12-31T23:59:59.001Z"));
        assert_eq!(
            to_text(&twelve(-62_167_219_200)).as_deref(),
            Some("0000-01-01T00:00:00.001Z")
        );
    }

    #[test]
    fn what_is_no_timestamp_has_no_text() {
        assert_eq!(to_text(&[]), None);
        assert_eq!(to_text(&[0; 5]), None);
        assert_eq!(to_text(&[&[0; 4][..], &i64::MAX.to_be_bytes()].concat()), None);
        assert_eq!(to_text(&[0xff; 8]), None);
    }
}
