//! Making the library.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use muster_domain::{
    annotation::Decision,
    id::{CaptureId, OperationId, PersonId, ServiceId, SubmissionId},
    operation::{Actor, AnnotationChange, Diff, Operation},
    submission::{Statement, Submission},
    time::UtcMicros,
};
use muster_store::{
    Library, MAX_BATCH, annotation::AnnotationFilter, capture::SyncedCapture, model_run::ModelOutput,
    service::ServiceDraft, thumbnail::NewThumbnail,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    made::{self, BURST, Maker, THUMBNAIL_PX},
    measure::Opened,
    photos_folder, process,
    queries::Logged,
    rated,
};

/// Batches that wait between the thread that thinks captures up and the store.
const WAITING: usize = 4;
/// One capture in so many has a decision.
const DECIDED_EACH: u32 = 50;
/// One capture in so many has a statement.
const SUBMITTED_EACH: u32 = 200;
/// Tags, and one capture in so many that has each.
const TAGS: [(&str, u32); 6] =
    [("review", 40), ("night-shift", 10), ("batch-1", 100), ("batch-2", 20), ("hard", 300), ("gold", 5_000)];

/// The service that all captures came from.
const SERVICE: ServiceId = ServiceId(Uuid::from_u128(0x5e));
/// What a sync delivers at once, and how often, while others measure.
const DELIVERED: u32 = 200;
const EVERY: std::time::Duration = std::time::Duration::from_millis(250);

type Batch = Vec<(SyncedCapture, Vec<ModelOutput>)>;

/// Makes a library of `total` captures, unless it is there.
pub async fn make(folder: &Path, total: u32) -> Result<()> {
    if Library::exists(folder) {
        let library = Library::open(folder).await?;
        let there = library.counts().await?.captures;
        library.close().await;
        // More than that came with a measurement.
        ensure!(there >= u64::from(total), "{} holds {there} captures, not {total}: remove it", folder.display());
        println!("{} holds {there} captures already", folder.display());
        return Ok(());
    }
    // Under another name until it is whole.
    let unfinished = folder.with_extension("unfinished");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)?;
    }
    let library = Library::create(&unfinished).await?;
    let first = library.first_start("Ada", "Million").await?;
    let (person, project) = (first.person.person_id, first.project.project_id);
    let mut schema = library.schema(project).await?;
    schema.classes = made::classes();
    library.save_schema(OperationId(Uuid::new_v4()), person, &schema, "Make classes").await?;
    let schema = library.schema(project).await?;
    let draft =
        ServiceDraft { service_id: SERVICE, url: "http://127.0.0.1:9".into(), name: "bench".into(), token_file: None };
    let service = library.add_service(&draft).await?.service_id;
    let maker = Maker::new(total, &schema, made::photos(&photos_folder())?);

    let before = process::folder_bytes(&unfinished);
    let mut made = captures(&library, service, &maker).await?;
    decide(&library, person, &maker).await?;
    let database = process::folder_bytes(&unfinished) - before;
    println!("database: {} bytes a capture", database / u64::from(total));
    made["bytes_a_capture"] = json!(database / u64::from(total));
    rated("thumbnails", u64::from(total.div_ceil(BURST)), thumbnails(&library, &maker)).await?;
    library.close().await;
    std::fs::rename(&unfinished, folder)?;
    made["index_s"] = json!(index(folder, total).await?);
    std::fs::write(folder.with_extension("made.json"), serde_json::to_string_pretty(&made)?)?;
    println!("{}: {:.2} GB", folder.display(), process::folder_bytes(folder) as f64 / 1e9);
    Ok(())
}

/// Delivers captures with proposals, a few at a time, until it is killed.
pub async fn deliver(folder: &Path) -> Result<()> {
    let library = Library::open(folder).await?;
    let project = library.projects().await?.first().context("a project")?.project_id;
    let schema = library.schema(project).await?;
    let photos = made::photos(&photos_folder())?;
    let mut number = library.counts().await?.captures as u32;
    loop {
        // One more each time: these are as many as there are.
        let maker = Maker::new(number + DELIVERED, &schema, photos.clone());
        let (captures, outputs): (Vec<_>, Vec<_>) = batch(&maker, number, DELIVERED)?.into_iter().unzip();
        library.upsert_captures(SERVICE, &captures, None).await?;
        library.record_runs(outputs.into_iter().flatten().collect()).await?;
        number += DELIVERED;
        tokio::time::sleep(EVERY).await;
    }
}

/// Makes the search index of the whole library, as its first opening does. Seconds.
async fn index(folder: &Path, total: u32) -> Result<f64> {
    let started = std::time::Instant::now();
    rated("indexed", u64::from(total), async {
        let opened = Opened::new(folder, false).await?;
        let found = opened.search(&Logged { by: "captured".into(), descending: true, text: String::new() }).await?;
        ensure!(found.total == total, "{} of {total} captures are found", found.total);
        opened.close().await;
        Ok(())
    })
    .await?;
    Ok(started.elapsed().as_secs_f64())
}

/// Captures with their proposals; what the two sides of it cost is told apart.
async fn captures(library: &Library, service: ServiceId, maker: &Maker) -> Result<Value> {
    let (mut rows_s, mut proposals_s) = (0.0, 0.0);
    let total = maker.total;
    rated("captures with five proposals each", u64::from(total), async {
        std::thread::scope(|scope| {
            let (made, batches) = std::sync::mpsc::sync_channel::<Result<Batch>>(WAITING);
            scope.spawn(move || {
                for first in (0..total).step_by(MAX_BATCH) {
                    let batch = batch(maker, first, MAX_BATCH as u32);
                    if made.send(batch).is_err() {
                        return;
                    }
                }
            });
            tokio::task::block_in_place(|| {
                let runtime = tokio::runtime::Handle::current();
                for (place, batch) in batches.into_iter().enumerate() {
                    let (captures, outputs): (Vec<_>, Vec<_>) = batch?.into_iter().unzip();
                    let started = std::time::Instant::now();
                    runtime.block_on(library.upsert_captures(service, &captures, Some("bench")))?;
                    rows_s += started.elapsed().as_secs_f64();
                    let started = std::time::Instant::now();
                    let mut outputs: Vec<ModelOutput> = outputs.into_iter().flatten().collect();
                    while !outputs.is_empty() {
                        let rest = outputs.split_off(outputs.len().min(MAX_BATCH));
                        runtime.block_on(library.record_runs(outputs))?;
                        outputs = rest;
                    }
                    proposals_s += started.elapsed().as_secs_f64();
                    if place % 100 == 99 {
                        eprintln!(
                            "{} captures: rows {rows_s:.1} s, proposals {proposals_s:.1} s",
                            (place + 1) * MAX_BATCH
                        );
                    }
                }
                anyhow::Ok(())
            })
        })
    })
    .await?;
    let rate = |seconds: f64| f64::from(total) / seconds;
    println!(
        "in the store: {:.0} capture rows/s, {:.0} captures/s for five proposals each, {:.0} captures/s for both",
        rate(rows_s),
        rate(proposals_s),
        rate(rows_s + proposals_s)
    );
    Ok(json!({ "captures": total, "rows_s": rows_s, "proposals_s": proposals_s }))
}

fn batch(maker: &Maker, first: u32, count: u32) -> Result<Batch> {
    let numbers = first..maker.total.min(first + count);
    numbers
        .map(|number| {
            let capture = maker.synced(number)?;
            let outputs = maker.outputs(&capture, number);
            Ok((capture, outputs))
        })
        .collect()
}

/// What a person did: decisions, statements, tags.
async fn decide(library: &Library, person: PersonId, maker: &Maker) -> Result<()> {
    let decided: Vec<u32> = (0..maker.total).step_by(DECIDED_EACH as usize).collect();
    rated("captures with decisions", decided.len() as u64, async {
        for numbers in decided.chunks(MAX_BATCH / 2) {
            library.apply_all(decisions(library, person, maker, numbers).await?).await?;
        }
        Ok(())
    })
    .await?;
    let submitted: Vec<u32> = (0..maker.total).step_by(SUBMITTED_EACH as usize).collect();
    rated("statements", submitted.len() as u64, async {
        for number in &submitted {
            library.submit(&statement(person, maker, *number)).await?;
        }
        Ok(())
    })
    .await?;
    for (place, (tag, each)) in TAGS.into_iter().enumerate() {
        let tagged: Vec<CaptureId> =
            (place as u32..maker.total).step_by(each as usize).map(|number| maker.capture_id(number)).collect();
        for ids in tagged.chunks(MAX_BATCH) {
            let diff = Diff::Tag { tag: tag.into(), added: ids.to_vec(), removed: Vec::new() };
            library.apply(act(library, person, None, format!("Tag {tag}"), diff)).await?;
        }
    }
    Ok(())
}

fn act(library: &Library, person_id: PersonId, maker: Option<&Maker>, title: String, diff: Diff) -> Operation {
    Operation {
        operation_id: OperationId(Uuid::new_v4()),
        project_id: maker.map(|maker| maker.project),
        actor: Actor::Person { person_id },
        at: library.now(),
        title,
        diff,
        undoes: None,
    }
}

async fn decisions(library: &Library, person: PersonId, maker: &Maker, numbers: &[u32]) -> Result<Vec<Operation>> {
    let ids: Vec<CaptureId> = numbers.iter().map(|number| maker.capture_id(*number)).collect();
    let known = library.known(&ids).await?;
    let keys: Vec<u32> = known.iter().filter_map(|(_, key)| *key).collect();
    ensure!(keys.len() == ids.len(), "captures are missing");
    let found = library.annotations_of(&keys, &AnnotationFilter::main(maker.project)).await?;
    let operations = found.into_iter().map(|capture| {
        // The first three of five; every third of these is wrong.
        let changes = capture.annotations.into_iter().take(3).enumerate().map(|(place, before)| {
            let mut after = before.clone();
            after.decision = if place == 2 { Decision::Rejected } else { Decision::Accepted };
            AnnotationChange { annotation_id: before.annotation_id, before: Some(before), after: Some(after) }
        });
        let diff = Diff::Annotations { changes: changes.collect() };
        act(library, person, Some(maker), "Decide".into(), diff)
    });
    Ok(operations.collect())
}

fn statement(person: PersonId, maker: &Maker, number: u32) -> Submission {
    let statement = match number / SUBMITTED_EACH % 10 {
        0 => Statement::Skipped { reason: "blurred".into() },
        1 => Statement::Escalated { reason: "which class?".into() },
        2 => Statement::VerifiedEmpty,
        _ => Statement::Submitted,
    };
    Submission {
        submission_id: SubmissionId(Uuid::from_u128(0x5b31_7000_0000 + u128::from(number))),
        project_id: maker.project,
        layer: "main".into(),
        capture_id: maker.capture_id(number),
        person_id: person,
        statement,
        schema_version: maker.schema_version,
        classes_covered: Vec::new(),
        submitted_at: UtcMicros(1_795_000_000_000_000 + i64::from(number)),
    }
}

async fn thumbnails(library: &Library, maker: &Maker) -> Result<()> {
    let batch = MAX_BATCH * BURST as usize;
    for first in (0..maker.total).step_by(batch) {
        let numbers = (first..maker.total.min(first + batch as u32)).step_by(BURST as usize);
        let new = |number: u32| NewThumbnail {
            digest: maker.digest(number),
            size_px: THUMBNAIL_PX,
            picture: maker.photo(number).thumbnail.clone(),
        };
        let new: Vec<NewThumbnail> = numbers.map(new).collect();
        library.thumbnails().put(&new).await.context("thumbs.db")?;
    }
    Ok(())
}
