//! Signals from a file: a CSV with a column `t_s` (seconds since the source began) and one column a signal.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use muster_domain::field::FieldValue;
use muster_trigger::SignalFrame;

/// The largest file of signals.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Signals with their times, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    rows: Vec<(i64, SignalFrame)>,
    next: usize,
}

impl Series {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let told = || format!("cannot use the signals of {}", path.display());
        let bytes = fs::metadata(path).with_context(told)?.len();
        ensure!(bytes <= MAX_BYTES, "{} has {bytes} bytes; {MAX_BYTES} is the limit", path.display());
        Self::parse(&fs::read_to_string(path).with_context(told)?).with_context(told)
    }

    /// Parses a text. Empty cells are no values; numbers, `true` and `false` are what they look like, the rest is text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (_, header) = lines.next().context("it is empty")?;
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        ensure!(names.first() == Some(&"t_s"), "its first column is not t_s");
        let mut rows: Vec<(i64, SignalFrame)> = Vec::new();
        for (number, line) in lines {
            let line_number = number + 1;
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            ensure!(cells.len() == names.len(), "line {line_number} has {} cells, not {}", cells.len(), names.len());
            let seconds: f64 = cells[0].parse().with_context(|| format!("line {line_number}: t_s is no number"))?;
            let at_micros = (seconds * 1e6) as i64;
            let is_later = rows.last().is_none_or(|(last, _)| *last <= at_micros);
            ensure!(seconds.is_finite() && is_later, "line {line_number}: t_s goes back");
            let values = names.iter().zip(&cells).skip(1).filter(|(_, cell)| !cell.is_empty());
            rows.push((at_micros, values.map(|(name, cell)| ((*name).to_owned(), value(cell))).collect()));
        }
        Ok(Self { rows, next: 0 })
    }

    /// The next row that is due, with its time.
    pub fn due(&mut self, now_micros: i64) -> Option<(i64, SignalFrame)> {
        let row = self.rows.get(self.next).filter(|(at, _)| *at <= now_micros)?.clone();
        self.next += 1;
        Some(row)
    }
}

fn value(cell: &str) -> FieldValue {
    match (cell, cell.parse::<f64>()) {
        ("true", _) => FieldValue::Boolean(true),
        ("false", _) => FieldValue::Boolean(false),
        (_, Ok(number)) if number.is_finite() => FieldValue::Number(number),
        _ => FieldValue::Text(cell.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_when_they_are_due() {
        let mut series = Series::parse("t_s,weight,barcode\n0,1.5,\n0.5,,4006\n2,true,x7\n").unwrap();
        let frame = |pairs: &[(&str, FieldValue)]| -> SignalFrame {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        assert_eq!(series.due(600_000), Some((0, frame(&[("weight", FieldValue::Number(1.5))]))));
        assert_eq!(series.due(600_000), Some((500_000, frame(&[("barcode", FieldValue::Number(4006.0))]))));
        assert_eq!(series.due(600_000), None);
        let last = frame(&[("weight", FieldValue::Boolean(true)), ("barcode", FieldValue::Text("x7".into()))]);
        assert_eq!(series.due(9_000_000), Some((2_000_000, last)));
        for (bad, expected) in [
            ("", "empty"),
            ("time,x\n", "not t_s"),
            ("t_s,x\n1\n", "line 2 has 1 cells"),
            ("t_s,x\n1,1\n0,1\n", "goes back"),
            ("t_s,x\nsoon,1\n", "no number"),
        ] {
            assert!(format!("{:#}", Series::parse(bad).unwrap_err()).contains(expected), "{bad:?}");
        }
    }
}
