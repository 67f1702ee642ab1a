//! Dates as text: what the Date field wants, and what the log does.
//!
//! Pure functions of a time, so that both say the same of one moment. Home of httpdate, which knows calendars; the
//! other form is taken from its words.

use std::io::Write;
use std::str;
use std::time::{SystemTime, UNIX_EPOCH};

/// `Fri, 20 Nov 2026 06:38:00 GMT` (RFC 9110, section 5.6.7).
pub(crate) fn http_date(time: SystemTime) -> [u8; 29] {
    let mut text = [b' '; 29];
    // A date of any year that httpdate knows fits; into an array, because it is asked for by requests.
    let _ = write!(&mut text[..], "{}", httpdate::HttpDate::from(time));
    text
}

/// `2026-11-20T06:38:00.250Z` (RFC 3339).
pub(crate) fn timestamp(time: SystemTime) -> [u8; 24] {
    let date = http_date(time);
    let part = |from: usize, to: usize| str::from_utf8(&date[from..to]).unwrap_or_default();
    let month = MONTHS.iter().position(|name| *name == part(8, 11)).map_or(0, |month| month + 1);
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_millis());
    let mut text = [b' '; 24];
    let (year, day, clock) = (part(12, 16), part(5, 7), part(17, 25));
    let _ = write!(&mut text[..], "{year}-{month:02}-{day}T{clock}.{millis:03}Z");
    text
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn both_texts_say_the_same_of_one_moment() {
        for (millis, date, stamp) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
            (951_826_210_007, "Tue, 29 Feb 2000 12:10:10 GMT", "2000-02-29T12:10:10.007Z"),
            (1_795_156_680_250, "Fri, 20 Nov 2026 06:38:00 GMT", "2026-11-20T06:38:00.250Z"),
            (4_102_444_799_999, "Thu, 31 Dec 2099 23:59:59 GMT", "2099-12-31T23:59:59.999Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(str::from_utf8(&http_date(time)), Ok(date));
            assert_eq!(str::from_utf8(&timestamp(time)), Ok(stamp));
        }
    }
}
