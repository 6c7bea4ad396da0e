//! Series in Parquet: numbers at the top level of the schema, read one group of rows after the other.

use std::fs::File;
use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::thin::Thinned;
use super::time::{Ticks, is_time_name, ticks_of};
use super::{MAX_CHANNELS, MAX_GROUP_ROWS, Series};
use crate::error::{MediaError, Result};
use crate::limits::Deadline;

/// Values that are decoded at once.
const BATCH: usize = 64 * 1024;

/// The column of times.
struct Clock {
    column: usize,
    ticks: Ticks,
    /// The first tick of the file, which is taken off before a tick becomes a float: nanoseconds since 1970 do not fit.
    base: i64,
    is_integer: bool,
}

struct Table<'a> {
    reader: SerializedFileReader<File>,
    name: &'a str,
    deadline: &'a Deadline,
}

pub(super) fn read(path: &Path, name: &str, max_points: usize, deadline: &Deadline) -> Result<Series> {
    let file = File::open(path).map_err(|source| MediaError::Read { name: name.to_owned(), source })?;
    let reader = SerializedFileReader::new(file).map_err(|error| broken(name, &error))?;
    let table = Table { reader, name, deadline };
    table.check_groups()?;
    let clock = table.clock()?;
    let (mut rows, mut first, mut last) = (0, f64::INFINITY, f64::NEG_INFINITY);
    for group in 0..table.groups() {
        for time in table.times(clock.as_ref(), group, rows)?.into_iter().flatten() {
            (first, last) = (first.min(time), last.max(time));
        }
        rows += table.group_rows(group);
    }
    if first > last {
        return Err(MediaError::malformed(name, "none of its rows has a time"));
    }
    let mut channels: Vec<(usize, Thinned)> = table
        .numeric(clock.as_ref())
        .into_iter()
        .map(|(column, title)| (column, Thinned::new(&title, rows, last - first, max_points)))
        .collect();
    let mut before = 0;
    for group in 0..table.groups() {
        let times = table.times(clock.as_ref(), group, before)?;
        for (column, channel) in &mut channels {
            let mut times = times.iter();
            table.column(group, *column, 0, &mut |value| {
                if let (Some(Some(time)), Some(value)) = (times.next(), value) {
                    channel.push(time - first, value);
                }
            })?;
        }
        before += table.group_rows(group);
    }
    let instants = clock.as_ref().filter(|clock| clock.ticks.since_1970);
    Ok(Series {
        channels: channels.into_iter().filter_map(|(_, channel)| channel.finish(max_points)).collect(),
        rows,
        started_at_micros: instants.map(|clock| clock.instant_micros(first)),
        first_s: clock.as_ref().map_or(0.0, |clock| clock.base as f64 * clock.ticks.seconds) + first,
        duration_s: last - first,
        by_row: clock.is_none(),
    })
}

impl Clock {
    /// An instant of the file's own scale of seconds.
    fn instant_micros(&self, seconds: f64) -> i64 {
        let base = i128::from(self.base) * ((self.ticks.seconds * 1e9).round() as i128) / 1000;
        base as i64 + (seconds * 1e6).round() as i64
    }
}

impl Table<'_> {
    fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    fn group_rows(&self, group: usize) -> u64 {
        u64::try_from(self.reader.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    fn check_groups(&self) -> Result<()> {
        let most = (0..self.groups()).map(|group| self.group_rows(group)).max().unwrap_or(0);
        if most > MAX_GROUP_ROWS as u64 {
            let detail = format!("a group of {most} rows; write it with groups of at most {MAX_GROUP_ROWS}");
            return Err(MediaError::unsupported(self.name, detail));
        }
        Ok(())
    }

    /// The columns of plain numbers: neither nested nor lists.
    fn plain(&self) -> impl Iterator<Item = (usize, &ColumnDescriptor)> {
        let columns = self.reader.metadata().file_metadata().schema_descr().columns();
        columns.iter().map(AsRef::as_ref).enumerate().filter(|(_, column)| {
            let is_number = matches!(
                column.physical_type(),
                Physical::BOOLEAN | Physical::INT32 | Physical::INT64 | Physical::FLOAT | Physical::DOUBLE
            );
            let is_decimal = column.converted_type() == ConvertedType::DECIMAL;
            is_number && !is_decimal && column.max_rep_level() == 0 && column.max_def_level() <= 1
        })
    }

    fn numeric(&self, clock: Option<&Clock>) -> Vec<(usize, String)> {
        let of_time = clock.map(|clock| clock.column);
        let numbers =
            self.plain().filter(|(column, descriptor)| Some(*column) != of_time && stated(descriptor).is_none());
        numbers.take(MAX_CHANNELS).map(|(column, descriptor)| (column, descriptor.name().to_owned())).collect()
    }

    fn clock(&self) -> Result<Option<Clock>> {
        let by_type = self.plain().find(|(_, column)| stated(column).is_some_and(|ticks| ticks.since_1970));
        let by_name = || self.plain().find(|(_, column)| is_time_name(column.name()));
        let Some((column, descriptor)) = by_type.or_else(by_name) else { return Ok(None) };
        let is_integer = matches!(descriptor.physical_type(), Physical::INT32 | Physical::INT64);
        let mut first = None;
        for group in 0..self.groups() {
            self.column(group, column, 0, &mut |value| first = first.or(value))?;
            if first.is_some() {
                break;
            }
        }
        let first = first.unwrap_or(0.0);
        let ticks = stated(descriptor).unwrap_or_else(|| ticks_of(descriptor.name(), first));
        Ok(Some(Clock { column, ticks, base: if is_integer { first as i64 } else { 0 }, is_integer }))
    }

    /// The time of each row of a group, in seconds; `rows_before` rows stand in earlier groups.
    fn times(&self, clock: Option<&Clock>, group: usize, rows_before: u64) -> Result<Vec<Option<f64>>> {
        let rows = self.group_rows(group) as usize;
        let Some(clock) = clock else {
            return Ok((0..rows).map(|row| Some((rows_before + row as u64) as f64)).collect());
        };
        let mut times = Vec::with_capacity(rows.min(MAX_GROUP_ROWS));
        let base = if clock.is_integer { clock.base } else { 0 };
        self.column(group, clock.column, base, &mut |value| {
            times.push(value.map(|ticks| ticks * clock.ticks.seconds).filter(|time| time.is_finite()));
        })?;
        Ok(times)
    }

    /// Gives every value of a column in a group, less `base` where they are integers.
    fn column(&self, group: usize, column: usize, base: i64, take: &mut impl FnMut(Option<f64>)) -> Result<()> {
        let failed = |error: ParquetError| broken(self.name, &error);
        let reader = self.reader.get_row_group(group).map_err(failed)?;
        let optional = reader.metadata().column(column).column_descr().max_def_level() == 1;
        let check = || self.deadline.check(self.name);
        match reader.get_column_reader(column).map_err(failed)? {
            ColumnReader::BoolColumnReader(reader) => {
                drain(reader, optional, self.name, check, |value| f64::from(u8::from(value)), take)
            }
            ColumnReader::Int32ColumnReader(reader) => {
                drain(reader, optional, self.name, check, |value| i64::from(value).saturating_sub(base) as f64, take)
            }
            ColumnReader::Int64ColumnReader(reader) => {
                drain(reader, optional, self.name, check, |value| value.saturating_sub(base) as f64, take)
            }
            ColumnReader::FloatColumnReader(reader) => drain(reader, optional, self.name, check, f64::from, take),
            ColumnReader::DoubleColumnReader(reader) => drain(reader, optional, self.name, check, |value| value, take),
            _ => Err(MediaError::malformed(self.name, "a column of numbers holds something else")),
        }
    }
}

fn drain<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    optional: bool,
    name: &str,
    check: impl Fn() -> Result<()>,
    number: impl Fn(T::T) -> f64,
    take: &mut impl FnMut(Option<f64>),
) -> Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    loop {
        check()?;
        values.clear();
        levels.clear();
        let definition = optional.then_some(&mut levels);
        let (records, _, _) =
            reader.read_records(BATCH, definition, None, &mut values).map_err(|error| broken(name, &error))?;
        if records == 0 {
            return Ok(());
        }
        let mut present = values.drain(..);
        if optional {
            for level in &levels {
                take(if *level > 0 { present.next().map(&number) } else { None });
            }
        } else {
            present.for_each(|value| take(Some(number(value))));
        }
    }
}

/// The unit of a column whose type says that it holds times.
fn stated(column: &ColumnDescriptor) -> Option<Ticks> {
    let seconds = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1e-3,
        TimeUnit::MICROS => 1e-6,
        TimeUnit::NANOS => 1e-9,
    };
    let (seconds, since_1970) = match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(stamp)), _) => (seconds(&stamp.unit), true),
        (Some(LogicalType::Time(time)), _) => (seconds(&time.unit), false),
        (_, ConvertedType::TIMESTAMP_MILLIS) => (1e-3, true),
        (_, ConvertedType::TIMESTAMP_MICROS) => (1e-6, true),
        _ => return None,
    };
    Some(Ticks { seconds, since_1970 })
}

fn broken(name: &str, error: &ParquetError) -> MediaError {
    match error {
        ParquetError::EOF(_) => MediaError::truncated(name, error),
        ParquetError::NYI(_) => MediaError::unsupported(name, error),
        _ => MediaError::malformed(name, error),
    }
}
