//! Search on synthetic captures: `search [CAPTURES] [--check]`.
//!
//! Builds an index of that many captures (100,000 unless said) in a temporary directory and prints, as Markdown, how
//! long indexing, opening, searching and facets take over a fixed list of different queries, each run once after
//! opening ("first") and once more ("again"). `--check` compares every result with the evaluation of every row.

use std::time::Instant;

use anyhow::{Context, ensure};
use muster_benches::{
    durations::Durations,
    synthetic::{CLASSES, capture},
};
use muster_domain::query::{CaptureRow, KeywordField, Query, Sort, eval, parse};
use muster_index::{Index, Overlay, Snapshot};

const FACETS: [KeywordField; 8] = [
    KeywordField::Class,
    KeywordField::Site,
    KeywordField::Device,
    KeywordField::Trigger,
    KeywordField::Decision,
    KeywordField::Submission,
    KeywordField::Model,
    KeywordField::Tag,
];

/// Rows handed to the writer at once, as a sync would.
const BATCH: u32 = 10_000;

/// More than two hundred different queries, from everything to one capture.
fn queries() -> anyhow::Result<Vec<Query>> {
    let mut texts =
        vec![String::new(), "has:proposal".to_owned(), "conf:>0.99".to_owned(), "-has:annotation".to_owned()];
    for (place, class) in CLASSES.iter().enumerate().step_by(2) {
        let limit = 30 + place % 60;
        texts.push(format!("class:\"{class}\" conf:>0.{limit}"));
        texts.push(format!("class:\"{class}\" decision:undecided conf:0.{:02}..0.{:02}", limit / 2, limit));
        texts.push(format!("site:site-{:02} class:\"{class}\" decision:undecided", place % 40));
        texts.push(format!("-class:\"{class}\" trigger:motion after:2026-10-{:02}", 1 + place % 28));
        texts.push(format!("count(\"{class}\"):>=2"));
    }
    for place in 0..10 {
        texts.push(format!("device:cart-{place:02}* (class:person conf:>0.{place}) (class:car)"));
        texts.push(format!("signal.motion:>0.{place} captured:2026-09-{:02}", place + 1));
        texts.push(format!("\"{}\" class:person", ["exit", "no entry", "stop", "sal*", "street"][place % 5]));
        texts.push(format!("img_{:05}* OR img_{:05}*", place * 11, place * 7));
        texts.push(format!("caption:stop conf:>0.{place} -submission:submitted"));
        texts.push(format!("class:person (conf:<0.{place} OR decision:accepted) width:>=1280"));
    }
    texts.iter().map(|text| parse(text).with_context(|| text.clone())).collect()
}

fn build(index: &Index, captures: u32) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut writer = index.writer()?;
    let mut first = 0;
    while first < captures {
        let rows: Vec<CaptureRow> = (first..captures.min(first + BATCH)).map(|key| capture(key, 0)).collect();
        writer.apply(&rows, &[])?;
        first += BATCH;
        writer.commit(u64::from(first.min(captures)))?;
    }
    writer.close()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("indexed {captures} captures in {seconds:.1} s, {:.0} captures/s", f64::from(captures) / seconds);
    Ok(())
}

fn check(snapshot: &Snapshot, overlay: &Overlay, queries: &[Query], captures: u32) -> anyhow::Result<()> {
    let mut expected: Vec<u64> = vec![0; queries.len()];
    for key in (0..captures).filter(|key| !overlay.keys().contains(*key)) {
        let row = capture(key, 0);
        for (query, count) in queries.iter().zip(&mut expected) {
            *count += u64::from(eval(query, &row));
        }
    }
    for (query, expected) in queries.iter().zip(expected) {
        let overlaid = overlay.rows().iter().filter(|row| eval(query, row)).count() as u64;
        let found = snapshot.search(query, overlay, Sort::default())?.row_keys.len() as u64;
        ensure!(found == expected + overlaid, "{query}: {found} found, {} expected", expected + overlaid);
    }
    println!("checked: every count equals the evaluation of every row");
    Ok(())
}

fn measure(index: &Index, queries: &[Query], overlay: &Overlay) -> anyhow::Result<()> {
    let snapshot = index.snapshot()?;
    println!("| what | runs | p50 ms | p95 ms | max ms |\n| --- | --- | --- | --- | --- |");
    let mut sizes = Vec::new();
    for pass in ["first", "again"] {
        let (mut search, mut facets) = (Durations::default(), Durations::default());
        sizes.clear();
        for (query, sort) in queries.iter().zip(Sort::ALL.into_iter().cycle()) {
            let hits = search.time(|| snapshot.search(query, overlay, sort))?;
            facets.time(|| snapshot.facets(&hits, overlay, &FACETS))?;
            sizes.push(hits.row_keys.len());
        }
        println!("{}", search.row(&format!("search, {pass}")));
        println!("{}", facets.row(&format!("8 facets, {pass}")));
    }
    sizes.sort_unstable();
    println!("hits: least {}, median {}, most {}", sizes[0], sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let mut captures = 100_000;
    let mut checked = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--check" => checked = true,
            number => captures = number.parse().with_context(|| format!("`{number}` is not a number of captures"))?,
        }
    }
    ensure!(captures >= 1_000, "at least 1,000 captures are needed, so that the overlay has rows to edit");
    let dir = tempfile::tempdir()?;
    let queries = queries()?;
    build(&Index::open(dir.path())?, captures)?;
    let start = Instant::now();
    let index = Index::open(dir.path())?;
    println!("opened in {:.1} ms; {} queries", start.elapsed().as_secs_f64() * 1e3, queries.len());
    println!("\nWithout edits:");
    measure(&index, &queries, &Overlay::default())?;
    let overlay = Overlay::new((0..1_000).map(|key| capture(key, 1)).collect(), &[]);
    println!("\nWith 1,000 edited captures that are not indexed yet:");
    measure(&index, &queries, &overlay)?;
    if checked {
        check(&*index.snapshot()?, &overlay, &queries, captures)?;
    }
    Ok(())
}
