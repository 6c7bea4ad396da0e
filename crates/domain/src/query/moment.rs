//! Points in time as people write them: a year, a month, a day or an instant, always in UTC.

use std::fmt;

use jiff::{Timestamp, civil::Date, civil::DateTime, tz::TimeZone};

use crate::time::UtcMicros;

/// How much of a moment was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Precision {
    Year,
    Month,
    Day,
    Minute,
    Second,
    Micros,
}

/// A written moment: it covers `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    start: UtcMicros,
    end: UtcMicros,
    precision: Precision,
}

impl Moment {
    /// Reads `2026`, `2026-11`, `2026-11-20`, `2026-11-20T14:06`, `…:31`, `…:31.204`, with `Z` or an offset such as
    /// `+01:00`; without one it is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        match text.len() {
            4 => Self::of_date(text, "-01-01", Precision::Year),
            7 => Self::of_date(text, "-01", Precision::Month),
            10 => Self::of_date(text, "", Precision::Day),
            _ => Self::of_time(text),
        }
    }

    /// The instant itself, one microsecond long.
    pub fn instant(at: UtcMicros) -> Self {
        Self { start: at, end: UtcMicros(at.0.saturating_add(1)), precision: Precision::Micros }
    }

    /// Its first microsecond.
    pub fn start(&self) -> UtcMicros {
        self.start
    }

    /// The first microsecond after it.
    pub fn end(&self) -> UtcMicros {
        self.end
    }

    fn of_date(text: &str, rest: &str, precision: Precision) -> Option<Self> {
        let digits_and_dashes = text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if !digits_and_dashes {
            return None;
        }
        let date: Date = format!("{text}{rest}").parse().ok()?;
        let start = utc_micros(date.at(0, 0, 0, 0))?;
        let next = match precision {
            Precision::Year => jiff::Span::new().years(1),
            Precision::Month => jiff::Span::new().months(1),
            _ => jiff::Span::new().days(1),
        };
        let end = date.checked_add(next).ok().and_then(|date| utc_micros(date.at(0, 0, 0, 0)));
        Some(Self { start, end: end.unwrap_or(UtcMicros(i64::MAX)), precision })
    }

    fn of_time(text: &str) -> Option<Self> {
        let (_, clock) = text.split_once(['T', 't'])?;
        let clock = clock.split(['Z', 'z', '+', '-']).next().unwrap_or_default();
        let precision = match (clock.len(), clock.contains('.')) {
            (5, false) => Precision::Minute,
            (8, false) => Precision::Second,
            (9.., true) => Precision::Micros,
            _ => return None,
        };
        let start = match text.parse::<Timestamp>() {
            Ok(timestamp) => UtcMicros(timestamp.as_microsecond()),
            Err(_) => utc_micros(text.parse::<DateTime>().ok()?)?,
        };
        let length = match precision {
            Precision::Minute => 60_000_000,
            Precision::Second => 1_000_000,
            _ => 1,
        };
        Some(Self { start, end: UtcMicros(start.0.saturating_add(length)), precision })
    }
}

fn utc_micros(civil: DateTime) -> Option<UtcMicros> {
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(UtcMicros(zoned.timestamp().as_microsecond()))
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(timestamp) = Timestamp::from_microsecond(self.start.0) else {
            return write!(f, "{}", self.start.0);
        };
        let form = match self.precision {
            Precision::Year => "%Y",
            Precision::Month => "%Y-%m",
            Precision::Day => "%Y-%m-%d",
            Precision::Minute => "%Y-%m-%dT%H:%MZ",
            Precision::Second => "%Y-%m-%dT%H:%M:%SZ",
            Precision::Micros => return write!(f, "{timestamp:.6}"),
        };
        write!(f, "{}", timestamp.strftime(form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_what_was_written() {
        for (text, start, end) in [
            ("2026", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
            ("2026-12", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
            ("2024-02-29", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
            ("2026-11-20T14:06", "2026-11-20T14:06:00.000Z", "2026-11-20T14:07:00.000Z"),
            ("2026-11-20T14:06+02:00", "2026-11-20T12:06:00.000Z", "2026-11-20T12:07:00.000Z"),
            ("2026-11-20T14:06:31Z", "2026-11-20T14:06:31.000Z", "2026-11-20T14:06:32.000Z"),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!((moment.start().to_rfc3339(), moment.end().to_rfc3339()), (start.into(), end.into()), "{text}");
            assert_eq!(Moment::parse(&moment.to_string()), Some(moment), "{text}");
        }
        let instant = Moment::parse("2026-11-20T14:06:31.204Z").unwrap();
        assert_eq!(instant, Moment::instant(instant.start()));
        assert_eq!(Moment::parse(&instant.to_string()), Some(instant));
    }

    #[test]
    fn refuses_the_rest() {
        for text in
            ["", "26", "2026-13", "2026-02-30", "2026/11/20", "2026-11-20T", "2026-11-20T25:00", "yesterday", "−026"]
        {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
