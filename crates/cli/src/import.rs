//! Imports and the folders that they came from.

use std::process::ExitCode;

use anyhow::Context as _;
use muster_app::{
    app::App,
    import::{self, FileState, ImportPreview, ImportProblems, ImportRequest, ImportRootDto, RootReport},
    job::JobState,
};
use serde_json::json;

use crate::{
    arguments::{Changed, Import, ImportFormat, ImportMedia, OnExisting, Relink},
    output::Output,
    progress,
    shown::line,
};

/// Files that are asked for at once.
const PAGE: u32 = 1_000;
/// Files of a report that are written for people.
const FILES: usize = 50;

/// Brings pictures in, and names every file that could not be used.
pub async fn import(app: &App, command: Import, output: Output) -> anyhow::Result<ExitCode> {
    let path = command.path.to_str().context("the path is not UTF-8")?.to_owned();
    let format = match command.format {
        ImportFormat::Auto => "auto",
        ImportFormat::Images => "images",
        ImportFormat::Coco => "coco",
    };
    if command.dry_run {
        output.result(&import::preview_import(app, path, format.into()).await?, preview)?;
        return Ok(ExitCode::SUCCESS);
    }
    let request = ImportRequest {
        path,
        format: format.into(),
        media: match command.media {
            ImportMedia::Copy => import::ImportMedia::Copy,
            ImportMedia::Reference => import::ImportMedia::Reference,
        },
        create_classes: !command.keep_unmapped,
        on_existing: match command.on_existing {
            OnExisting::Skip => import::ImportOnExisting::Skip,
            OnExisting::Merge => import::ImportOnExisting::Merge,
            OnExisting::Replace => import::ImportOnExisting::Replace,
        },
        skip_duplicates: command.skip_duplicates,
    };
    let ended = progress::follow(app, import::start_import(app, request).await?).await?;
    let problems = all_problems(app, &ended.job_id).await?;
    if output.json {
        let mut result = serde_json::to_value(&ended)?;
        result["problems"] = json!(problems.problems);
        output.result(&result, |_| String::new())?;
    } else {
        for problem in &problems.problems {
            eprintln!("  {}: {}", problem.path, problem.reason);
        }
        if ended.state == JobState::Done {
            output.result(&ended, progress::sentence)?;
        } else {
            eprintln!("{}", progress::sentence(&ended));
        }
    }
    Ok(if ended.state == JobState::Done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn all_problems(app: &App, job_id: &str) -> anyhow::Result<ImportProblems> {
    let mut all = ImportProblems { total: 0, problems: Vec::new() };
    loop {
        let offset = all.problems.len() as u32;
        let page = import::import_problems(app, job_id.to_owned(), offset, PAGE).await?;
        all.total = page.total;
        if page.problems.is_empty() {
            return Ok(all);
        }
        all.problems.extend(page.problems);
    }
}

/// Says where an import root lies now; without arguments lists them.
pub async fn relink(app: &App, command: Relink, output: Output) -> anyhow::Result<()> {
    match (command.root, command.path) {
        (Some(root), Some(path)) => {
            let path = path.to_str().context("the path is not UTF-8")?.to_owned();
            output.result(&import::relink(app, root, path).await?, report)
        }
        _ => output.result(&import::import_roots(app).await?, |found| roots(found)),
    }
}

/// Says what became of the files of import roots. Exit code 1 when some are not as they were.
pub async fn changed(app: &App, command: Changed, output: Output) -> anyhow::Result<ExitCode> {
    let names = match command.root {
        Some(root) => vec![root],
        None => import::import_roots(app).await?.into_iter().map(|root| root.name).collect(),
    };
    let mut as_it_was = true;
    for name in names {
        let found = import::changed_files(app, name).await?;
        as_it_was &= found.changed + found.missing == 0;
        output.result(&found, report)?;
    }
    Ok(if as_it_was { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn preview(preview: &ImportPreview) -> String {
    let mut text = format!(
        "{}: {} pictures and videos ({} new, {} here already, {} changed since), {} annotations",
        preview.format, preview.images, preview.new, preview.matched, preview.changed, preview.annotations
    );
    if preview.duplicate > 0 {
        let partial = if preview.duplicate_is_partial { "at least " } else { "" };
        line(&mut text, format_args!("\n  {partial}{} have the same bytes as another picture", preview.duplicate));
    }
    if preview.is_archive {
        line(&mut text, format_args!("\n  it is an archive: its pictures are copied into the library"));
    }
    if preview.missing > 0 {
        line(&mut text, format_args!("\n  {} that the label file names are nowhere near", preview.missing));
    }
    for problem in &preview.problems {
        line(&mut text, format_args!("\n  {}: {}", problem.path, problem.reason));
    }
    for class in &preview.unknown_classes {
        line(&mut text, format_args!("\n  no class answers to {:?} ({} annotations)", class.name, class.count));
    }
    text
}

fn roots(roots: &[ImportRootDto]) -> String {
    if roots.is_empty() {
        return "nothing was imported yet".into();
    }
    let mut text = String::new();
    for root in roots {
        let lost = if root.exists { "" } else { "   (not there: muster relink NAME PATH)" };
        line(&mut text, format_args!("{:<24} {:>8} captures  {}{lost}", root.name, root.captures, root.path));
    }
    text
}

fn report(report: &RootReport) -> String {
    let mut text = format!(
        "{} in {}: {} as they were, {} changed, {} missing, {} new",
        report.name, report.path, report.unchanged, report.changed, report.missing, report.new
    );
    for file in report.files.iter().take(FILES) {
        let state = match file.state {
            FileState::Changed => "changed",
            FileState::Missing => "missing",
            FileState::New => "new",
        };
        line(&mut text, format_args!("\n  {state:<8} {}", file.path));
    }
    if report.files.len() > FILES {
        line(&mut text, format_args!("\n  … and more"));
    }
    text
}
