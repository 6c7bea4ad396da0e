//! What a rule reads: a signal through one of the functions that signals have.

use std::{collections::BTreeMap, time::Duration};

use muster_domain::field::FieldValue;
use regex::Regex;

use crate::SignalWindow;

/// One distinct read of a rule. The syntax tree holds a variable in its place.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// How people know it: `motion`, `weight.max(5s)`.
    pub label: String,
    /// The signal.
    pub signal: String,
    /// Through which function.
    pub function: Function,
}

/// A function on a signal, its constant arguments parsed.
#[derive(Debug, Clone)]
pub(crate) enum Function {
    Latest,
    Rise,
    Fall,
    Max(Duration),
    Min(Duration),
    Mean(Duration),
    Step,
    Delta(Duration),
    Size,
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    Matches(Regex),
}

impl Function {
    /// How far back it looks.
    pub(crate) fn span(&self) -> Duration {
        match self {
            Self::Max(span) | Self::Min(span) | Self::Mean(span) | Self::Delta(span) => *span,
            _ => Duration::ZERO,
        }
    }

    /// Its static cost.
    pub(crate) fn cost(&self) -> u32 {
        match self {
            Self::Latest | Self::Rise | Self::Fall | Self::Step => 1,
            Self::Size | Self::Contains(_) | Self::StartsWith(_) | Self::EndsWith(_) => 5,
            Self::Max(_) | Self::Min(_) | Self::Mean(_) | Self::Delta(_) => 20,
            Self::Matches(_) => 50,
        }
    }
}

impl Read {
    /// The value at `now`; `None` while the signal has none that the function works on.
    pub(crate) fn value(&self, signals: &BTreeMap<String, SignalWindow>, now_micros: i64) -> Option<FieldValue> {
        let window = signals.get(&self.signal)?;
        let text = || match window.latest() {
            Some(FieldValue::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        match &self.function {
            Function::Latest => window.latest().cloned(),
            Function::Rise => window.rose(now_micros).map(FieldValue::Boolean),
            Function::Fall => window.fell(now_micros).map(FieldValue::Boolean),
            Function::Max(span) => window.max(now_micros, *span).map(FieldValue::Number),
            Function::Min(span) => window.min(now_micros, *span).map(FieldValue::Number),
            Function::Mean(span) => window.mean(now_micros, *span).map(FieldValue::Number),
            Function::Step => window.step().map(FieldValue::Number),
            Function::Delta(span) => window.delta(now_micros, *span).map(FieldValue::Number),
            Function::Size => text().map(|text| FieldValue::Number(text.chars().count() as f64)),
            Function::Contains(part) => text().map(|text| FieldValue::Boolean(text.contains(part))),
            Function::StartsWith(part) => text().map(|text| FieldValue::Boolean(text.starts_with(part))),
            Function::EndsWith(part) => text().map(|text| FieldValue::Boolean(text.ends_with(part))),
            Function::Matches(pattern) => text().map(|text| FieldValue::Boolean(pattern.is_match(text))),
        }
    }
}

/// Reads `5s`, `250ms`, `1m30s`, `1.5h` as CEL does; `None` when it is none.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        seconds += number
            * match &rest[..unit] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" => 1e-6,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(seconds).ok())?
}
