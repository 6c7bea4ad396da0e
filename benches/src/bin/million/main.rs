//! A library of a million captures, and how long everything takes on it.
//!
//! ```text
//! million make FOLDER [CAPTURES]     makes the library, unless it is there with as many captures
//! million export FILE [CAPTURES]     the same captures as lines of JSON, for `benches/peers`
//! million measure FOLDER RESULT      times everything on it, prints Markdown, and writes the figures as JSON
//! million ask FOLDER QUERIES.json     asks what `benches/peers` asks of the others
//! million plot FILE.svg RESULT…      draws what several sizes gave (results, and what `make` wrote beside each library)
//! million deliver FOLDER             writes captures as a sync does, until it is killed
//! ```
//! The library has five proposals a capture, a realistic spread of sites, devices, classes, times and texts, some
//! decisions, statements and tags, and a real thumbnail for every capture. All of it goes through the store's own calls.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use muster_benches::{made, process, queries};

mod ask;
mod export;
mod make;
mod measure;
mod plotted;

/// How many captures, where nobody says otherwise.
const CAPTURES: u32 = 1_000_000;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let captures = |place: usize| -> Result<u32> {
        arguments.get(place).map_or(Ok(CAPTURES), |text| text.parse().context("the number of captures"))
    };
    match arguments.first().map(String::as_str) {
        Some("make") => {
            let folder = arguments.get(1).context("make FOLDER [CAPTURES]")?;
            make::make(Path::new(folder), captures(2)?).await
        }
        Some("export") => {
            let file = arguments.get(1).context("export FILE [CAPTURES]")?;
            export::export(Path::new(file), captures(2)?)
        }
        Some("deliver") => make::deliver(Path::new(arguments.get(1).context("deliver FOLDER")?)).await,
        Some("measure") => {
            let folder = Path::new(arguments.get(1).context("measure FOLDER RESULT")?);
            let result = arguments.get(2).context("measure FOLDER RESULT")?;
            let figures = measure::measure(folder, true).await?;
            Ok(std::fs::write(result, serde_json::to_string_pretty(&figures)?)?)
        }
        Some("ask") => {
            let (folder, queries) = (arguments.get(1), arguments.get(2));
            let (folder, queries) = folder.zip(queries).context("ask FOLDER QUERIES.json")?;
            ask::ask(Path::new(folder), Path::new(queries)).await
        }
        Some("plot") => {
            let file = Path::new(arguments.get(1).context("plot FILE.svg RESULT…")?);
            plotted::plot(file, arguments.get(2..).unwrap_or_default())
        }
        _ => bail!("million make | export | measure | plot | deliver: see the head of benches/src/bin/million/main.rs"),
    }
}

fn photos_folder() -> PathBuf {
    let data = std::env::var_os("MUSTER_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    data.join("photos/street128/images")
}

/// Does something, and prints how many things a second and what CPU time it took.
async fn rated<T>(what: &str, things: u64, act: impl Future<Output = Result<T>>) -> Result<T> {
    let (started, cpu) = (Instant::now(), process::cpu_s("self")?);
    let done = act.await?;
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), process::cpu_s("self")? - cpu);
    let rate = things as f64 / seconds;
    println!("{what}: {things} in {seconds:.1} s, {rate:.0}/s, {cpu:.1} CPU seconds");
    Ok(done)
}
