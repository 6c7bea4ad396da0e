//! What rules accept, refuse and mean.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use muster_domain::field::FieldValue;
use muster_trigger::{MAX_COST, MAX_EXPRESSION_CHARS, Rule, RuleFault, SignalWindow, Verdict};
use proptest::prelude::*;

fn signals() -> BTreeMap<String, SignalWindow> {
    let mut signals = BTreeMap::new();
    let mut put = |name: &str, samples: &[(i64, FieldValue)]| {
        let mut window = SignalWindow::new(Duration::from_mins(1));
        for (at_s, value) in samples {
            window.push(at_s * 1_000_000, value.clone());
        }
        signals.insert(name.to_owned(), window);
    };
    let numbers =
        |values: &[(i64, f64)]| values.iter().map(|(at, x)| (*at, FieldValue::Number(*x))).collect::<Vec<_>>();
    put("motion", &numbers(&[(1, 0.0), (8, 0.1), (10, 0.25)]));
    put("cam0.motion", &numbers(&[(10, 0.9)]));
    put("weight", &numbers(&[(1, 9.0), (6, 2.0), (8, 4.0), (10, 3.0)]));
    put("barcode", &[(9, FieldValue::Text(String::new())), (10, FieldValue::Text("4006381333931".into()))]);
    put("door", &[(9, FieldValue::Boolean(true)), (10, FieldValue::Boolean(false))]);
    signals
}

const NOW: i64 = 10_000_000;

#[test]
fn rules_mean_what_they_say() {
    let cases = [
        ("motion > 0.2", true),
        ("motion > 1", false),
        ("motion * 4 >= 1", true),
        ("0.2 < motion && motion < 0.3", true),
        ("-motion < 0", true),
        ("motion - 0.25 == 0", true),
        ("cam0.motion > 0.8", true),
        ("motion > 0.2 && barcode != \"\"", true),
        ("barcode == ''", false),
        ("barcode.startsWith('4006') && barcode.size() == 13", true),
        ("size(barcode) == 13", true),
        ("barcode.matches('^[0-9]{13}$')", true),
        ("barcode.contains('x') || barcode.endsWith('931')", true),
        ("barcode in ['a', '4006381333931']", true),
        ("motion in [1, 2, 0.25]", true),
        ("door.fall()", true),
        ("door.rise()", false),
        ("barcode.rise()", true),
        ("motion.rise()", false),
        ("weight.max(duration('5s')) > 3.0", true),
        ("weight.max(duration('5s')) == 4", true),
        ("weight.max(duration('1m')) == 9", true),
        ("weight.min(duration('5s')) == 2", true),
        ("weight.mean(duration('5s')) == 3", true),
        ("weight.delta() == -1", true),
        ("weight.delta(duration('5s')) == 1", true),
        ("door ? motion > 0 : motion > 0.2", true),
        ("!(motion > 0.2)", false),
        ("true", true),
        // CEL decides without the missing signal where it can.
        ("motion > 0.2 || missing > 1", true),
        ("missing > 1 || motion > 0.2", true),
        ("missing > 1 && motion > 0.9", false),
    ];
    let signals = signals();
    for (text, expected) in cases {
        let rule = Rule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        match rule.evaluate(&signals, NOW) {
            Verdict::Holds(_) => assert!(expected, "{text} holds"),
            Verdict::Fails => assert!(!expected, "{text} fails"),
            Verdict::Unreadable => panic!("{text} is unreadable"),
        }
    }
}

#[test]
fn missing_and_wrong_kinds_are_unreadable_not_false() {
    let signals = signals();
    for text in ["missing > 1", "missing", "barcode > 3", "motion", "motion == 1 / 0 || missing", "motion.size() > 1"] {
        let verdict = Rule::parse(text).unwrap().evaluate(&signals, NOW);
        assert_eq!(verdict, Verdict::Unreadable, "{text}");
    }
}

#[test]
fn a_hit_tells_the_values_that_it_read() {
    let rule = Rule::parse("motion > 0.2 && weight.max(duration('5s')) > 3.0 && motion < 1").unwrap();
    let Verdict::Holds(values) = rule.evaluate(&signals(), NOW) else { panic!("it holds") };
    let expected =
        [("motion".to_owned(), FieldValue::Number(0.25)), ("weight.max(5s)".into(), FieldValue::Number(4.0))];
    assert_eq!(values, BTreeMap::from(expected));
}

#[test]
fn refusals_say_where_and_why() {
    let cases = [
        "",
        "motion >",
        "motion > 0.2 &&",
        "é.size() > 1",
        "[1, 2].all(x, x > 0)",
        "motion > 0.2 && [motion].exists(x, x > 1)",
        "weight.map(x, x)",
        "weight.filter(x, true)",
        "has(cam0.motion)",
        "motion.max('5s') > 1",
        "motion.max(duration('5 s')) > 1",
        "motion.max(duration('3h')) > 1",
        "motion.max(duration(window)) > 1",
        "motion.max() > 1",
        "motion.rise(1)",
        "motion.jump()",
        "jump(motion)",
        "(motion + 1).max(duration('5s')) > 1",
        "barcode.matches(pattern)",
        "barcode.matches('(')",
        "motion + 1",
        "'text'",
        "motion > 'a'\n && barcode > 1\n && (motion > 1) > 2",
        "!(motion + 1)",
        "motion > 0 && 3",
        "motion[0] > 1",
        "motion % 2 == 0",
        "motion == null",
        "barcode == b'x'",
        "motion in weights",
        "motion in [weight]",
        "{'a': motion}",
        "duration('5s') > 1",
        "motion > 1; drop",
    ];
    let mut report = String::new();
    for text in cases {
        let error = Rule::parse(text).expect_err(text);
        writeln!(report, "{text:?}\n    {error}").unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn limits_hold() {
    let long = format!("motion > {}1", "0".repeat(MAX_EXPRESSION_CHARS));
    let deep_brackets = format!("{}motion{} > 1", "(".repeat(500), ")".repeat(500));
    let deep_signs = format!("{}door", "!".repeat(1_000));
    let costly: Vec<_> = (0..60).map(|n| format!("a.max(duration('{}s'))>0", n + 1)).collect();
    let cases =
        [(long, "TooLong"), (deep_brackets, "TooDeep"), (deep_signs, "TooDeep"), (costly.join("||"), "TooCostly")];
    for (text, expected) in cases {
        let fault = Rule::parse(&text).unwrap_err().fault;
        assert!(format!("{fault:?}").starts_with(expected), "{fault:?}");
    }
    // A long chain is not deep: it is what a person writes.
    let chain: Vec<_> = (0..20).map(|n| format!("s{n} > {n}")).collect();
    Rule::parse(&chain.join(" || ")).unwrap();
}

#[test]
fn equal_reads_are_paid_for_once() {
    let text = vec!["m.max(duration('5s'))>1"; 60].join("||");
    let fault = Rule::parse(&text).map(|rule| rule.signals().count());
    assert_eq!(fault.unwrap(), 1, "cost stays below {MAX_COST}");
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic_or_hang(text in "[-a-c0-9.()!&|<>=?:'\\[\\]{} ,\"é]{0,120}") {
        if let Err(error) = Rule::parse(&text) {
            prop_assert!(error.position.line >= 1 && error.position.column >= 1);
            let is_costly = matches!(error.fault, RuleFault::TooCostly { .. });
            prop_assert!(!is_costly);
        }
    }

    #[test]
    fn a_comparison_is_the_comparison_of_its_numbers(value in -1e6..1e6_f64, limit in -1000_i32..1000) {
        let mut window = SignalWindow::new(Duration::ZERO);
        window.push(0, FieldValue::Number(value));
        let signals = BTreeMap::from([("x".to_owned(), window)]);
        let rule = Rule::parse(&format!("x > {limit}")).unwrap();
        let holds = matches!(rule.evaluate(&signals, 0), Verdict::Holds(_));
        prop_assert_eq!(holds, value > f64::from(limit));
    }
}
