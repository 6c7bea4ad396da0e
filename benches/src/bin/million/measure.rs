//! What the application does on the library, timed from where the window calls it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use muster_app::{
    app::{App, AppOptions},
    marks::{self, Selection},
    place::Places,
    search, start,
};
use muster_benches::{durations::Durations, process, queries, queries::Logged};
use serde_json::{Value, json};

/// Captures on a page of the grid.
pub const PAGE: u32 = 100;
/// Edits that are looked for.
const EDITS: usize = 60;
/// Captures that are tagged at once.
const TAGGED: u32 = 100_000;
/// Between two edits, so that each finds the application at rest.
const REST: Duration = Duration::from_millis(150);

/// The application as a window has it, on a library.
pub struct Opened {
    app: App,
}

impl Opened {
    /// Opens the library as the window does: with the tasks in the background.
    pub async fn new(folder: &Path, background: bool) -> Result<Self> {
        let app = App::new(AppOptions::new(places(folder)?, background));
        start::open_library(&app, Some(folder.display().to_string()), false).await?;
        Ok(Self { app })
    }

    pub async fn search(&self, logged: &Logged) -> Result<search::SearchResult> {
        let sort = search::SortSpec { by: logged.by.clone(), descending: logged.descending };
        search::search(&self.app, logged.text.clone(), Some(sort), None).await.with_context(|| logged.text.clone())
    }

    pub async fn page(&self, search_id: u32, offset: u32) -> Result<Vec<search::GridItem>> {
        Ok(search::grid_page(&self.app, search_id, offset, PAGE).await?)
    }

    pub async fn facets(&self, search_id: u32) -> Result<Vec<search::Facet>> {
        Ok(search::facets(&self.app, search_id).await?)
    }

    pub async fn layout(&self, search_id: u32) -> Result<usize> {
        // Two bytes a capture.
        Ok(search::grid_layout(&self.app, search_id).await?.len() / 2)
    }

    pub async fn close(self) {
        self.app.close().await;
    }
}

/// Folders of its own, so that a person's settings stay out of it; models and runtime are not needed.
fn places(folder: &Path) -> Result<Places> {
    let home = folder.with_extension("home");
    std::fs::create_dir_all(&home)?;
    Ok(Places {
        config: home.join("config"),
        data: home.join("data"),
        cache: home.join("cache"),
        resources: Vec::new(),
    })
}

/// Everything; prints Markdown and returns the figures.
pub async fn measure(folder: &Path, tagging: bool) -> Result<Value> {
    let log = queries::log()?;
    let mut figures = serde_json::Map::new();
    let started = Instant::now();
    let opened = Opened::new(folder, true).await?;
    let open_ms = ms(started.elapsed());
    let everything = Logged { by: "captured".into(), descending: true, text: String::new() };
    let found = opened.search(&everything).await?;
    opened.page(found.search_id, 0).await?;
    let page_ms = ms(started.elapsed());
    opened.facets(found.search_id).await?;
    let facets_ms = ms(started.elapsed());
    println!(
        "{} captures; opened in {open_ms:.0} ms, first page after {page_ms:.0} ms, facets after {facets_ms:.0} ms",
        found.total
    );
    figures.insert("captures".into(), json!(found.total));
    figures.insert("open_ms".into(), json!({ "open": open_ms, "page": page_ms, "facets": facets_ms }));
    println!("\n| what | runs | p50 ms | p95 ms | max ms |\n| --- | --- | --- | --- | --- |");
    let still = pass(&opened, &log, "first run", found.total).await?;
    figures.insert("first".into(), still);
    figures.insert("memory_first".into(), memory()?);
    figures.insert("again".into(), pass(&opened, &log, "second run", found.total).await?);
    figures.insert("edit".into(), edits(&opened, &everything).await?);
    figures.insert("memory".into(), memory()?);
    opened.close().await;

    // Each query's first run again, in a fresh application, while another process writes what a sync delivers.
    let writer = Writer::start(folder)?;
    let opened = Opened::new(folder, true).await?;
    let busy = pass(&opened, &log, "first run, while captures arrive", found.total).await?;
    figures.insert("while_syncing".into(), busy);
    figures.insert("memory_while_syncing".into(), memory()?);
    writer.stop()?;
    if tagging {
        figures.insert("bulk_tag".into(), bulk_tag(&opened, &everything).await?);
        figures.insert("memory_after_bulk_tag".into(), memory()?);
    }
    opened.close().await;
    figures.insert("cpu_s".into(), json!(process::cpu_s("self")?));
    Ok(Value::Object(figures))
}

/// Every query once: the search, its facets, the shape of the grid and a page from anywhere in it.
async fn pass(opened: &Opened, log: &[Logged], name: &str, captures: u32) -> Result<Value> {
    let mut search = Durations::default();
    let mut facets = Durations::default();
    let mut layout = Durations::default();
    let mut page = Durations::default();
    let mut slowest: Vec<(Duration, String)> = Vec::new();
    let mut decades = [0_u32; 6];
    for (place, logged) in log.iter().enumerate() {
        let started = Instant::now();
        let found = opened.search(logged).await?;
        let took = started.elapsed();
        search.add(took);
        slowest.push((took, format!("{} by {}: {}", logged.text, logged.by, found.total)));
        let started = Instant::now();
        opened.facets(found.search_id).await?;
        facets.add(started.elapsed());
        let started = Instant::now();
        let shape = opened.layout(found.search_id).await?;
        layout.add(started.elapsed());
        ensure!(shape == found.total as usize, "{}: {shape} shapes of {}", logged.text, found.total);
        // Any page: somewhere else in each result.
        let offset = (u64::from(found.total) * (place as u64 * 37 % 100) / 100) as u32;
        let started = Instant::now();
        let items = opened.page(found.search_id, offset).await?;
        page.add(started.elapsed());
        ensure!(items.len() as u32 == PAGE.min(found.total - offset), "{}: {} items", logged.text, items.len());
        let portion = f64::from(found.total) / f64::from(captures);
        decades[(-portion.max(1e-6).log10()).floor().clamp(0.0, 5.0) as usize] += 1;
    }
    println!("{}", search.row(&format!("search, {name}")));
    println!("{}", facets.row(&format!("facets, {name}")));
    println!("{}", layout.row(&format!("shape of the grid, {name}")));
    println!("{}", page.row(&format!("page of {PAGE}, {name}")));
    slowest.sort_unstable_by(|a, b| b.cmp(a));
    for (took, text) in slowest.iter().take(5) {
        eprintln!("slow: {:.1} ms  {text}", ms(*took));
    }
    eprintln!("queries by share of the library (100 %, 10 %, 1 %, 0.1 %, 0.01 %, less): {decades:?}");
    Ok(json!({
        "search": figure(&search), "facets": figure(&facets), "layout": figure(&layout), "page": figure(&page),
        "queries_by_decade": decades,
    }))
}

/// An edit, then the search that must find it.
async fn edits(opened: &Opened, everything: &Logged) -> Result<Value> {
    let mut edit = Durations::default();
    let mut found = Durations::default();
    let all = opened.search(everything).await?;
    for number in 0..EDITS {
        tokio::time::sleep(REST).await;
        let offset = (all.total as usize / EDITS * number) as u32;
        let item = opened.page(all.search_id, offset).await?.into_iter().next().context("a capture")?;
        let tag = format!("edit-{number}-{}", std::process::id());
        let started = Instant::now();
        let selection = Selection::Captures { capture_ids: vec![item.capture_id.clone()] };
        marks::tag_selection(&opened.app, selection, tag.clone(), true).await?;
        edit.add(started.elapsed());
        let tagged = Logged { text: format!("tag:{tag}"), ..everything.clone() };
        let result = opened.search(&tagged).await?;
        found.add(started.elapsed());
        ensure!(result.total == 1, "the edit of {} is not found", item.capture_id);
    }
    println!("{}", edit.row("edit (tag a capture), durable"));
    println!("{}", found.row("edit and the search that finds it"));
    Ok(json!({ "edit": figure(&edit), "found": figure(&found) }))
}

/// A tag on many at once, then the search that must find them all.
async fn bulk_tag(opened: &Opened, everything: &Logged) -> Result<Value> {
    let all = opened.search(everything).await?;
    let count = TAGGED.min(all.total);
    let tag = format!("bulk-{}", std::process::id());
    let selection = Selection::everything(all.search_id, count);
    let started = Instant::now();
    marks::tag_selection(&opened.app, selection, tag.clone(), true).await?;
    let tagged_s = started.elapsed().as_secs_f64();
    let again = Instant::now();
    let result = opened.search(&Logged { text: format!("tag:{tag}"), ..everything.clone() }).await?;
    let search_ms = ms(again.elapsed());
    ensure!(result.total == count, "{} of {count} are tagged", result.total);
    println!("bulk tag of {count}: {tagged_s:.2} s, the next search {search_ms:.0} ms");
    Ok(json!({ "captures": count, "s": tagged_s, "next_search_ms": search_ms }))
}

/// Another process that writes what a sync delivers.
struct Writer(Child);

impl Writer {
    fn start(folder: &Path) -> Result<Self> {
        let child = Command::new(std::env::current_exe()?)
            .arg("deliver")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    fn stop(mut self) -> Result<()> {
        ensure!(self.0.try_wait()?.is_none(), "the process that delivers captures ended too early");
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

fn memory() -> Result<Value> {
    let memory = process::memory("self")?;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    println!("memory: {:.0} MB anonymous, {:.0} MB of mapped files", mb(memory.anonymous), mb(memory.mapped));
    Ok(json!({ "anonymous_mb": mb(memory.anonymous), "mapped_mb": mb(memory.mapped) }))
}

fn figure(durations: &Durations) -> Value {
    let [p50, p95, max] = [0.5, 0.95, 1.0].map(|share| ms(durations.percentile(share)));
    json!({ "runs": durations.len(), "p50_ms": p50, "p95_ms": p95, "max_ms": max })
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
