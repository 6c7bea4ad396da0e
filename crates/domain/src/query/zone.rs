//! The time zone of a site.

use jiff::{Timestamp, tz::TimeZone};

/// The zone in which a site's clocks are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A day on the clocks of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalDay {
    /// As written: `2026-11-20`.
    pub date: String,
    /// Its first microsecond, since 1970.
    pub start: i64,
    /// The first microsecond after it.
    pub end: i64,
}

impl Zone {
    /// The zone of an IANA name such as `Europe/Berlin`; UTC without a name and for an unknown one.
    pub fn named(name: Option<&str>) -> Self {
        Self(name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC))
    }

    /// True for a name that the zone database knows.
    pub fn is_known(name: &str) -> bool {
        TimeZone::get(name).is_ok()
    }

    /// The instant at which the clocks show what a clock in UTC shows at `wall`. Of two such instants (clocks go back)
    /// the earlier; a time that the clocks skip is read as if they had not.
    pub fn of_wall_clock(&self, wall: i64) -> i64 {
        let instant = || {
            let civil = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(wall).ok()?);
            Some(self.0.to_ambiguous_timestamp(civil).compatible().ok()?.as_microsecond())
        };
        instant().unwrap_or(wall)
    }

    /// The day that the clocks show at an instant.
    pub fn day_of(&self, at: i64) -> LocalDay {
        let day = || {
            let date = self.0.to_datetime(Timestamp::from_microsecond(at).ok()?).date();
            let first =
                |date: jiff::civil::Date| Some(date.to_zoned(self.0.clone()).ok()?.timestamp().as_microsecond());
            Some(LocalDay { date: date.to_string(), start: first(date)?, end: first(date.tomorrow().ok()?)? })
        };
        // Beyond the years of the calendar there are no days; such times share one.
        day().unwrap_or_else(|| LocalDay { date: String::new(), start: at, end: at.saturating_add(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_day_of_the_place() {
        let at = 1_793_491_200_000_000 - 3_600_000_000; // 2026-10-31T23:00:00Z
        for (zone, date) in
            [(None, "2026-10-31"), (Some("Europe/Berlin"), "2026-11-01"), (Some("nowhere"), "2026-10-31")]
        {
            let day = Zone::named(zone).day_of(at);
            assert_eq!(day.date, date, "{zone:?}");
            assert!((day.start..day.end).contains(&at));
        }
        assert_eq!(Zone::named(None).day_of(i64::MAX).date, "");
    }
}
