//! Texts with a unit: durations and sizes, and how they are written again.
//!
//! A bare number is refused: nobody remembers which file means seconds and which milliseconds.

use std::time::Duration;

use crate::config::code::Code;

use super::Fault;

/// `250ms`, `5s`, `1m`, `2h`: one whole number, one unit.
pub(in crate::config) fn duration(text: &str) -> Result<Duration, Fault> {
    let fault = |label, help: String| Fault::new(Code::Duration, format!("{text:?} is not a duration"), label, help);
    let (number, unit) = split_quantity(text);
    let Ok(number) = number.parse::<u64>() else {
        return Err(fault("", "write a whole number and a unit: \"250ms\", \"5s\", \"1m\", \"2h\"".to_owned()));
    };
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" => return Err(fault("the unit is missing", format!("write \"{number}s\" or \"{number}ms\""))),
        _ => return Err(fault("", "the units are ms, s, m and h, and there is one of them: \"90m\"".to_owned())),
    };
    Ok(Duration::from_millis(number.saturating_mul(millis)))
}

/// In the largest unit that divides it, but for a minute, which people write as 60 s.
pub(in crate::config) fn show_duration(time: Duration) -> String {
    let millis = time.as_millis();
    match millis {
        0 | 60_000 => format!("{}s", millis / 1_000),
        _ if millis.is_multiple_of(3_600_000) => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

/// `512B`, `16KiB`, `1MiB`, `2GiB`.
pub(in crate::config) fn size(text: &str) -> Result<u64, Fault> {
    let fault = |label, help: String| Fault::new(Code::Size, format!("{text:?} is not a size"), label, help);
    let (number, unit) = split_quantity(text);
    let Ok(number) = number.parse::<u64>() else {
        return Err(fault("", "write a whole number and a unit: \"512B\", \"16KiB\", \"1MiB\", \"2GiB\"".to_owned()));
    };
    let bytes = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "" => return Err(fault("the unit is missing", format!("write \"{number}B\" or \"{number}KiB\""))),
        _ => return Err(fault("", "the units are B, KiB, MiB and GiB; 1KiB is 1024 bytes".to_owned())),
    };
    Ok(number.saturating_mul(bytes))
}

pub(in crate::config) fn show_size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let whole = units.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{bytes}B"), |(name, unit)| format!("{}{name}", bytes / unit))
}

fn split_quantity(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

pub(in crate::config) const DURATION: &str = "^[0-9]+(ms|s|m|h)$";
pub(in crate::config) const SIZE: &str = "^[0-9]+(B|KiB|MiB|GiB)$";
