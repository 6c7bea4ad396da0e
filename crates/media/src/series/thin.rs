//! Thins one channel while its values arrive.

use super::{Channel, name_and_unit};

/// What is kept of one stretch of time.
#[derive(Clone, Copy)]
struct Stretch {
    least: (f64, f64),
    greatest: (f64, f64),
}

/// A channel that keeps every value, or the least and the greatest of each stretch.
pub(super) struct Thinned {
    title: String,
    kept: Kept,
}

enum Kept {
    All(Vec<(f64, f64)>),
    Stretches { of_s: f64, stretches: Vec<Option<Stretch>> },
}

impl Thinned {
    /// A channel of a series with so many rows over so many seconds.
    pub(super) fn new(title: &str, rows: u64, duration_s: f64, max_points: usize) -> Self {
        let kept = if rows <= max_points as u64 || duration_s <= 0.0 {
            Kept::All(Vec::new())
        } else {
            let count = max_points / 2;
            Kept::Stretches { of_s: duration_s / count as f64, stretches: vec![None; count] }
        };
        Self { title: title.to_owned(), kept }
    }

    /// Adds a value. What is no number is left out.
    pub(super) fn push(&mut self, time_s: f64, value: f64) {
        if !value.is_finite() || !time_s.is_finite() {
            return;
        }
        match &mut self.kept {
            Kept::All(points) => points.push((time_s, value)),
            Kept::Stretches { of_s, stretches } => {
                let place = ((time_s / *of_s).max(0.0) as usize).min(stretches.len() - 1);
                let stretch =
                    stretches[place].get_or_insert(Stretch { least: (time_s, value), greatest: (time_s, value) });
                if value < stretch.least.1 {
                    stretch.least = (time_s, value);
                }
                if value > stretch.greatest.1 {
                    stretch.greatest = (time_s, value);
                }
            }
        }
    }

    /// The channel; `None` without any value.
    pub(super) fn finish(self, max_points: usize) -> Option<Channel> {
        let mut points = match self.kept {
            Kept::All(points) => points,
            Kept::Stretches { stretches, .. } => stretches.into_iter().flatten().flat_map(Stretch::points).collect(),
        };
        if points.is_empty() {
            return None;
        }
        // Loggers write out of order now and then; a plot needs rising times.
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Only a series whose rows share one instant keeps more than it was asked for.
        points.truncate(max_points);
        let (name, unit) = name_and_unit(&self.title);
        let (times, values) = points.into_iter().unzip();
        Some(Channel { name, unit, times, values })
    }
}

impl Stretch {
    fn points(self) -> impl Iterator<Item = (f64, f64)> {
        let second = (self.least != self.greatest).then_some(self.greatest);
        std::iter::once(self.least).chain(second)
    }
}
