//! The index says what row evaluation says: results, order, groups, facets, histograms and annotations, with and without
//! rows that are not indexed yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use muster_domain::{
    annotation::Decision,
    query::{
        CaptureRow, Duplicate, KeywordField, NumberField, Query, Sample, SetTest, SortField, SortSpec, ValueField,
        Zone, annotation_hits, annotation_number, capture_number, eval_with, keyword_values, parse, relevance,
    },
};
use muster_index::{External, FacetField, GroupBy, HistogramField, Hits, Index, Ranking, Request, View};
use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree};

use crate::strategy;

type Rows = BTreeMap<u32, CaptureRow>;

/// Which captures `duplicate:` means.
fn duplicates(rows: &Rows, kind: Duplicate) -> BTreeSet<u32> {
    let mut seen: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for row in rows.values() {
        if let Some(content) = row.content.filter(|content| *content != 0) {
            seen.entry(content).or_default().push(row.row_key);
        }
    }
    let shared = seen.into_values().filter(|keys| keys.len() > 1);
    shared.flat_map(|keys| keys.into_iter().skip(usize::from(kind == Duplicate::Extra))).collect()
}

/// Picks hold even rows, whatever their name; nothing else is known.
fn external(query: &Query, rows: &Rows) -> External {
    let picked = Arc::new(rows.keys().copied().filter(|key| key % 2 == 0).collect());
    let sets = query.set_tests().into_iter().filter(|test| matches!(test, SetTest::Pick(_)));
    External { sets: sets.map(|test| (test.clone(), Arc::clone(&picked))).collect(), ..External::default() }
}

/// What the sets hold.
fn sets(rows: &Rows) -> impl Fn(&SetTest, &CaptureRow) -> bool {
    let [exact, extra] = [Duplicate::Exact, Duplicate::Extra].map(|kind| duplicates(rows, kind));
    move |test, row| match test {
        SetTest::Pick(_) => row.row_key % 2 == 0,
        SetTest::Duplicate(kinds) => kinds.iter().any(|kind| match kind {
            Duplicate::Exact => exact.contains(&row.row_key),
            Duplicate::Extra => extra.contains(&row.row_key),
            Duplicate::Near => false,
        }),
        SetTest::Map(_) => false,
    }
}

fn matching<'a>(query: &Query, rows: &'a Rows) -> Vec<&'a CaptureRow> {
    let in_set = sets(rows);
    rows.values().filter(|row| eval_with(query, row, &in_set)).collect()
}

fn expected(query: &Query, rows: &Rows, sort: &SortSpec) -> Vec<u32> {
    let mut found = matching(query, rows);
    if sort.by == SortField::Relevance {
        found.sort_by_key(|row| (relevance(query, row), row.row_key));
        if sort.descending {
            found.reverse();
        }
    } else {
        found.sort_by(|left, right| sort.compare(left, right));
    }
    found.into_iter().map(|row| row.row_key).collect()
}

fn facet_of(query: &Query, rows: &Rows, values: impl Fn(&CaptureRow) -> BTreeSet<String>) -> Vec<(String, u64)> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for value in matching(query, rows).into_iter().flat_map(values) {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    counts
}

/// Bins over the numbers of the rows that match, and how many have none.
fn bins_of(
    query: &Query,
    rows: &Rows,
    numbers: impl Fn(&CaptureRow) -> Vec<f64>,
    bins: usize,
) -> Option<(f64, f64, Vec<u32>, u32)> {
    let all: Vec<Vec<f64>> = matching(query, rows).into_iter().map(numbers).collect();
    let least = all.iter().flatten().copied().reduce(f64::min)?;
    let greatest = all.iter().flatten().copied().reduce(f64::max)?;
    let width = (greatest - least) / bins as f64;
    let bin = |number: f64| if width > 0.0 { (((number - least) / width) as usize).min(bins - 1) } else { 0 };
    let mut counts = vec![0; bins];
    for numbers in &all {
        for bin in numbers.iter().map(|number| bin(*number)).collect::<BTreeSet<_>>() {
            counts[bin] += 1;
        }
    }
    Some((least, greatest, counts, all.iter().filter(|numbers| numbers.is_empty()).count() as u32))
}

fn risk(row: &CaptureRow) -> Option<f64> {
    let undecided = row.annotations.iter().filter(|annotation| annotation.decision == Decision::Undecided);
    undecided.filter_map(|annotation| annotation.confidence).reduce(f64::min)
}

fn sorts() -> Vec<SortSpec> {
    let fields = [
        SortField::Captured,
        SortField::Received,
        SortField::Risk,
        SortField::Relevance,
        SortField::Id,
        SortField::Keyword(KeywordField::Site),
        SortField::Keyword(KeywordField::Class),
        SortField::Keyword(KeywordField::Tag),
        SortField::Number(NumberField::Width),
        SortField::Number(NumberField::Duration),
        SortField::Number(NumberField::Confidence),
        SortField::Value(ValueField::Signal, "motion".to_owned()),
        SortField::Value(ValueField::Annotation, "Imu.X".to_owned()),
    ];
    fields.into_iter().flat_map(|by| [SortSpec::ascending(by.clone()), SortSpec::descending(by)]).collect()
}

fn found(view: &View, query: &Query, sort: &SortSpec, group: Option<GroupBy>, external: &External) -> Hits {
    view.search(&Request { query, sort, group, external }).unwrap()
}

fn agree(view: &View, rows: &Rows, queries: &[Query]) -> Result<(), TestCaseError> {
    prop_assert_eq!(view.captures(), rows.len() as u64);
    for query in queries {
        let external = external(query, rows);
        for sort in sorts() {
            let hits = found(view, query, &sort, None, &external);
            prop_assert_eq!(&hits.row_keys[..], expected(query, rows, &sort), "{} by {:?}", query, sort);
        }
        let usual = SortSpec::default();
        let hits = found(view, query, &usual, None, &external);
        prop_assert_eq!(view.count(query, &external).unwrap(), hits.row_keys.len() as u64, "{}", query);
        agree_on_counts(view, rows, query, &hits)?;
        agree_on_groups(view, rows, query, &external)?;
        agree_on_annotations(view, rows, query, &external)?;
        let sample = Query { sample: Some(Sample { size: 3, seed: 7 }), ..query.clone() };
        let drawn = found(view, &sample, &usual, None, &external);
        let mut ranked: Vec<(u64, u32)> = matching(query, rows)
            .into_iter()
            .map(|row| (Sample { size: 3, seed: 7 }.rank(row.capture_id.0.as_u64_pair().1), row.row_key))
            .collect();
        ranked.sort_unstable();
        // Ids repeat in these rows, so only the ranks are compared.
        let mut ranks: Vec<u64> = drawn
            .row_keys
            .iter()
            .map(|key| Sample { size: 3, seed: 7 }.rank(rows[key].capture_id.0.as_u64_pair().1))
            .collect();
        ranks.sort_unstable();
        prop_assert_eq!(ranks, ranked.iter().take(3).map(|(rank, _)| *rank).collect::<Vec<_>>(), "{}", query);
    }
    Ok(())
}

fn agree_on_counts(view: &View, rows: &Rows, query: &Query, hits: &Hits) -> Result<(), TestCaseError> {
    type Numbers<'a> = (HistogramField, &'a dyn Fn(&CaptureRow) -> Vec<f64>);
    let fields: Vec<FacetField> = KeywordField::ALL.into_iter().map(FacetField::Keyword).collect();
    for (facet, field) in view.facets(hits, &fields).unwrap().into_iter().zip(KeywordField::ALL) {
        let expected = facet_of(query, rows, |row| keyword_values(row, field).into_iter().map(str::to_owned).collect());
        prop_assert_eq!(facet.values, expected, "{} {:?}", query, field);
    }
    let motion = [FacetField::Value(ValueField::Signal, "motion".to_owned())];
    let texts = facet_of(query, rows, |row| {
        let values = row.signals.iter().filter(|(name, _)| *name == "motion");
        values.map(|(_, value)| value.to_text()).collect()
    });
    // -0 and 0 are one number to the index.
    let texts: BTreeSet<(String, u64)> = texts.into_iter().filter(|(value, _)| value != "-0" && value != "0").collect();
    let counted = view.facets(hits, &motion).unwrap().remove(0).values;
    let counted: BTreeSet<(String, u64)> = counted.into_iter().filter(|(value, _)| value != "0").collect();
    prop_assert_eq!(counted, texts, "{}", query);
    let confidences = |row: &CaptureRow| {
        let numbers = row.annotations.iter();
        numbers.filter_map(|annotation| annotation_number(annotation, NumberField::Confidence)).collect()
    };
    let histograms: [Numbers<'_>; 4] = [
        (HistogramField::Number(NumberField::Width), &|row| {
            capture_number(row, NumberField::Width).into_iter().collect()
        }),
        (HistogramField::Number(NumberField::Confidence), &confidences),
        (HistogramField::from_name("captured").unwrap(), &|row| vec![row.captured_at.0 as f64]),
        (HistogramField::Risk, &|row| risk(row).into_iter().collect()),
    ];
    for (field, numbers) in histograms {
        let counted = view.histogram(hits, &field, 5).unwrap();
        let counted = counted.map(|found| (found.least, found.greatest, found.bins, found.missing));
        prop_assert_eq!(counted, bins_of(query, rows, numbers, 5), "{} {:?}", query, field);
    }
    let shapes = view.aspects(hits, 133).unwrap();
    let aspect = |key: &u32| match (rows[key].width_px, rows[key].height_px) {
        (Some(width), Some(height)) => (f64::from(width) / f64::from(height) * 100.0).round() as u16,
        _ => 133,
    };
    prop_assert_eq!(shapes, hits.row_keys.iter().map(aspect).collect::<Vec<_>>());
    let again = view.located(hits).unwrap();
    prop_assert_eq!(view.aspects(&again, 133).unwrap(), view.aspects(hits, 133).unwrap());
    Ok(())
}

fn agree_on_groups(view: &View, rows: &Rows, query: &Query, external: &External) -> Result<(), TestCaseError> {
    type Label<'a> = (GroupBy, &'a dyn Fn(&CaptureRow) -> String);
    let content = |row: &CaptureRow| row.content.map_or_else(String::new, |content| content.to_string());
    let labels: [Label<'_>; 4] = [
        (GroupBy::Site, &|row| row.site.clone().unwrap_or_default()),
        (GroupBy::Device, &|row| row.device.clone().unwrap_or_default()),
        (GroupBy::Day, &|row| Zone::named(row.time_zone.as_deref()).day_of(row.captured_at.0).date),
        (GroupBy::Duplicate, &content),
    ];
    let sort = SortSpec::default();
    for (by, label) in labels {
        let hits = found(view, query, &sort, Some(by), external);
        let mut counted = 0;
        let mut seen = BTreeSet::new();
        for group in &hits.groups {
            prop_assert_eq!(group.first, counted, "groups follow each other");
            counted += group.count;
            let keys = &hits.row_keys[group.first as usize..counted as usize];
            prop_assert!(keys.windows(2).all(|pair| sort.compare(&rows[&pair[0]], &rows[&pair[1]]).is_lt()));
            if by != GroupBy::Duplicate || group.label.is_empty() {
                prop_assert!(seen.insert(group.label.clone()), "one group a label");
            }
            for key in keys.iter().filter(|_| by != GroupBy::Duplicate) {
                prop_assert_eq!(&group.label, &label(&rows[key]), "{} by {:?}", query, by);
            }
            if by == GroupBy::Duplicate && !group.label.is_empty() {
                let of = |key: &u32| label(&rows[key]);
                prop_assert!(keys.len() > 1 && keys.iter().all(|key| of(key) == of(&keys[0])));
            }
        }
        prop_assert_eq!(counted as usize, hits.row_keys.len());
        let mut keys = hits.row_keys.to_vec();
        keys.sort_unstable();
        prop_assert_eq!(keys, matching(query, rows).iter().map(|row| row.row_key).collect::<Vec<_>>());
    }
    Ok(())
}

fn agree_on_annotations(view: &View, rows: &Rows, query: &Query, external: &External) -> Result<(), TestCaseError> {
    let in_set = sets(rows);
    let mut expected: Vec<(u32, uuid::Uuid)> = Vec::new();
    for row in rows.values() {
        let places = annotation_hits(query, row, &in_set).into_iter();
        expected.extend(places.map(|place| (row.row_key, row.annotations[place].annotation_id.0)));
    }
    expected.sort_unstable();
    for sort in [SortSpec::default(), SortSpec::descending(SortField::Number(NumberField::Confidence))] {
        let request = Request { query, sort: &sort, group: None, external };
        let hits = view.search_annotations(&request).unwrap();
        let slice = view.annotation_slice(&hits, 0, usize::MAX).unwrap();
        let mut got: Vec<(u32, uuid::Uuid)> = slice.iter().map(|(key, id)| (*key, id.0)).collect();
        got.sort_unstable();
        prop_assert_eq!(&got, &expected, "annotations of {} by {:?}", query, sort.by);
    }
    let sort = SortSpec::descending(SortField::Number(NumberField::Confidence));
    let hits = view.search_annotations(&Request { query, sort: &sort, group: None, external }).unwrap();
    let confidence = |(key, id): &(u32, muster_domain::id::AnnotationId)| {
        let same = rows[key].annotations.iter().filter(|one| one.annotation_id == *id);
        same.filter_map(|one| one.confidence).fold(f64::NEG_INFINITY, f64::max)
    };
    let unique = rows.values().all(|row| {
        row.annotations.iter().map(|one| one.annotation_id.0).collect::<BTreeSet<_>>().len() == row.annotations.len()
    });
    if unique {
        let numbers: Vec<f64> = view.annotation_slice(&hits, 0, usize::MAX).unwrap().iter().map(confidence).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", numbers);
    }
    Ok(())
}

/// A batch of changes: rows that are new or changed, and rows that are gone.
#[derive(Debug, Clone)]
struct Batch {
    rows: Vec<CaptureRow>,
    removed: Vec<u32>,
}

impl Batch {
    /// The same, as changes of this number; what is removed and changed in one batch is changed.
    fn numbered(&self, seq: u64) -> Self {
        let rows: Vec<CaptureRow> = self.rows.iter().map(|row| CaptureRow { change_seq: seq, ..row.clone() }).collect();
        let gone = |key: &&u32| rows.iter().all(|row| row.row_key != **key);
        Self { removed: self.removed.iter().filter(gone).copied().collect(), rows }
    }
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

/// Now and then a query that asks for a set.
fn query() -> impl Strategy<Value = Query> {
    let set = select(vec!["pick:any", "duplicate:exact", "-duplicate:extra", "pick:a -pick:b"]);
    (strategy::query(), prop::option::weighted(0.3, set)).prop_map(|(query, set)| match set {
        Some(set) => query.and(parse(set).unwrap()),
        None => query,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn index_equals_evaluation(
        committed in vec(batch(), 1..4),
        edits in vec(batch(), 1..4),
        queries in vec(query(), 6..9),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(dir.path()).unwrap();
        let mut writer = index.writer().unwrap();
        let mut rows = Rows::new();
        for (seq, batch) in (1..).zip(&committed) {
            let batch = batch.numbered(seq);
            writer.apply(&batch.rows, &batch.removed).unwrap();
            writer.commit(seq).unwrap();
            change(&mut rows, &batch);
            let snapshot = index.snapshot().unwrap();
            prop_assert_eq!(snapshot.indexed_seq(), seq);
            prop_assert_eq!(snapshot.captures(), rows.len() as u64);
        }
        let mut view = View::of(index.snapshot().unwrap());
        agree(&view, &rows, &queries)?;

        // Edits that are not indexed yet, as a person or a sync makes them, one after the other.
        let edits: Vec<(u64, Batch)> = (10..).zip(&edits).map(|(seq, batch)| (seq, batch.numbered(seq))).collect();
        for (seq, batch) in &edits {
            view = view.with(batch.rows.clone(), &batch.removed, *seq).unwrap();
            change(&mut rows, batch);
            prop_assert_eq!(view.change_seq(), *seq);
        }
        agree(&view, &rows, &queries)?;

        // The first of them, indexed: the view takes it from there and keeps the others.
        let (first_seq, first) = &edits[0];
        writer.apply(&first.rows, &first.removed).unwrap();
        writer.commit(*first_seq).unwrap();
        let view = view.moved_to(index.snapshot().unwrap()).unwrap();
        agree(&view, &rows, &queries)?;

        // All of them.
        for (_, batch) in &edits[1..] {
            writer.apply(&batch.rows, &batch.removed).unwrap();
        }
        writer.commit(99).unwrap();
        let view = view.moved_to(index.snapshot().unwrap()).unwrap();
        prop_assert_eq!(view.overlaid(), 0);
        agree(&view, &rows, &queries)?;
        agree(&View::of(index.snapshot().unwrap()), &rows, &queries)?;
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
        "conf:!0.2..0.5 class:person",
    ];
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut rows = Rows::new();
    let mut hostile = 0;
    for key in 0..1_000 {
        let row = strategy::capture_row(key).new_tree(&mut runner).unwrap().current();
        let halves = ["class:person", "conf:>0.5"].map(|half| muster_domain::query::eval(&parse(half).unwrap(), &row));
        let both = muster_domain::query::eval(&parse(queries[0]).unwrap(), &row);
        hostile += u32::from(halves == [true, true] && !both);
        rows.insert(key, row);
    }
    assert!(hostile > 20, "only {hostile} hostile rows");
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.apply(rows.values(), &[]).unwrap();
    writer.commit(1).unwrap();
    let queries = queries.map(|text| parse(text).unwrap());
    let view = View::of(index.snapshot().unwrap());
    view.warm().unwrap();
    agree(&view, &rows, &queries).unwrap();
    // The same rows, none of them indexed.
    let empty = tempfile::tempdir().unwrap();
    let index = Index::open(empty.path()).unwrap();
    let view = View::of(index.snapshot().unwrap()).with(rows.values().cloned().collect(), &[], 1).unwrap();
    agree(&view, &rows, &queries).unwrap();
}

/// Nearness keeps what is ranked and found, in the order of the ranking; a sample comes after it.
#[test]
fn ranks_what_is_near() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let rows: Rows =
        (0..40).map(|key| (key, strategy::capture_row(key).new_tree(&mut runner).unwrap().current())).collect();
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    let mut writer = index.writer().unwrap();
    writer.apply(rows.values().take(30), &[]).unwrap();
    writer.commit(1).unwrap();
    let fresh = rows.values().skip(30).cloned().collect();
    let view = View::of(index.snapshot().unwrap()).with(fresh, &[], 2).unwrap();
    let nearest: Vec<(u32, f32)> = [35, 3, 31, 77, 8, 2].into_iter().zip([0.0, 0.1, 0.2, 0.2, 0.5, 0.9]).collect();
    let external = External { ranking: Some(Ranking { nearest }), ..External::default() };
    let near = parse("similar:0198f3a2").unwrap();
    let sort = muster_index::usual_sort(&near);
    assert_eq!(found(&view, &near, &sort, None, &external).row_keys[..], [35, 3, 31, 8, 2]);
    let farthest = SortSpec::descending(SortField::Distance);
    assert_eq!(found(&view, &near, &farthest, None, &external).row_keys[..], [2, 8, 31, 3, 35]);
    let sampled = parse("similar:0198f3a2 sample:2 seed:1").unwrap();
    let drawn = found(&view, &sampled, &sort, None, &external);
    assert_eq!(drawn.row_keys.len(), 2);
    let filtered = parse("similar:0198f3a2 -has:annotation").unwrap();
    let expected: Vec<u32> = [35, 3, 31, 8, 2].into_iter().filter(|key| rows[key].annotations.is_empty()).collect();
    assert_eq!(found(&view, &filtered, &sort, None, &external).row_keys[..], expected);
}
