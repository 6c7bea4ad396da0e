//! Series: sensor values over time, from Parquet and CSV, thinned for a plot.
//!
//! A series is a table with one column of times and any number of columns of numbers; other columns are left out. Times
//! come back in seconds since the first one. When a column has more values than a plot has room for, each stretch of
//! time gives its least and its greatest value, so that no spike is lost.
//!
//! **Limits.** [`MAX_CHANNELS`] columns, [`MAX_GROUP_ROWS`] rows in one group of a Parquet file,
//! [`Limits::max_seconds`]; memory grows with the points that are asked for and not with the file.

mod csv;
mod parquet;
mod thin;
mod time;

use std::path::Path;

use crate::error::{MediaError, Result};
use crate::limits::Limits;
use crate::probe::sniff_file;
use crate::sniff::MediaFormat;
pub(crate) use csv::separator;
pub(crate) use time::is_time_name;

/// The most columns of numbers that are read; further ones are left out.
pub const MAX_CHANNELS: usize = 256;

/// The most rows in one group of a Parquet file, whose times are held at once.
pub const MAX_GROUP_ROWS: usize = 16_000_000;

/// One column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Its name, without the unit.
    pub name: String,
    /// The unit that the name gives in brackets, as in `speed [m/s]`.
    pub unit: Option<String>,
    /// Seconds since the start of the series, rising.
    pub times: Vec<f64>,
    /// The value at each time; missing ones are left out.
    pub values: Vec<f64>,
}

/// A series, thinned.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its columns of numbers, in the file's order.
    pub channels: Vec<Channel>,
    /// How many rows the file has.
    pub rows: u64,
    /// The first time in UTC microseconds, when the times are instants and not durations.
    pub started_at_micros: Option<i64>,
    /// The first time as the file gives it, in seconds: negative where a device counts from its trigger.
    pub first_s: f64,
    /// Seconds from the first to the last time.
    pub duration_s: f64,
    /// Whether the file has no column of times, so that a time is the number of its row.
    pub by_row: bool,
}

/// Reads a series file, with at most about `max_points` values for each channel.
pub fn read_series(path: &Path, max_points: usize, limits: &Limits) -> Result<Series> {
    let name = path.display().to_string();
    let deadline = limits.deadline();
    let max_points = max_points.clamp(4, 1_000_000);
    match sniff_file(path)? {
        MediaFormat::Parquet => parquet::read(path, &name, max_points, &deadline),
        MediaFormat::Csv => csv::read(path, &name, max_points, &deadline),
        format => Err(MediaError::unsupported(&name, format_args!("it is {}, not a series", format.media_type()))),
    }
}

/// Splits `speed [m/s]` or `speed (m/s)` into name and unit.
fn name_and_unit(title: &str) -> (String, Option<String>) {
    let title = title.trim();
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some((name, unit)) = title.strip_suffix(close).and_then(|rest| rest.rsplit_once(open))
            && !name.trim().is_empty()
        {
            return (name.trim().to_owned(), Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty()));
        }
    }
    (title.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_stands_in_brackets_behind_the_name() {
        let check = |title, name: &str, unit: Option<&str>| {
            assert_eq!(name_and_unit(title), (name.to_owned(), unit.map(str::to_owned)));
        };
        check("speed [m/s]", "speed", Some("m/s"));
        check("weight (g)", "weight", Some("g"));
        check("acc_x", "acc_x", None);
        check("[only]", "[only]", None);
    }
}
