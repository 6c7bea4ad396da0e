//! Series from Parquet and CSV, thinned without losing a spike.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use muster_media::{Limits, MediaError, MediaKind, Series, probe_path, read_series};
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

fn csv(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("series.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn read(path: &Path, max_points: usize) -> Series {
    read_series(path, max_points, &Limits::default()).unwrap()
}

/// A Parquet file with a column of instants in microseconds and one of optional doubles, in groups of 1,000 rows.
fn parquet(folder: &Path, compression: Compression, rows: &[(i64, Option<f64>)]) -> PathBuf {
    let path = folder.join("series.parquet");
    let schema = "message series {
        required int64 captured (TIMESTAMP(MICROS, true)); optional double weight_g; required binary note (UTF8);
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut writer = SerializedFileWriter::new(File::create(&path).unwrap(), schema, properties).unwrap();
    for group in rows.chunks(1000) {
        let mut group_writer = writer.next_row_group().unwrap();
        while let Some(mut column) = group_writer.next_column().unwrap() {
            match column.untyped() {
                ColumnWriter::Int64ColumnWriter(typed) => {
                    let times: Vec<i64> = group.iter().map(|row| row.0).collect();
                    typed.write_batch(&times, None, None).unwrap();
                }
                ColumnWriter::DoubleColumnWriter(typed) => {
                    let values: Vec<f64> = group.iter().filter_map(|row| row.1).collect();
                    let levels: Vec<i16> = group.iter().map(|row| i16::from(row.1.is_some())).collect();
                    typed.write_batch(&values, Some(&levels), None).unwrap();
                }
                ColumnWriter::ByteArrayColumnWriter(typed) => {
                    let notes = vec!["fine".into(); group.len()];
                    typed.write_batch(&notes, None, None).unwrap();
                }
                _ => unreachable!(),
            }
            column.close().unwrap();
        }
        group_writer.close().unwrap();
    }
    writer.close().unwrap();
    path
}

#[test]
fn a_short_series_comes_back_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = csv(folder.path(), "time_ms,speed [m/s],state,note\n1000,0.5,1,go\n1500,,2,go\n2500,2.25,3,stop\n");
    assert_eq!(probe_path(&path, &Limits::default()).unwrap().kind, MediaKind::Series);
    let series = read(&path, 1000);
    assert_eq!((series.rows, series.duration_s, series.started_at_micros, series.by_row), (3, 1.5, None, false));
    let names: Vec<_> =
        series.channels.iter().map(|channel| (channel.name.as_str(), channel.unit.as_deref())).collect();
    assert_eq!(names, [("speed", Some("m/s")), ("state", None)]);
    assert_eq!((&series.channels[0].times[..], &series.channels[0].values[..]), (&[0.0, 1.5][..], &[0.5, 2.25][..]));
    assert_eq!(series.channels[1].times, [0.0, 0.5, 1.5]);
}

#[test]
fn instants_semicolons_and_missing_times_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let text = "timestamp;a\n2026-11-20T17:30:05Z;1\n2026-11-20T17:30:06.5Z;2\n";
    let series = read(&csv(folder.path(), text), 100);
    assert_eq!(series.started_at_micros, Some(1_795_195_805_000_000));
    assert_eq!(series.channels[0].times, [0.0, 1.5]);
    let error = read_series(&csv(folder.path(), "name,a\nx,1\n"), 100, &Limits::default()).unwrap_err();
    assert!(matches!(error, MediaError::Unsupported { .. }), "{error:?}");
}

#[test]
fn a_long_series_keeps_every_spike() {
    let folder = tempfile::tempdir().unwrap();
    let start = 1_795_195_805_123_456;
    let value = |row: i64| match row {
        40_321 => Some(900.0),
        77_777 => Some(-900.0),
        row if row % 10 == 3 => None,
        row => Some((row as f64 / 500.0).sin()),
    };
    let rows: Vec<_> = (0..100_000).map(|row| (start + row * 2000, value(row))).collect();
    for compression in
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(parquet::basic::ZstdLevel::default())]
    {
        let path = parquet(folder.path(), compression, &rows);
        let series = read(&path, 2000);
        assert_eq!((series.rows, series.started_at_micros), (100_000, Some(start)));
        assert!((series.duration_s - 199.998).abs() < 1e-9);
        let [channel] = &series.channels[..] else { panic!("{:?}", series.channels.len()) };
        assert_eq!(channel.name, "weight_g");
        assert!((1000..=2000).contains(&channel.times.len()), "{}", channel.times.len());
        assert!(channel.times.is_sorted());
        for (row, spike) in [(40_321, 900.0), (77_777, -900.0)] {
            let place = channel.values.iter().position(|value| value.total_cmp(&spike).is_eq()).unwrap();
            assert!((channel.times[place] - f64::from(row) * 0.002).abs() < 1e-9);
        }
    }
    // The same in CSV.
    let lines: Vec<String> = rows
        .iter()
        .map(|(time, value)| format!("{time},{}", value.map_or(String::new(), |value| value.to_string())))
        .collect();
    let path = csv(folder.path(), &format!("at_micros,weight_g\n{}\n", lines.join("\n")));
    let from_csv = read(&path, 2000);
    let from_parquet = read(&parquet(folder.path(), Compression::SNAPPY, &rows), 2000);
    assert_eq!(from_csv.started_at_micros, from_parquet.started_at_micros);
    assert_eq!(from_csv.channels[0].values.len(), from_parquet.channels[0].values.len());
}

#[test]
fn a_damaged_series_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<_> = (0..3000).map(|row| (row * 1000, Some(row as f64))).collect();
    let bytes = std::fs::read(parquet(folder.path(), Compression::SNAPPY, &rows)).unwrap();
    let path = folder.path().join("damaged.parquet");
    for length in (4..bytes.len()).step_by(977) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(read_series(&path, 100, &Limits::default()).is_err());
    }
    for place in (4..bytes.len()).step_by(61) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 0xff;
        std::fs::write(&path, &flipped).unwrap();
        let _ = read_series(&path, 100, &Limits::default());
    }
}
