//! The recent past of a signal, against the plain definition.

use std::time::Duration;

use muster_domain::field::FieldValue;
use muster_trigger::{MAX_SAMPLES, SignalWindow};
use proptest::prelude::*;

#[test]
fn what_is_not_a_sample_is_left_out() {
    let mut window = SignalWindow::new(Duration::from_secs(10));
    assert_eq!(window.latest(), None);
    window.push(5, FieldValue::Number(1.0));
    window.push(6, FieldValue::Number(f64::NAN));
    window.push(4, FieldValue::Number(2.0));
    assert_eq!(window.latest(), Some(&FieldValue::Number(1.0)));
    assert_eq!(window.step(), None);
    assert_eq!(window.max(5 + 10_000_000, Duration::from_secs(10)), None, "a window is open at its old end");
}

#[test]
fn a_flood_is_bounded_and_the_newest_stay() {
    let mut window = SignalWindow::new(Duration::from_mins(10));
    for at in 0..(MAX_SAMPLES as i64 * 3) {
        window.push(at, FieldValue::Number(at as f64));
    }
    let now = MAX_SAMPLES as i64 * 3 - 1;
    assert_eq!(window.max(now, Duration::from_mins(10)), Some(now as f64));
    assert_eq!(window.min(now, Duration::from_mins(10)), Some((MAX_SAMPLES * 2) as f64));
}

proptest! {
    #[test]
    fn windows_equal_their_definition(
        steps in prop::collection::vec((1_i64..3_000_000, -100.0..100.0_f64), 1..60),
        span_ms in 1_u64..10_000,
    ) {
        let span = Duration::from_millis(span_ms);
        let mut window = SignalWindow::new(span);
        let (mut all, mut now) = (Vec::new(), 0);
        for (step, value) in steps {
            now += step;
            window.push(now, FieldValue::Number(value));
            all.push((now, value));
            let inside: Vec<f64> =
                all.iter().filter(|(at, _)| *at > now - span.as_micros() as i64).map(|(_, x)| *x).collect();
            prop_assert_eq!(window.max(now, span), inside.iter().copied().reduce(f64::max));
            prop_assert_eq!(window.min(now, span), inside.iter().copied().reduce(f64::min));
            let mean = inside.iter().sum::<f64>() / inside.len() as f64;
            prop_assert!((window.mean(now, span).unwrap() - mean).abs() < 1e-9);
            prop_assert_eq!(window.delta(now, span), Some(value - inside[0]));
        }
    }
}
