//! Points in time as people write them: a year, a month, a day or an instant, and in which zone it is meant.

use std::fmt;

use jiff::{Timestamp, civil::Date, civil::DateTime, tz::TimeZone};

use crate::time::UtcMicros;

use super::zone::Zone;

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

/// Where the clock that a moment was read from hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// So many minutes east of Greenwich.
    Offset(i32),
    /// At the capture's site.
    Site,
}

/// What stands behind a moment that is meant in the zone of each capture's site.
const AT_SITE: &str = "@site";

/// A written moment: it covers `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    start: UtcMicros,
    end: UtcMicros,
    precision: Precision,
    clock: Clock,
}

impl Moment {
    /// Reads `2026`, `2026-11`, `2026-11-20`, `2026-11-20T14:06`, `…:31`, `…:31.204`, with `Z`, an offset such as
    /// `+01:00`, or `@site` for the zone of each capture's site; without any it is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        if let Some(local) = text.strip_suffix(AT_SITE) {
            let zoneless = local.find(['T', 't']).is_none_or(|time| !local[time..].contains(['Z', 'z', '+', '-']));
            let moment = if zoneless { Self::without_zone(local)? } else { return None };
            return Some(Self { clock: Clock::Site, ..moment });
        }
        Self::without_zone(text).or_else(|| Self::of_date_with_offset(text))
    }

    fn without_zone(text: &str) -> Option<Self> {
        match text.len() {
            4 => Self::of_date(text, "-01-01", Precision::Year),
            7 => Self::of_date(text, "-01", Precision::Month),
            10 => Self::of_date(text, "", Precision::Day),
            _ => Self::of_time(text),
        }
    }

    /// The instant itself, one microsecond long.
    pub fn instant(at: UtcMicros) -> Self {
        let end = UtcMicros(at.0.saturating_add(1));
        Self { start: at, end, precision: Precision::Micros, clock: Clock::Offset(0) }
    }

    /// Its first microsecond, read in UTC where the site's zone is meant.
    pub fn start(&self) -> UtcMicros {
        self.start
    }

    /// The first microsecond after it, read in UTC where the site's zone is meant.
    pub fn end(&self) -> UtcMicros {
        self.end
    }

    /// True when it is meant in the zone of each capture's site.
    pub fn is_local(&self) -> bool {
        self.clock == Clock::Site
    }

    /// Its first microsecond and the first after it, for a capture at a site in this zone.
    pub fn range_in(&self, zone: &Zone) -> (i64, i64) {
        match self.clock {
            Clock::Offset(_) => (self.start.0, self.end.0),
            Clock::Site => (zone.of_wall_clock(self.start.0), zone.of_wall_clock(self.end.0)),
        }
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
        Some(Self { start, end: end.unwrap_or(UtcMicros(i64::MAX)), precision, clock: Clock::Offset(0) })
    }

    /// `2026-11-20+01:00`, `2026-11Z`.
    fn of_date_with_offset(text: &str) -> Option<Self> {
        let (date, minutes) = match text.strip_suffix(['Z', 'z']) {
            Some(date) => (date, 0),
            None => text.split_at_checked(text.len().checked_sub(6)?).and_then(|(date, offset)| {
                let sign = match offset.as_bytes().first()? {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return None,
                };
                let (hours, minutes) = offset[1..].split_once(':')?;
                let digits = [hours, minutes].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
                let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
                (digits && hours <= 15 && minutes < 60).then_some((date, sign * (hours * 60 + minutes)))
            })?,
        };
        let moment = Self::without_zone(date)?;
        let shift = |at: UtcMicros| UtcMicros(at.0.saturating_sub(i64::from(minutes) * 60_000_000));
        let of_date = matches!(moment.precision, Precision::Year | Precision::Month | Precision::Day);
        of_date.then(|| Self {
            start: shift(moment.start),
            end: shift(moment.end),
            clock: Clock::Offset(minutes),
            ..moment
        })
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
        let end = UtcMicros(start.0.saturating_add(length));
        Some(Self { start, end, precision, clock: Clock::Offset(0) })
    }
}

fn utc_micros(civil: DateTime) -> Option<UtcMicros> {
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(UtcMicros(zoned.timestamp().as_microsecond()))
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = if let Clock::Offset(minutes) = self.clock { minutes } else { 0 };
        let wall = self.start.0.saturating_add(i64::from(minutes) * 60_000_000);
        let Ok(timestamp) = Timestamp::from_microsecond(wall) else {
            return write!(f, "{}", self.start.0);
        };
        let (form, zulu) = match self.precision {
            Precision::Year => ("%Y", ""),
            Precision::Month => ("%Y-%m", ""),
            Precision::Day => ("%Y-%m-%d", ""),
            Precision::Minute => ("%Y-%m-%dT%H:%M", "Z"),
            Precision::Second => ("%Y-%m-%dT%H:%M:%S", "Z"),
            Precision::Micros => ("%Y-%m-%dT%H:%M:%S.%6f", "Z"),
        };
        write!(f, "{}", timestamp.strftime(form))?;
        match self.clock {
            Clock::Site => f.write_str(AT_SITE),
            Clock::Offset(0) => f.write_str(zulu),
            Clock::Offset(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
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
        for (text, start, end) in [
            ("2026-11-20+01:00", "2026-11-19T23:00:00.000Z", "2026-11-20T23:00:00.000Z"),
            ("2026-11-05:30", "2026-11-01T05:30:00.000Z", "2026-12-01T05:30:00.000Z"),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!((moment.start().to_rfc3339(), moment.end().to_rfc3339()), (start.into(), end.into()), "{text}");
            assert_eq!((moment.to_string(), Moment::parse(&moment.to_string())), (text.into(), Some(moment)));
        }
        let instant = Moment::parse("2026-11-20T14:06:31.204Z").unwrap();
        assert_eq!(instant, Moment::instant(instant.start()));
        assert_eq!(Moment::parse(&instant.to_string()), Some(instant));
    }

    #[test]
    fn means_the_clock_of_the_site() {
        // The day on which Berlin's clocks went back has 25 hours.
        let day = Moment::parse("2026-10-25@site").unwrap();
        let (start, end) = day.range_in(&Zone::named(Some("Europe/Berlin")));
        assert_eq!(
            (UtcMicros(start).to_rfc3339(), end - start),
            ("2026-10-24T22:00:00.000Z".into(), 25 * 3_600_000_000)
        );
        assert_eq!(day.range_in(&Zone::named(None)), (day.start().0, day.end().0));
        for text in ["2026-10-25@site", "2026@site", "2026-10-25T14:06@site", "2026-10-25T14:06:01.250000@site"] {
            let moment = Moment::parse(text).unwrap();
            assert!(moment.is_local(), "{text}");
            assert_eq!(moment.to_string(), text);
        }
        assert_eq!(Moment::parse("2026-10-25T14:06Z@site"), None);
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
