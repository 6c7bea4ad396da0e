//! The peers' queries on Muster: how many match, and the first hundred with their boxes; cold, then warm.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use muster_benches::{process, queries::Logged};
use serde_json::{Value, json};

use crate::measure::{Opened, PAGE};

/// Runs after the first.
const WARM_RUNS: usize = 5;

/// Prints one JSON in the form of `benches/peers/measured.py`.
pub async fn ask(folder: &Path, queries: &Path) -> Result<()> {
    let started = Instant::now();
    let text = std::fs::read_to_string(queries).with_context(|| queries.display().to_string())?;
    let queries: Vec<Value> = serde_json::from_str(&text)?;
    let opened = Opened::new(folder, false).await?;
    let opened_s = started.elapsed().as_secs_f64();
    let mut results = Vec::new();
    for query in &queries {
        let text = query["muster"].as_str().context("each query has its text for Muster")?;
        let logged = Logged { by: "captured".into(), descending: true, text: text.to_owned() };
        let (mut first, mut deep, mut classes, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for _ in 0..=WARM_RUNS {
            let run = Instant::now();
            let found = opened.search(&logged).await?;
            let page = opened.page(found.search_id, 0).await?;
            first.push(run.elapsed().as_secs_f64() * 1e3);
            ensure!(page.len() as u32 == PAGE.min(found.total), "{text}: {} on the first page", page.len());
            count = found.total;
            let run = Instant::now();
            let again = opened.search(&logged).await?;
            opened.page(again.search_id, (f64::from(count) * 0.9) as u32).await?;
            deep.push(run.elapsed().as_secs_f64() * 1e3);
            let run = Instant::now();
            let again = opened.search(&logged).await?;
            opened.facets(again.search_id).await?;
            classes.push(run.elapsed().as_secs_f64() * 1e3);
        }
        results.push(json!({
            "name": query["name"], "count": count,
            "cold_ms": first[0], "warm_ms": median(&mut first[1..]),
            "deep_cold_ms": deep[0], "deep_warm_ms": median(&mut deep[1..]),
            "classes_cold_ms": classes[0], "classes_warm_ms": median(&mut classes[1..]),
        }));
    }
    let resident = process::memory("self")?;
    let report = json!({
        "peer": "Muster", "version": env!("CARGO_PKG_VERSION"), "opened_s": opened_s,
        "resident_mb": (resident.anonymous + resident.mapped) as f64 / 1e6,
        "cpu_s": process::cpu_s("self")?, "queries": results,
    });
    println!("{report}");
    opened.close().await;
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
