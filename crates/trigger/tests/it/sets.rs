//! Edges, cooldown, sampling and counts.

use muster_domain::field::FieldValue;
use muster_trigger::{Counts, Mode, SignalFrame, SuppressedBy, Trigger, TriggerError, TriggerSet};

fn trigger(when: &str) -> Trigger {
    Trigger {
        name: "t".into(),
        version: 3,
        when: when.into(),
        mode: Mode::Edge,
        cooldown_s: 0.0,
        sample: 1.0,
        priority: 7,
    }
}

fn frame(motion: f64) -> SignalFrame {
    SignalFrame::from([("motion".to_owned(), FieldValue::Number(motion))])
}

/// One frame a second; gives `.` nothing, `F` fired, `c` held back by cooldown, `s` by sampling.
fn run(set: &mut TriggerSet, motions: &[f64]) -> String {
    let mut told = String::new();
    for (second, motion) in motions.iter().enumerate() {
        let evaluation = set.evaluate(second as i64 * 1_000_000, &frame(*motion));
        told.push(match (evaluation.hits.as_slice(), evaluation.suppressed.as_slice()) {
            ([], []) => '.',
            ([_], []) => 'F',
            ([], [held]) if held.by == SuppressedBy::Cooldown => 'c',
            ([], [_]) => 's',
            other => panic!("{other:?}"),
        });
    }
    told
}

#[test]
fn edge_level_and_cooldown() {
    let motions = [0.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.0, 0.5];
    let cases = [
        (Mode::Edge, 0.0, ".F..F..F"),
        (Mode::Level, 0.0, ".FF.FF.F"),
        (Mode::Edge, 4.0, ".F..c..F"),
        (Mode::Level, 4.0, ".Fc.cF.c"),
    ];
    for (mode, cooldown_s, expected) in cases {
        let spec = Trigger { mode, cooldown_s, ..trigger("motion > 0.2") };
        let mut set = TriggerSet::new(vec![spec], 1).unwrap();
        assert_eq!(run(&mut set, &motions), expected, "{mode:?} {cooldown_s}");
    }
}

#[test]
fn sampling_is_seeded_and_keeps_its_rate() {
    let spec = || Trigger { mode: Mode::Level, sample: 0.25, ..trigger("true") };
    let motions = vec![0.0; 4_000];
    let told = run(&mut TriggerSet::new(vec![spec()], 9).unwrap(), &motions);
    let fired = told.matches('F').count();
    assert!((900..1_100).contains(&fired), "{fired} of 4000 at 0.25");
    assert_eq!(told, run(&mut TriggerSet::new(vec![spec()], 9).unwrap(), &motions), "the same seed draws the same");
    assert_ne!(told, run(&mut TriggerSet::new(vec![spec()], 10).unwrap(), &motions));
}

#[test]
fn hits_and_counts_tell_everything() {
    let other = Trigger { name: "other".into(), cooldown_s: 100.0, mode: Mode::Level, ..trigger("motion > 0.9") };
    let unreadable = Trigger { name: "u".into(), ..trigger("missing > 1") };
    let mut set = TriggerSet::new(vec![trigger("motion.max(duration('2s')) > 0.2"), other, unreadable], 1).unwrap();
    let mut hits = Vec::new();
    for (second, motion) in [0.0, 0.95, 0.95, 0.0].into_iter().enumerate() {
        hits.extend(set.evaluate(second as i64 * 1_000_000, &frame(motion)).hits);
    }
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0].priority, 7);
    assert_eq!((hits[0].trigger.name.as_str(), hits[0].trigger.version), ("t", 3));
    assert_eq!(hits[0].trigger.expression, "motion.max(duration('2s')) > 0.2");
    assert_eq!(hits[0].trigger.values["motion.max(2s)"], FieldValue::Number(0.95));
    let counts = set.counts();
    assert_eq!(counts["t"], Counts { fired: 1, ..Counts::default() });
    assert_eq!(counts["other"], Counts { fired: 1, cooldown: 1, ..Counts::default() });
    assert_eq!(counts["u"], Counts { unreadable: 4, ..Counts::default() });
}

#[test]
fn bad_triggers_are_refused_by_name() {
    let cases = [
        (vec![trigger("motion >")], "trigger \"t\": line 1"),
        (vec![trigger("true"), trigger("true")], "two triggers"),
        (vec![Trigger { name: String::new(), ..trigger("true") }], "is no name"),
        (vec![Trigger { sample: 0.0, ..trigger("true") }], "sampling rate"),
        (vec![Trigger { sample: f64::NAN, ..trigger("true") }], "sampling rate"),
        (vec![Trigger { cooldown_s: -1.0, ..trigger("true") }], "cooldown"),
    ];
    for (triggers, expected) in cases {
        let error: TriggerError = TriggerSet::new(triggers, 0).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
