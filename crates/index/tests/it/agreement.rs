//! The index says what row evaluation says: results, order, facets, with and without an overlay of edits.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    annotation::Decision,
    query::{CaptureRow, KeywordField, NumberField, Query, Sort, eval, keyword_values, parse},
};
use muster_index::{Index, Overlay, Snapshot};
use proptest::{collection::vec, prelude::*, strategy::ValueTree};

use crate::strategy;

type Rows = BTreeMap<u32, CaptureRow>;

fn expected(query: &Query, rows: &Rows, sort: Sort) -> Vec<u32> {
    let mut found: Vec<(u64, u32)> =
        rows.values().filter(|row| eval(query, row)).map(|row| (sort.key(row), row.row_key)).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, row_key)| row_key).collect()
}

fn expected_facet(query: &Query, rows: &Rows, field: KeywordField) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows.values().filter(|row| eval(query, row)) {
        for value in keyword_values(row, field).into_iter().collect::<BTreeSet<_>>() {
            *counts.entry(value).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().map(|(value, count)| (value.to_owned(), count)).collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    counts
}

fn least_undecided(row: &CaptureRow) -> Option<f64> {
    let undecided = row.annotations.iter().filter(|annotation| annotation.decision == Decision::Undecided);
    undecided.filter_map(|annotation| annotation.confidence).min_by(f64::total_cmp)
}

fn agree(snapshot: &Snapshot, overlay: &Overlay, rows: &Rows, queries: &[Query]) -> Result<(), TestCaseError> {
    for query in queries {
        for sort in Sort::ALL {
            let hits = snapshot.search(query, overlay, sort).unwrap();
            prop_assert_eq!(&hits.row_keys[..], expected(query, rows, sort), "{} by {}", query, sort.name());
        }
        let hits = snapshot.search(query, overlay, Sort::Risk).unwrap();
        prop_assert_eq!(snapshot.count(query, overlay).unwrap(), hits.row_keys.len() as u64, "{}", query);
        let in_order = |number: &dyn Fn(&CaptureRow) -> Option<f64>| {
            hits.row_keys.iter().map(|key| number(&rows[key])).collect::<Vec<_>>()
        };
        let widths = snapshot.capture_numbers(&hits, overlay, NumberField::Width).unwrap();
        prop_assert_eq!(widths, in_order(&|row| row.width_px.map(f64::from)), "{}", query);
        let captured: Vec<i64> = hits.row_keys.iter().map(|key| rows[key].captured_at.0).collect();
        prop_assert_eq!(snapshot.captured_micros(&hits, overlay).unwrap(), captured, "{}", query);
        prop_assert_eq!(snapshot.risks(&hits, overlay).unwrap(), in_order(&least_undecided), "{}", query);
        for facet in snapshot.facets(&hits, overlay, &KeywordField::ALL).unwrap() {
            prop_assert_eq!(facet.values, expected_facet(query, rows, facet.field), "{} {:?}", query, facet.field);
        }
    }
    Ok(())
}

/// A batch of changes: rows that are new or changed, and rows that are gone.
#[derive(Debug, Clone)]
struct Batch {
    rows: Vec<CaptureRow>,
    removed: Vec<u32>,
}

fn batch() -> impl Strategy<Value = Batch> {
    (vec((0_u32..24).prop_flat_map(strategy::capture_row), 0..8), vec(0_u32..24, 0..3))
        .prop_map(|(rows, removed)| Batch { rows, removed })
}

fn change(rows: &mut Rows, batch: &Batch) {
    for key in &batch.removed {
        rows.remove(key);
    }
    rows.extend(batch.rows.iter().map(|row| (row.row_key, row.clone())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn index_equals_evaluation(
        committed in vec(batch(), 1..4),
        edits in batch(),
        queries in vec(strategy::query(), 8..12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(dir.path()).unwrap();
        let mut writer = index.writer().unwrap();
        let mut rows = Rows::new();
        for (seq, batch) in (1..).zip(&committed) {
            writer.apply(&batch.rows, &batch.removed).unwrap();
            writer.commit(seq).unwrap();
            change(&mut rows, batch);
            let snapshot = index.snapshot().unwrap();
            prop_assert_eq!(snapshot.indexed_seq(), seq);
            prop_assert_eq!(snapshot.captures(), rows.len() as u64);
        }
        let snapshot = index.snapshot().unwrap();
        agree(&snapshot, &Overlay::default(), &rows, &queries)?;

        // Edits that are not indexed yet, as a person or a sync makes them.
        let gone: Vec<u32> =
            edits.removed.iter().copied().filter(|key| edits.rows.iter().all(|row| row.row_key != *key)).collect();
        let overlay = Overlay::new(edits.rows.clone(), &gone);
        change(&mut rows, &edits);
        agree(&snapshot, &overlay, &rows, &queries)?;

        // The same edits, indexed: with the overlay that is now too large, and without.
        writer.apply(&edits.rows, &gone).unwrap();
        writer.commit(99).unwrap();
        let snapshot = index.snapshot().unwrap();
        agree(&snapshot, &overlay, &rows, &queries)?;
        agree(&snapshot, &Overlay::default(), &rows, &queries)?;
    }
}

/// Rows whose annotations pass each predicate, but no annotation passes both.
#[test]
fn hostile_pairs() {
    let queries = [
        "class:person conf:>0.5",
        "class:person decision:accepted",
        "class:person (conf:>0.5 OR decision:accepted)",
        "class:person -(class:car conf:>0.5)",
        "(class:person) (conf:>0.5)",
        "caption:entry conf:>0.5",
        "annotation.motion:5 class:person",
        "class:person box_width:>1 box_height:>1",
        "count(class:person conf:>0.5):0 class:person",
        "conf:>0.5 conf:<0.6",
    ];
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut rows = Rows::new();
    let mut hostile = 0;
    for key in 0..3_000 {
        let row = strategy::capture_row(key).new_tree(&mut runner).unwrap().current();
        let halves = ["class:person", "conf:>0.5"].map(|half| eval(&parse(half).unwrap(), &row));
        hostile += u32::from(halves == [true, true] && !eval(&parse(queries[0]).unwrap(), &row));
        rows.insert(key, row);
    }
    assert!(hostile > 50, "only {hostile} hostile rows");
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.apply(rows.values(), &[]).unwrap();
    writer.commit(1).unwrap();
    let queries = queries.map(|text| parse(text).unwrap());
    agree(&index.snapshot().unwrap(), &Overlay::default(), &rows, &queries).unwrap();
}
