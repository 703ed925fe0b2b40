//! Times on the command line.

use std::time::Duration;

/// The longest time, a hundred years: a moment so far away can still be worked out, on every system.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// `500ms`, `10s`, `5m`, `2h`; a number alone is seconds.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected one number and one of ms, s, m, h, such as `90s`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(expected()),
    };
    let is_number = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: f64 = digits.parse().ok().filter(|_| is_number).ok_or_else(expected)?;
    let duration = Duration::try_from_secs_f64(number * factor).ok();
    let duration = duration.filter(|duration| *duration <= LONGEST);
    duration.ok_or_else(|| "the time is too long, expected at most a hundred years".to_owned())
}

/// As [`parse_duration`], for what something may take: nothing is done in no time.
pub(super) fn parse_limit(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("expected more than 0".to_owned()),
        limit => Ok(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("10"), Ok(Duration::from_secs(10)));
        for wrong in [
            "", "s", "10x", "-1s", "NaN", "infs", "1e4s", "1m30s", "1 m", "1.2.3s", "1h30",
        ] {
            let message = parse_duration(wrong).unwrap_err();
            assert!(
                message.starts_with("expected one number and one of ms, s, m, h"),
                "{wrong}: {message}"
            );
        }
    }

    #[test]
    fn durations_that_nobody_outlives_are_refused() {
        assert_eq!(parse_duration("876000h"), Ok(LONGEST));
        for wrong in [
            "876001h".to_owned(),
            format!("{}h", "9".repeat(30)),
            "9".repeat(400),
        ] {
            let message = parse_duration(&wrong).unwrap_err();
            assert!(message.starts_with("the time is too long"), "{wrong}: {message}");
        }
    }

    #[test]
    fn limits_leave_some_time() {
        assert_eq!(parse_limit("1ms"), Ok(Duration::from_millis(1)));
        for none in ["0", "0s", "0.0000000001ms"] {
            assert_eq!(parse_limit(none).unwrap_err(), "expected more than 0", "{none}");
        }
    }
}
