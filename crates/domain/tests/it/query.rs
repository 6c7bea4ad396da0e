//! The query language: what is accepted, what is refused and where, and what it means.

use std::{collections::BTreeMap, fmt::Write};

use muster_domain::{
    annotation::Decision,
    field::FieldValue,
    id::{AnnotationId, CaptureId},
    query::{AnnotationRow, CaptureRow, Expr, Query, eval, fields, parse},
    time::UtcMicros,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::strategy;

fn annotation(class: &str, confidence: Option<f64>, decision: Decision) -> AnnotationRow {
    AnnotationRow {
        annotation_id: AnnotationId(Uuid::from_u128(0xabcd << 112)),
        class: class.to_owned(),
        decision,
        origin: if confidence.is_some() { "model" } else { "person" },
        model: confidence.map(|_| "coco-ssd@1".to_owned()),
        confidence,
        kind: "box",
        width_px: Some(20.0),
        height_px: Some(40.0),
        layer: "main".to_owned(),
        text: None,
        user_fields: BTreeMap::from([("occluded".to_owned(), FieldValue::Boolean(true))]),
    }
}

/// A person at 0.2 and a car at 0.9, both proposals.
fn row() -> CaptureRow {
    CaptureRow {
        row_key: 1,
        change_seq: 1,
        capture_id: CaptureId(Uuid::from_u128(0x0198_f3a2 << 96)),
        site: Some("Depot-1".to_owned()),
        device: Some("cart-7".to_owned()),
        trigger: Some("motion".to_owned()),
        streams: vec!["front".to_owned(), "rear".to_owned()],
        media: vec!["image"],
        paths: vec!["street/IMG_0042.jpg".to_owned()],
        time_zone: Some("Europe/Berlin".to_owned()),
        content: None,
        captured_at: muster_domain::query::Moment::parse("2026-11-20T14:06:31Z").unwrap().start(),
        received_at: UtcMicros(0),
        width_px: Some(1920),
        height_px: None,
        duration_s: None,
        latitude: Some(52.5),
        longitude: None,
        signals: BTreeMap::from([("motion".to_owned(), FieldValue::Number(0.4))]),
        user_fields: BTreeMap::from([
            ("weather".to_owned(), FieldValue::Text("Rain".to_owned())),
            ("shift".to_owned(), FieldValue::Number(5.0)),
            ("due".to_owned(), FieldValue::Text("2026-12-01".to_owned())),
        ]),
        tags: vec!["seen".to_owned()],
        submission: "none",
        model_runs: vec!["coco-ssd@1".to_owned()],
        text: vec!["blurred, check again".to_owned()],
        annotations: vec![
            annotation("person", Some(0.2), Decision::Undecided),
            annotation("car", Some(0.9), Decision::Undecided),
            AnnotationRow {
                text: Some("NO ENTRY".to_owned()),
                kind: "caption",
                ..annotation("text", Some(0.7), Decision::Accepted)
            },
        ],
    }
}

fn check(text: &str, expected: bool) {
    let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(eval(&query, &row()), expected, "{text}\n{query:?}");
}

const MATCHING: &[&str] = &[
    "",
    "site:depot-1 class:person decision:undecided conf:<0.5 after:2026-11-01 \"no entry\"",
    "SITE:DEPOT-1",
    "site:dep*",
    "site:*",
    "device:cart-7,cart-8",
    "device:(cart-8, \"cart-7\")",
    "device:(cart-8 OR cart-7)",
    "device:!cart-8",
    "stream:rear",
    "id:0198f3a2",
    "id:0198f3a2-0000*",
    "0198f3a2",
    "annotation:abcd",
    "captured:2026-11-20",
    "captured:2026-11",
    "captured:2026",
    "captured:>=2026-11-20",
    "captured:<=2026-11-20",
    "captured:2026-11-20T14:06Z",
    "captured:2026-11-20T15:06+01:00",
    "captured:2026-11-19..2026-11-20",
    "after:2026-11-20 before:2026-11-21",
    "received:1970",
    "conf:0.2",
    "conf:20%",
    "conf:0.15..0.25",
    "conf:>0.89",
    "conf:..0.2",
    "conf:0.9..",
    "conf:<0.1,>0.8",
    "confidence:*",
    "width:1920",
    "box_width:<=20 box_height:=40",
    "signal.motion:>0.2",
    "signal.\"motion\":0.4",
    "Signal.Motion:0.40",
    "field.weather:rain",
    "field.weather:ra*",
    "field.weather:!sun",
    "field.shift:5.0",
    "field.shift:=5",
    "field.due:<2027-01-01",
    "annotation.occluded:true",
    "has:image -has:video",
    "has:proposal has:caption",
    "submission:none",
    "run:coco-ssd*",
    "tag:seen",
    "kind:box origin:model model:coco-ssd@1 layer:main",
    "caption:\"no entry\" conf:0.7",
    "path:img",
    "note:blurred",
    "img_0042.jpg",
    "entr*",
    "depot",
    "person",
    "motion front",
    "count(person):1",
    "count(*):3",
    "count(person,car):>=2",
    "count(conf:>0.5 decision:undecided):1",
    "count(bicycle):0",
    "class:bicycle OR class:car conf:>0.8",
    "site:other OR site:depot-1",
    "NOT site:other",
    "--site:depot-1",
    "NOT NOT site:depot-1",
    "site:depot-1 AND (class:bus OR class:car)",
];

#[test]
fn finds_the_row() {
    for text in MATCHING {
        check(text, true);
    }
}

#[test]
fn does_not_find_the_row() {
    for text in [
        "site:depot",
        "-site:*",
        "device:!cart-7",
        "height:*",
        "height:!5",
        "-has:image",
        "captured:>2026-11-20",
        "captured:<2026-11-20",
        "before:2026-11-20",
        "after:2026-11-21",
        "field.weather:>3",
        "field.absent:!x",
        "signal.motion:!0.4",
        "\"entry no\"",
        "entr",
        "count(person):>=2",
        "decision:rejected",
        "-(class:person)",
    ] {
        check(text, false);
    }
}

/// One group, one annotation.
#[test]
fn a_group_binds_one_annotation() {
    for (text, expected) in [
        ("class:person conf:>0.5", false),
        ("conf:>0.5 class:person", false),
        ("class:person site:depot-1 conf:>0.5", false),
        ("class:person (conf:>0.5)", true),
        ("(class:person) (conf:>0.5)", true),
        ("class:person (conf:>0.5 OR decision:accepted)", false),
        ("class:person ((conf:>0.5 OR decision:accepted))", true),
        ("class:person (conf:>0.5 OR conf:<0.3)", true),
        ("class:person (conf:>0.5 OR site:depot-1)", true),
        ("(class:person OR class:bus) (conf:>0.5 OR decision:accepted)", false),
        ("class:person class:car", false),
        ("(class:person) (class:car)", true),
        ("class:person (class:car conf:>0.5)", true),
        ("class:person (class:car conf:<0.5)", false),
        ("class:car -class:person", false),
        ("class:car -(class:person conf:>0.5)", true),
        ("class:car -decision:rejected", true),
        ("class:person -decision:accepted", false),
        ("class:person decision:!accepted", true),
        ("class:!person,car conf:0.7", true),
        ("-class:bicycle", true),
        ("-(class:bicycle OR class:person)", false),
        ("caption:entry conf:0.9", false),
        ("\"no entry\" conf:0.9", true),
        ("annotation.occluded:true class:car conf:0.2", false),
    ] {
        check(text, expected);
    }
}

#[test]
fn a_capture_without_annotations_passes_tests_of_captures() {
    let bare = CaptureRow { annotations: Vec::new(), ..row() };
    for (text, expected) in [
        ("class:person OR site:depot-1", true),
        ("-class:person", true),
        ("class:!person", false),
        ("count(*):0", true),
        ("(class:a OR site:depot-1) (class:b OR tag:seen)", true),
    ] {
        assert_eq!(eval(&parse(text).unwrap(), &bare), expected, "{text}");
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    let mut messages = String::new();
    for text in [
        "clas:person",
        "größe:5 ",
        "http://x",
        "ä devcie:x",
        "site:",
        "site: depot-1",
        "site:a,",
        "class:(person car)",
        "class:(person",
        "class:>5",
        "decision:undecide",
        "has:videos",
        "conf:high",
        "conf:> 0.5",
        "conf:0.9..0.1",
        "conf:0.5*",
        "captured:yesterday",
        "captured:2026-12..2026-11",
        "after:2026-11-01,2026-11-02",
        "before:>2026",
        "id:xyz",
        "id:019",
        "path:!street",
        "signal.:5",
        "signal.\"motion\"",
        "signal.motion:>fast",
        "count(person)",
        "count(site:a):1",
        "count(person:1",
        "!class:person",
        "a || b",
        "a OR",
        "OR a",
        "a AND OR b",
        "NOT",
        "a -",
        "(a",
        "a)",
        "()",
        "ab*cd",
        "site:de*ot",
        "\"no entry",
    ] {
        let error = parse(text).expect_err(text);
        let place: String =
            text.chars().enumerate().map(|(at, _)| if error.chars.contains(&at) { '^' } else { ' ' }).collect();
        assert_eq!(text[error.bytes.clone()].chars().count(), error.chars.len(), "{text}");
        write!(messages, "{text}\n{}\n  {error}\n", place.trim_end()).unwrap();
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn survives_hostile_lengths() {
    assert!(parse(&"(".repeat(5_000)).is_err());
    assert!(parse(&"-".repeat(5_000)).is_err());
    assert!(parse(&"count(".repeat(5_000)).is_err());
    assert!(parse(&"a ".repeat(40_000)).is_err());
    assert!(parse(&"NOT ".repeat(1_000)).is_err());
    assert!(parse(&"a ".repeat(30_000)).is_ok());
}

#[test]
fn the_table_of_fields_is_true() {
    for info in fields() {
        let query = parse(info.example).unwrap_or_else(|error| panic!("{}: {error}", info.name));
        assert_eq!(query.root.binds(), info.of_annotation, "{}", info.name);
        assert!(info.example.contains(info.name), "{}", info.name);
    }
}

#[test]
fn queries_join_without_sharing_annotations() {
    let both = parse("class:person").unwrap().and(parse("conf:>0.5 OR site:x").unwrap());
    assert!(eval(&both, &row()));
    assert_eq!(both.to_string(), "(class:person) ((conf:>0.5 OR site:x))");
    assert_eq!(Query::everything().and(Query::everything()).root, Expr::Everything);
}

/// Queries with any text in them.
fn wild_query() -> impl Strategy<Value = Query> {
    strategy::expr(&any::<String>().boxed(), any::<String>().boxed()).prop_map(Query::of)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(query in prop_oneof![strategy::query(), wild_query()]) {
        let text = query.to_string();
        let back = parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(back, query, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "[ -~äx出\"():,*!<>=.-]{0,24}") {
        match parse(&text) {
            Ok(query) => {
                let again = query.to_string();
                prop_assert_eq!(parse(&again), Ok(query), "{}", again);
            }
            Err(error) => {
                prop_assert!(text.get(error.bytes.clone()).is_some(), "{error:?}");
                prop_assert!(error.chars.end <= text.chars().count());
            }
        }
    }

    #[test]
    fn completion_never_leaves_the_text(text in "[ -~ä]{0,16}", cursor in 0_usize..24) {
        let completion = muster_domain::query::completion_at(&text, cursor);
        prop_assert!(text.get(completion.bytes).is_some());
    }

    #[test]
    fn negation_is_the_complement(query in strategy::query(), row in strategy::capture_row(1)) {
        let not = Query::of(Expr::negate(query.root.clone()));
        prop_assert_eq!(eval(&not, &row), !eval(&query, &row));
    }
}
