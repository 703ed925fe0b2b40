//! Format, FormatArray: a subset of printf, `%[width][.precision]type` with the types c d e f i o s u x, and `%%`.

use std::fmt::Write;

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{ALL_TYPES, check_bytes, count, limits};

const PATTERN: Socket = Socket::data("pattern", "Pattern", DataType::String)
    .help("%s any value, %d or %i or %u an Int, %x and %o the same in hexadecimal and octal, %f and %e a number, %c a character; %5.1f is five wide with one decimal, %% is a percent sign.");
const FORMATTED: Socket = Socket::data("formatted", "Formatted", DataType::String);

pure! {
    FORMAT = NodeType::action("string.format", "Format")
        .category("String")
        .help("The pattern with its parameters in place of its percent signs.")
        .attributes(&[
            count(1, "How many parameters."),
            Attribute::choice("data_type", "Data Type", ALL_TYPES).repeated("count"),
        ])
        .inputs(&[PATTERN, Socket::typed_by("parameter", "Parameter", "data_type").repeated("count")])
        .outputs(&[FORMATTED]),
    |call| {
        let formatted = format(call.text(0)?, call.inputs().skip(1))?;
        call.set(0, formatted);
        Ok(())
    };

    FORMAT_ARRAY = NodeType::action("string.format_array", "FormatArray")
        .category("String")
        .help("The pattern with the elements of an array in place of its percent signs.")
        .inputs(&[PATTERN, Socket::data("values", "Values", DataType::Array)])
        .outputs(&[FORMATTED]),
    |call| {
        let formatted = format(call.text(0)?, call.array(1)?.iter())?;
        call.set(0, formatted);
        Ok(())
    };
}

/// What stands behind a percent sign.
#[derive(Default)]
struct Place {
    width: usize,
    precision: Option<usize>,
}

fn format<'a>(pattern: &str, mut values: impl Iterator<Item = &'a Value>) -> Result<String, NodeError> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        let (place, kind, after) = place(behind)?;
        rest = after;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = values.next().ok_or_else(|| format!("`{pattern}` has more places than there are values"))?;
        let text = text(value, kind, place.precision)?;
        let missing = place.width.saturating_sub(text.chars().count());
        out.extend(std::iter::repeat_n(' ', missing));
        out.push_str(&text);
        check_bytes("the text", out.len())?;
    }
    out.push_str(rest);
    Ok(out)
}

/// Width, precision and type at the beginning of the text, and what follows.
fn place(text: &str) -> Result<(Place, char, &str), NodeError> {
    let mut place = Place::default();
    let (width, rest) = number(text)?;
    place.width = width.unwrap_or(0);
    let mut rest = rest;
    if let Some(behind) = rest.strip_prefix('.') {
        let (precision, behind) = number(behind)?;
        place.precision = Some(precision.unwrap_or(0));
        rest = behind;
    }
    let mut characters = rest.chars();
    let kind = characters.next().filter(|kind| "%cdefiosux".contains(*kind));
    let kind = kind.ok_or("a `%` needs one of c d e f i o s u x behind it, or another `%`")?;
    Ok((place, kind, characters.as_str()))
}

fn number(text: &str) -> Result<(Option<usize>, &str), NodeError> {
    /// Wider is nothing that anybody reads.
    const MOST: usize = 10_000;
    let end = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let number = digits.parse().ok().filter(|&number| number <= MOST);
    let number = number.ok_or_else(|| format!("`{digits}` is too large; expected {MOST} at most"))?;
    Ok((Some(number), rest))
}

fn text(value: &Value, kind: char, precision: Option<usize>) -> Result<String, NodeError> {
    let mismatch = || NodeError::new(format!("`%{kind}` cannot show {}", value.data_type()));
    let int = || match value {
        Value::Int(value) => Ok(*value),
        Value::Byte(value) => Ok(i64::from(*value)),
        // What has no decimals, or only such as are cut off.
        Value::Float(value) if value.is_finite() => Ok(*value as i64),
        _ => Err(mismatch()),
    };
    let float = || match value {
        Value::Float(value) => Ok(*value),
        Value::Int(value) => Ok(*value as f64),
        Value::Byte(value) => Ok(f64::from(*value)),
        _ => Err(mismatch()),
    };
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = match kind {
        'd' | 'i' | 'u' => write!(out, "{}", int()?),
        'x' => write!(out, "{:x}", int()?),
        'o' => write!(out, "{:o}", int()?),
        'f' => write!(out, "{:.*}", precision.unwrap_or(6), float()?),
        'e' => write!(out, "{}", exponential(float()?, precision.unwrap_or(6))),
        'c' => match value {
            Value::String(text) => write!(out, "{}", text.chars().next().map_or(String::new(), String::from)),
            _ => {
                let character = u32::try_from(int()?).ok().and_then(char::from_u32);
                write!(out, "{}", character.ok_or_else(mismatch)?)
            }
        },
        _ => {
            let text = limits::text(value)?;
            let shown: String = text.chars().take(precision.unwrap_or(usize::MAX)).collect();
            write!(out, "{shown}")
        }
    };
    Ok(out)
}

/// As C has it: the exponent has a sign and at least two digits.
fn exponential(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}
