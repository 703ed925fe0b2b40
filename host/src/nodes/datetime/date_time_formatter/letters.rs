//! The letters of a format: those of PHP's `date` that the page of Date Time Formatter lists.

use std::fmt::Write;

use jiff::{civil::DateTime, tz::Offset};
use pulsewire_plugin_api::NodeError;

use crate::nodes::check_bytes;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A time of day in a zone.
pub(super) struct Moment {
    time: DateTime,
    offset: Offset,
    zone: String,
}

impl Moment {
    /// Without a name the zone is called by its offset.
    pub(super) fn new(time: DateTime, offset: Offset, zone: Option<String>) -> Self {
        let zone = zone.unwrap_or_else(|| match offset.seconds() {
            0 => "UTC".to_owned(),
            _ => distance(offset, ":"),
        });
        Self { time, offset, zone }
    }

    pub(super) fn format(&self, format: &str) -> Result<String, NodeError> {
        let mut text = String::with_capacity(format.len());
        for letter in format.chars() {
            self.letter(letter, &mut text);
            check_bytes("the text", text.len())?;
        }
        Ok(text)
    }

    fn letter(&self, letter: char, text: &mut String) {
        let time = self.time;
        let day_name = DAYS[time.weekday().to_monday_zero_offset() as usize];
        let month_name = MONTHS[time.month() as usize - 1];
        let hour = (time.hour() + 11) % 12 + 1;
        let half = if time.hour() < 12 { "AM" } else { "PM" };
        // Writing to a `String` cannot fail.
        let _ = match letter {
            'd' => write!(text, "{:02}", time.day()),
            'j' => write!(text, "{}", time.day()),
            'l' => write!(text, "{day_name}"),
            'D' => write!(text, "{day_name:.3}"),
            'm' => write!(text, "{:02}", time.month()),
            'n' => write!(text, "{}", time.month()),
            'F' => write!(text, "{month_name}"),
            'M' => write!(text, "{month_name:.3}"),
            'Y' => write!(text, "{:04}", time.year()),
            'y' => write!(text, "{:02}", time.year().rem_euclid(100)),
            'a' => write!(text, "{}", half.to_ascii_lowercase()),
            'A' => write!(text, "{half}"),
            'g' => write!(text, "{hour}"),
            'h' => write!(text, "{hour:02}"),
            'G' => write!(text, "{}", time.hour()),
            'H' => write!(text, "{:02}", time.hour()),
            'i' => write!(text, "{:02}", time.minute()),
            's' => write!(text, "{:02}", time.second()),
            'T' => write!(text, "{}", self.zone),
            'c' => {
                "Y-m-d".chars().for_each(|letter| self.letter(letter, text));
                text.push('T');
                "H:i:s".chars().for_each(|letter| self.letter(letter, text));
                write!(text, "{}", distance(self.offset, ":"))
            }
            'r' => {
                "D, d M Y H:i:s ".chars().for_each(|letter| self.letter(letter, text));
                write!(text, "{}", distance(self.offset, ""))
            }
            other => write!(text, "{other}"),
        };
    }
}

/// `+02:00`, with this between hours and minutes.
fn distance(offset: Offset, between: &str) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
}
