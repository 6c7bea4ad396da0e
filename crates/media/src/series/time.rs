//! Which column is time, and in what unit.

/// Seconds a tick, and whether ticks count from 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ticks {
    pub(super) seconds: f64,
    pub(super) since_1970: bool,
}

/// Whether a column with this name holds times.
pub(crate) fn is_time_name(title: &str) -> bool {
    let (name, _) = super::name_and_unit(title);
    let name = name.to_lowercase();
    let words = || name.split(|c: char| !c.is_alphanumeric());
    matches!(name.as_str(), "t" | "ts" | "date" | "seconds" | "micros" | "millis" | "nanos")
        || words().any(|word| matches!(word, "time" | "timestamp" | "datetime"))
        || name.starts_with("t_") && unit_of(&name).is_some()
        || matches!(name.as_str(), "timestamps" | "captured_at_micros" | "at_micros")
}

/// The unit at the end of a name: `time_ms`, `t_us`, `at_micros`, `time [ns]`.
fn unit_of(title: &str) -> Option<f64> {
    let lower = title.trim().trim_end_matches([']', ')']).to_lowercase();
    let last = lower.rsplit(|c: char| !c.is_alphanumeric() && c != 'µ').next()?;
    Some(match last {
        "s" | "sec" | "secs" | "seconds" => 1.0,
        "ms" | "millis" | "milliseconds" => 1e-3,
        "us" | "µs" | "micros" | "microseconds" => 1e-6,
        "ns" | "nanos" | "nanoseconds" => 1e-9,
        _ => return None,
    })
}

/// The unit of a column of numbers that is named `title` and starts at `first`: as its name says, else the unit in
/// which `first` is an instant of this century, else seconds.
pub(super) fn ticks_of(title: &str, first: f64) -> Ticks {
    // 2001 to 2128 in seconds.
    let is_instant = |seconds: f64| (1e9..5e9).contains(&(first * seconds));
    if let Some(seconds) = unit_of(title) {
        return Ticks { seconds, since_1970: is_instant(seconds) };
    }
    let guessed = [1.0, 1e-3, 1e-6, 1e-9].into_iter().find(|seconds| is_instant(*seconds));
    Ticks { seconds: guessed.unwrap_or(1.0), since_1970: guessed.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_times_are_known() {
        for name in ["t", "time", "Time [s]", "timestamp_us", "t_ms", "captured_at_micros", "start_time", "ts"] {
            assert!(is_time_name(name), "{name}");
        }
        for name in ["filename", "temperature", "t_max", "runtime_class", "x", "lifetimes"] {
            assert!(!is_time_name(name), "{name}");
        }
    }

    #[test]
    fn the_unit_is_stated_or_follows_from_the_century() {
        let check = |title, first, seconds, since_1970| {
            assert_eq!(ticks_of(title, first), Ticks { seconds, since_1970 }, "{title} {first}");
        };
        check("time_ms", 0.0, 1e-3, false);
        check("time [us]", 1.7e15, 1e-6, true);
        check("timestamp", 1.7e18, 1e-9, true);
        check("timestamp", 1.7e9, 1.0, true);
        check("t", 12.5, 1.0, false);
    }
}
