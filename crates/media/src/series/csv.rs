//! Series in CSV: one line of titles, then lines of numbers; the first column of times may hold ISO 8601 instants.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::thin::Thinned;
use super::time::{Ticks, is_time_name, ticks_of};
use super::{MAX_CHANNELS, Series};
use crate::error::{MediaError, Result};
use crate::limits::Deadline;

/// The longest line; a file with longer ones is no table.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Lines between two looks at the clock.
const CHECK_EVERY: u64 = 10_000;

/// Lines that decide which columns hold numbers.
const LOOK_AT_LINES: usize = 100;

/// How the times of a file are written.
#[derive(Clone, Copy)]
enum Clock {
    /// The number of the row.
    Row,
    Number {
        column: usize,
        ticks: Ticks,
    },
    Instant {
        column: usize,
    },
}

impl Clock {
    /// Seconds on the file's own scale.
    fn read(self, record: &ByteRecord, row: u64) -> Option<f64> {
        match self {
            Self::Row => Some(row as f64),
            Self::Number { column, ticks } => Some(number(record.get(column)?)? * ticks.seconds),
            Self::Instant { column } => Some(instant(record.get(column)?)? as f64 / 1e6),
        }
    }
}

pub(super) fn read(path: &Path, name: &str, max_points: usize, deadline: &Deadline) -> Result<Series> {
    let mut reader = open(path, name)?;
    let titles: Vec<String> = titles(&mut reader, name)?;
    let (clock, numeric) = look(&mut reader, name, &titles)?;
    let (mut rows, mut first, mut last) = (0u64, f64::INFINITY, f64::NEG_INFINITY);
    each(path, name, deadline, |record, row| {
        rows = row + 1;
        if let Some(time) = clock.read(record, row) {
            (first, last) = (first.min(time), last.max(time));
        }
    })?;
    if first > last {
        return Err(MediaError::malformed(name, "none of its lines has a time"));
    }
    let mut channels: Vec<(usize, Thinned)> = numeric
        .into_iter()
        .map(|column| (column, Thinned::new(&titles[column], rows, last - first, max_points)))
        .collect();
    each(path, name, deadline, |record, row| {
        let Some(time) = clock.read(record, row) else { return };
        for (column, channel) in &mut channels {
            if let Some(value) = record.get(*column).and_then(number) {
                channel.push(time - first, value);
            }
        }
    })?;
    let since_1970 =
        matches!(clock, Clock::Instant { .. } | Clock::Number { ticks: Ticks { since_1970: true, .. }, .. });
    Ok(Series {
        channels: channels.into_iter().filter_map(|(_, channel)| channel.finish(max_points)).collect(),
        rows,
        started_at_micros: since_1970.then_some((first * 1e6).round() as i64),
        first_s: first,
        duration_s: last - first,
        by_row: matches!(clock, Clock::Row),
    })
}

/// The separator of a line of titles: the one that occurs most.
pub(crate) fn separator(line: &[u8]) -> u8 {
    #[expect(clippy::naive_bytecount, reason = "one line, counted a few times")]
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|separator| (count(*separator), *separator == b',')).unwrap_or(b',')
}

fn open(path: &Path, name: &str) -> Result<Reader<BufReader<File>>> {
    let read = |source| MediaError::Read { name: name.to_owned(), source };
    let mut file = BufReader::new(File::open(path).map_err(read)?);
    let mut line = Vec::new();
    std::io::Read::take(&mut file, MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(read)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(0)).map_err(read)?;
    Ok(ReaderBuilder::new().delimiter(separator(&line)).flexible(true).from_reader(file))
}

fn titles(reader: &mut Reader<BufReader<File>>, name: &str) -> Result<Vec<String>> {
    let record = reader.byte_headers().map_err(|error| broken(name, &error))?;
    Ok(record
        .iter()
        .map(|title| String::from_utf8_lossy(title).trim_start_matches('\u{feff}').trim().to_owned())
        .collect())
}

/// Reads the first lines and tells the column of times and the columns of numbers.
fn look(reader: &mut Reader<BufReader<File>>, name: &str, titles: &[String]) -> Result<(Clock, Vec<usize>)> {
    let mut lines = Vec::new();
    for record in reader.byte_records().take(LOOK_AT_LINES) {
        lines.push(record.map_err(|error| broken(name, &error))?);
    }
    let filled = |column: usize| {
        lines.iter().filter_map(move |line| line.get(column)).filter(|cell| !cell.trim_ascii().is_empty())
    };
    let is_numeric = |column: &usize| {
        let mut cells = filled(*column).peekable();
        cells.peek().is_some() && cells.all(|cell| number(cell).is_some())
    };
    let named = (0..titles.len()).find(|column| is_time_name(&titles[*column]));
    let clock = named.and_then(|column| {
        let first = filled(column).next()?;
        if let Some(first) = number(first) {
            return Some(Clock::Number { column, ticks: ticks_of(&titles[column], first) });
        }
        instant(first).map(|_| Clock::Instant { column })
    });
    let time_column = match clock {
        Some(Clock::Number { column, .. } | Clock::Instant { column }) => Some(column),
        _ => None,
    };
    let numeric = (0..titles.len()).filter(|column| Some(*column) != time_column).filter(is_numeric).take(MAX_CHANNELS);
    Ok((clock.unwrap_or(Clock::Row), numeric.collect()))
}

fn each(path: &Path, name: &str, deadline: &Deadline, mut take: impl FnMut(&ByteRecord, u64)) -> Result<()> {
    let mut reader = open(path, name)?;
    let mut record = ByteRecord::new();
    let mut row = 0;
    while reader.read_byte_record(&mut record).map_err(|error| broken(name, &error))? {
        if record.as_slice().len() as u64 > MAX_LINE_BYTES {
            return Err(MediaError::malformed(
                name,
                format_args!("line {} is longer than {MAX_LINE_BYTES} bytes", row + 2),
            ));
        }
        take(&record, row);
        row += 1;
        if row.is_multiple_of(CHECK_EVERY) {
            deadline.check(name)?;
        }
    }
    Ok(())
}

fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.trim().parse().ok()
}

/// An ISO 8601 instant in UTC microseconds; without a zone it is taken for UTC.
fn instant(cell: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_microsecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

fn broken(name: &str, error: &csv::Error) -> MediaError {
    MediaError::malformed(name, error)
}
