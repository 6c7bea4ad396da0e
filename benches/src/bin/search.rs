//! Search on a synthetic index: `search [--captures N] [--check] [--keep DIR]`.
//!
//! Builds an index of that many captures (100,000 unless said), or opens the one that `--keep` left, and prints as
//! Markdown how long indexing, opening, searching and facets take over the committed log of queries: each run once after
//! opening ("first"), once more ("again"), once while a writer indexes and commits new captures without pause, and over
//! 1,000 and 100,000 changed rows that are not indexed yet. `--check` compares every count with the evaluation of every
//! row.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, ensure};
use muster_benches::{durations::Durations, process::memory, queries, synthetic::capture};
use muster_domain::query::{
    CaptureRow, KeywordField, NumberField, Query, SortField, SortSpec, TimeField, ValueField, eval, parse,
};
use muster_index::{External, FacetField, GroupBy, HistogramField, Index, Request, View};

const FACETS: [KeywordField; 11] = [
    KeywordField::Class,
    KeywordField::Decision,
    KeywordField::Site,
    KeywordField::Device,
    KeywordField::Trigger,
    KeywordField::Submission,
    KeywordField::Origin,
    KeywordField::Model,
    KeywordField::Tag,
    KeywordField::Stream,
    KeywordField::Has,
];

/// Rows handed to the writer at once, and rows of one commit, as in a sync.
const BATCH: u32 = 10_000;
const COMMIT: u32 = 20_000;
const MEGABYTE: f64 = 1024.0 * 1024.0;

struct Asked {
    query: Query,
    sort: SortSpec,
}

fn asked() -> anyhow::Result<Vec<Asked>> {
    let read = |logged: queries::Logged| {
        let by = SortField::from_name(&logged.by).with_context(|| format!("no order {}", logged.by))?;
        Ok(Asked { query: parse(&logged.text)?, sort: SortSpec { by, descending: logged.descending } })
    };
    queries::log()?.into_iter().map(read).collect()
}

fn build(index: &Index, captures: u32) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut writer = index.writer()?;
    let mut first = 0;
    while first < captures {
        let rows: Vec<CaptureRow> = (first..captures.min(first + BATCH)).map(|key| capture(key, 0)).collect();
        writer.apply(&rows, &[])?;
        first += BATCH;
        if first % COMMIT == 0 || first >= captures {
            writer.commit(u64::from(first.min(captures)))?;
        }
    }
    writer.close()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("indexed {captures} captures in {seconds:.1} s, {:.0} captures/s", f64::from(captures) / seconds);
    Ok(())
}

fn check(view: &View, asked: &[Asked], captures: u32) -> anyhow::Result<()> {
    let mut expected: Vec<u64> = vec![0; asked.len()];
    for key in 0..captures {
        let row = capture(key, 0);
        for (asked, count) in asked.iter().zip(&mut expected) {
            *count += u64::from(eval(&asked.query, &row));
        }
    }
    for (asked, expected) in asked.iter().zip(expected) {
        let found = view.count(&asked.query, &External::default())?;
        ensure!(found == expected, "{}: {found} found, {expected} expected", asked.query);
    }
    println!("checked: every count equals the evaluation of every row");
    Ok(())
}

fn run(view: impl Fn() -> anyhow::Result<Arc<View>>, asked: &[Asked], pass: &str) -> anyhow::Result<()> {
    let (mut search, mut facets, mut histogram) = (Durations::default(), Durations::default(), Durations::default());
    let mut sizes = Vec::new();
    let external = External::default();
    let fields = FACETS.map(FacetField::Keyword);
    let spreads = [
        HistogramField::Time(TimeField::Captured),
        HistogramField::Number(NumberField::Confidence),
        HistogramField::Value(ValueField::Signal, "motion".to_owned()),
    ];
    let mut slow: Vec<(u128, String)> = Vec::new();
    for (asked, spread) in asked.iter().zip(spreads.iter().cycle()) {
        let request = Request { query: &asked.query, sort: &asked.sort, group: None, external: &external };
        let start = Instant::now();
        let (view, hits) = search.time(|| -> anyhow::Result<_> {
            let view = view()?;
            let hits = view.search(&request)?;
            Ok((view, hits))
        })?;
        slow.push((start.elapsed().as_micros(), format!("{} by {}", asked.query, asked.sort.by)));
        facets.time(|| view.facets(&hits, &fields))?;
        histogram.time(|| view.histogram(&hits, spread, 50))?;
        sizes.push(hits.row_keys.len());
    }
    println!("{}", search.row(&format!("search, {pass}")));
    println!("{}", facets.row(&format!("{} facets, {pass}", FACETS.len())));
    println!("{}", histogram.row(&format!("a histogram of 50 bins, {pass}")));
    sizes.sort_unstable();
    slow.sort_unstable();
    slow.reverse();
    for (micros, what) in &slow[..5] {
        eprintln!("{pass}: {:.1} ms {what}", *micros as f64 / 1e3);
    }
    eprintln!("hits: least {}, median {}, most {}", sizes[0], sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    Ok(())
}

fn memory_line(what: &str) -> anyhow::Result<()> {
    let used = memory("self")?;
    let [anonymous, mapped] = [used.anonymous, used.mapped].map(|bytes| bytes as f64 / MEGABYTE);
    println!("\n{what}: {anonymous:.0} MB anonymous, {mapped:.0} MB of mapped files\n");
    Ok(())
}

fn others(view: &View) -> anyhow::Result<()> {
    let external = External::default();
    let query = Query::everything();
    for by in ["id", "site", "device", "class", "conf", "width", "signal.motion", "relevance"] {
        let sort = SortSpec::descending(SortField::from_name(by).context("a field")?);
        let request = Request { query: &query, sort: &sort, group: None, external: &external };
        let [first, again] = [(); 2].map(|()| {
            let start = Instant::now();
            view.search(&request).map(|_| start.elapsed().as_secs_f64() * 1e3)
        });
        println!("all by {by}: first {:.1} ms, again {:.1} ms", first?, again?);
    }
    for group in [GroupBy::Site, GroupBy::Day, GroupBy::Device, GroupBy::Duplicate] {
        let sort = SortSpec::default();
        let start = Instant::now();
        let request = Request { query: &query, sort: &sort, group: Some(group), external: &external };
        let groups = view.search(&request)?.groups.len();
        println!("all in {groups} groups by {group:?}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    for (text, by) in [("class:bottle", "conf"), ("class:person conf:>0.5", "conf"), ("", "captured")] {
        let query = parse(text)?;
        let sort = SortSpec::descending(SortField::from_name(by).context("a field")?);
        let start = Instant::now();
        let found =
            view.search_annotations(&Request { query: &query, sort: &sort, group: None, external: &external })?;
        println!("{} annotations of `{text}` by {by}: {:.1} ms", found.len(), start.elapsed().as_secs_f64() * 1e3);
    }
    for text in ["sample:500 seed:7", "duplicate:exact", "class:person sample:500 seed:7"] {
        let query = parse(text)?;
        let sort = SortSpec::default();
        let start = Instant::now();
        let found = view.search(&Request { query: &query, sort: &sort, group: None, external: &external })?;
        println!("{} captures of `{text}`: {:.1} ms", found.row_keys.len(), start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

/// Indexes new captures without pause until told to stop, as a sync does.
fn write_on(index: &Index, captures: u32, stop: &AtomicBool) -> anyhow::Result<u32> {
    let mut writer = index.writer()?;
    let mut next = captures;
    while !stop.load(Ordering::Relaxed) {
        let rows: Vec<CaptureRow> = (next..next + 2_000).map(|key| capture(key, 0)).collect();
        writer.apply(&rows, &[])?;
        next += 2_000;
        if (next - captures).is_multiple_of(COMMIT) {
            writer.commit(u64::from(next))?;
        }
    }
    writer.commit(u64::from(next))?;
    writer.close()?;
    Ok(next - captures)
}

/// Searches while a writer indexes; a third thread makes each new state ready before searches see it.
fn while_writing(index: &Index, asked: &[Asked], captures: u32) -> anyhow::Result<()> {
    let stop = AtomicBool::new(false);
    let shown = std::sync::Mutex::new(Arc::new(View::of(index.snapshot()?)));
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let writing = scope.spawn(|| write_on(index, captures, &stop));
        let showing = scope.spawn(|| -> anyhow::Result<u32> {
            let mut states = 0;
            while !stop.load(Ordering::Relaxed) {
                let snapshot = index.snapshot()?;
                let current = shown.lock().map_err(|_| anyhow::anyhow!("a search panicked"))?.clone();
                if !Arc::ptr_eq(current.snapshot(), &snapshot) {
                    let view = View::of(snapshot);
                    view.warm()?;
                    *shown.lock().map_err(|_| anyhow::anyhow!("a search panicked"))? = Arc::new(view);
                    states += 1;
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            Ok(states)
        });
        let latest = || Ok(shown.lock().map_err(|_| anyhow::anyhow!("a search panicked"))?.clone());
        let measured =
            run(latest, asked, "while a writer indexes").and_then(|()| run(latest, asked, "the same, again"));
        stop.store(true, Ordering::Relaxed);
        let written = writing.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
        let states = showing.join().map_err(|_| anyhow::anyhow!("the other thread panicked"))??;
        println!("\n{written} captures were indexed and {states} states became current meanwhile\n");
        measured
    })
}

fn main() -> anyhow::Result<()> {
    let (mut captures, mut checked, mut kept) = (100_000, false, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => checked = true,
            "--keep" => kept = Some(PathBuf::from(arguments.next().context("--keep takes a folder")?)),
            "--captures" => captures = arguments.next().context("--captures takes a number")?.parse()?,
            number => captures = number.parse().with_context(|| format!("`{number}` is not a number of captures"))?,
        }
    }
    ensure!(captures >= 10_000, "at least 10,000 captures are needed");
    let temporary = tempfile::tempdir()?;
    let dir = kept.unwrap_or_else(|| temporary.path().to_owned());
    let asked = asked()?;
    if Index::open(&dir)?.snapshot()?.captures() == 0 {
        build(&Index::open(&dir)?, captures)?;
    }
    memory_line("after indexing")?;
    let start = Instant::now();
    let index = Index::open(&dir)?;
    let view = Arc::new(View::of(index.snapshot()?));
    let (query, sort, external) = (Query::everything(), SortSpec::default(), External::default());
    let hits = view.search(&Request { query: &query, sort: &sort, group: None, external: &external })?;
    let to_grid = start.elapsed().as_secs_f64() * 1e3;
    view.aspects(&hits, 133)?;
    view.days(&hits)?;
    view.facets(&hits, &FACETS.map(FacetField::Keyword))?;
    let to_facets = start.elapsed().as_secs_f64() * 1e3;
    println!(
        "opened to {} hits in {to_grid:.0} ms, to layout, days and facets in {to_facets:.0} ms",
        hits.row_keys.len()
    );
    println!("{} queries\n\n| what | runs | p50 ms | p95 ms | max ms |\n| --- | --- | --- | --- | --- |", asked.len());
    drop(hits);
    let same = || Ok(view.clone());
    run(same, &asked, "first")?;
    run(same, &asked, "again")?;
    for (changed, seq) in [(1_000, 1), (100_000.min(captures / 2), 2)] {
        let rows: Vec<CaptureRow> = (0..changed).map(|key| capture(key, seq)).collect();
        let start = Instant::now();
        let over = Arc::new(view.with(rows, &[], u64::from(captures + seq))?);
        let laid = start.elapsed().as_secs_f64() * 1e3;
        let same = || Ok(over.clone());
        run(same, &asked, &format!("over {changed} changed rows (laid over in {laid:.0} ms), first"))?;
        run(same, &asked, &format!("over {changed} changed rows, again"))?;
        let mut edits = Durations::default();
        for key in 0..200 {
            let edit = vec![capture(key, 3)];
            edits.time(|| -> anyhow::Result<_> {
                let after = over.with(edit, &[], u64::from(captures + 3))?;
                Ok(after.search(&Request { query: &query, sort: &sort, group: None, external: &external })?)
            })?;
        }
        println!("{}", edits.row("an edit more, and a search of everything"));
    }
    memory_line("with 100,000 changed rows over it")?;
    while_writing(&index, &asked, captures)?;
    memory_line("after writing")?;
    others(&view)?;
    memory_line("after every order")?;
    if checked {
        check(&view, &asked, captures)?;
    }
    Ok(())
}
