//! Opening, writing by one, reading by many, damage and rebuilding, completion.

use std::fs;

use muster_domain::query::{CaptureRow, KeywordField, SortSpec, parse};
use muster_index::{External, Index, IndexError, Request, View};
use proptest::strategy::{Strategy, ValueTree};

use crate::strategy;

pub fn rows(keys: std::ops::Range<u32>) -> Vec<CaptureRow> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    keys.map(|key| strategy::capture_row(key).new_tree(&mut runner).unwrap().current()).collect()
}

fn count(index: &Index, text: &str) -> usize {
    found(&View::of(index.snapshot().unwrap()), text).len()
}

/// The row keys that a query finds, latest captured first.
pub fn found(view: &View, text: &str) -> Vec<u32> {
    let (query, sort, external) = (parse(text).unwrap(), SortSpec::default(), External::default());
    let hits = view.search(&Request { query: &query, sort: &sort, group: None, external: &external }).unwrap();
    hits.row_keys.to_vec()
}

#[test]
fn survives_a_restart_and_is_seen_by_others() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    assert_eq!((index.indexed_seq().unwrap(), count(&index, "")), (0, 0));
    let other = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.apply(&rows(0..10), &[]).unwrap();
    assert_eq!(count(&other, ""), 0, "nothing is seen before the commit");
    writer.commit(7).unwrap();
    assert_eq!((other.indexed_seq().unwrap(), count(&other, "")), (7, 10));
    assert!(matches!(other.writer(), Err(IndexError::Busy { .. })));
    assert!(matches!(Index::rebuild(dir.path()), Err(IndexError::Busy { .. })));
    let before = other.snapshot().unwrap();
    writer.apply(&rows(5..12), &[0, 1, 99]).unwrap();
    writer.commit(8).unwrap();
    assert_eq!((before.indexed_seq(), before.captures()), (7, 10), "a snapshot stays as it is");
    writer.close().unwrap();
    drop((index, other));
    let index = Index::open(dir.path()).unwrap();
    assert_eq!((index.indexed_seq().unwrap(), count(&index, "")), (8, 10));
    let mut writer = index.writer().unwrap();
    writer.apply(&rows(2..3), &[]).unwrap();
    writer.commit(9).unwrap();
    assert_eq!(count(&index, ""), 10, "a new writer knows which rows have documents");
    assert!(index.damaged_files().unwrap().is_empty());
}

#[test]
fn damage_is_told_and_mended() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.apply(&rows(0..10), &[]).unwrap();
    writer.commit(7).unwrap();
    writer.close().unwrap();
    drop(index);
    for (name, bytes) in [("meta.json", &b"{"[..]), (".managed.json", b"?"), ("meta.json", b"")] {
        fs::write(dir.path().join("v2").join(name), bytes).unwrap();
        let error = Index::open(dir.path()).err().unwrap_or_else(|| panic!("{name} is damaged"));
        assert!(matches!(error, IndexError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("muster doctor"), "{error}");
        let index = Index::rebuild(dir.path()).unwrap();
        assert_eq!((index.indexed_seq().unwrap(), count(&index, "")), (0, 0));
        index.writer().unwrap().commit(7).unwrap();
    }
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.apply(&rows(0..10), &[]).unwrap();
    writer.commit(8).unwrap();
    writer.close().unwrap();
    let store = fs::read_dir(dir.path().join("v2")).unwrap().map(|entry| entry.unwrap().path());
    let fast = store.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "fast")).unwrap();
    let mut bytes = fs::read(&fast).unwrap();
    bytes[40] ^= 0xff;
    fs::remove_file(&fast).unwrap();
    fs::write(&fast, bytes).unwrap();
    assert_eq!(Index::open(dir.path()).unwrap().damaged_files().unwrap(), [fast]);
}

#[test]
fn an_index_of_an_older_version_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("v1")).unwrap();
    let index = Index::open(dir.path()).unwrap();
    assert!(dir.path().join("v1").exists(), "only the one that writes deletes");
    drop(index.writer().unwrap());
    assert!(!dir.path().join("v1").exists());
}

#[test]
fn completes_names_values_and_fields() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    let mut known = rows(0..60);
    for (row, site) in known.iter_mut().zip(["depot-1", "Depot 2", "Depot 2", "yard"].into_iter().cycle()) {
        row.site = Some(site.to_owned());
    }
    writer.apply(&known, &[]).unwrap();
    writer.commit(1).unwrap();
    let moved = CaptureRow { site: Some("dépôt 3".to_owned()), ..known[0].clone() };
    let view = View::of(index.snapshot().unwrap()).with(vec![moved], &[1], 2).unwrap();
    let texts = |text: &str| {
        let completions = view.complete_at(text, text.len(), 10).unwrap();
        let choices = completions.choices.into_iter().map(|choice| match choice.count {
            Some(count) => format!("{} {count}", choice.insert),
            None => choice.insert,
        });
        choices.collect::<Vec<_>>()
    };
    assert_eq!(texts("site:de"), ["\"Depot 2\" 29", "depot-1 14"]);
    assert_eq!(texts("site:dé"), ["\"dépôt 3\" 1"]);
    assert_eq!(texts("conf:>0.5 -su"), ["submission:"]);
    assert_eq!(texts("decision:und").len(), 1);
    assert_eq!(texts("has:vid").len(), 1);
    assert!(texts("signal.odd")[0].starts_with("\"odd name\": "));
    assert_eq!(texts("conf:0"), Vec::<String>::new());
    let values = view.complete(KeywordField::Site, "", 2).unwrap();
    assert_eq!(values, [("Depot 2".to_owned(), 29), ("yard".to_owned(), 15)]);
}

/// Names and texts that the engine would cut or refuse.
#[test]
fn takes_hostile_texts() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    let mut row = rows(0..1).remove(0);
    row.tags = vec![String::new(), "ä".repeat(50_000), "\0".to_owned()];
    row.site = Some(String::new());
    row.text = vec!["x".repeat(100_000), "ß ".repeat(60_000), String::new()];
    row.signals.insert(String::new(), muster_domain::field::FieldValue::Number(f64::NAN));
    writer.apply([&row], &[]).unwrap();
    writer.commit(1).unwrap();
    for (text, expected) in [("site:\"\"", 1), ("tag:ää*", 1), ("note:ß", 1), ("tag:*", 1), ("signal.\"\":*", 0)] {
        assert_eq!(count(&index, text), expected, "{text}");
    }
}
