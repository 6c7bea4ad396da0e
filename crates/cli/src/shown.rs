//! Results as text for people.

use std::fmt::Write as _;

use muster_app::{
    doctor::DoctorReport,
    job::{JobDto, JobState},
    models::ModelDto,
    project::ProjectDto,
    search::{Facet, GridItem, SearchResult},
    start::LibraryInfo,
};

/// Facet values that a person sees of each field.
const FACET_VALUES: usize = 12;

pub fn library(info: &LibraryInfo) -> String {
    format!(
        "{}\n  captures     {}\n  annotations  {}\n  undecided    {}\n  changes      {}",
        info.path, info.captures, info.annotations, info.undecided, info.change_seq
    )
}

pub fn doctor(report: &DoctorReport) -> String {
    let mut text = String::new();
    for check in &report.checks {
        line(
            &mut text,
            format_args!("{} {:<28} {}", if check.ok { "ok  " } else { "BAD " }, check.name, check.message),
        );
        if let Some(remedy) = &check.remedy {
            line(&mut text, format_args!("     what to do: {remedy}"));
        }
    }
    text
}

pub fn project(project: &ProjectDto) -> String {
    format!("{}\n  schema version {}, {} classes", project.name, project.schema_version, project.classes.len())
}

pub fn classes(project: &ProjectDto) -> String {
    let mut text = String::new();
    for class in &project.classes {
        let key = class.key.map_or_else(|| " ".into(), |key| key.to_string());
        let aliases = if class.aliases.is_empty() { String::new() } else { format!(" ({})", class.aliases.join(", ")) };
        let retired = if class.retired { " retired" } else { "" };
        line(&mut text, format_args!("{key}  {:<28} {:>7}{aliases}{retired}", class.name, class.count));
    }
    if !project.unmapped.is_empty() {
        line(&mut text, format_args!("\nwithout a class (make one with `muster schema add NAME`):"));
        for unmapped in &project.unmapped {
            line(&mut text, format_args!("   {:<28} {:>7}", unmapped.model_class, unmapped.count));
        }
    }
    if text.is_empty() {
        text.push_str("no classes yet; make some with `muster schema add NAME …`");
    }
    text
}

pub fn search(result: &SearchResult, items: &[GridItem], facets: &[Facet]) -> String {
    let mut text = format!("{} captures in {:.1} ms\n", result.total, result.elapsed_ms);
    for item in items {
        let from = [&item.site, &item.device, &item.trigger];
        let from: Vec<&str> = from.into_iter().flatten().map(String::as_str).collect();
        line(
            &mut text,
            format_args!(
                "{}  {:>4} × {:<4}  {:>3} boxes, {:>3} undecided  {:<14} {}",
                item.capture_id,
                item.width_px,
                item.height_px,
                item.boxes.len(),
                item.undecided,
                item.submission,
                from.join(" · ")
            ),
        );
    }
    for facet in facets.iter().filter(|facet| !facet.values.is_empty()) {
        line(&mut text, format_args!("\n{}", facet.title));
        for value in facet.values.iter().take(FACET_VALUES) {
            line(&mut text, format_args!("  {:>7}  {}", value.count, value.value));
        }
        if facet.values.len() > FACET_VALUES {
            line(&mut text, format_args!("           … and {} more", facet.values.len() - FACET_VALUES));
        }
    }
    text
}

pub fn models(models: &[ModelDto]) -> String {
    let mut text = String::new();
    for model in models {
        let state = if model.installed { "installed" } else { "not installed" };
        line(
            &mut text,
            format_args!(
                "{:<24} {:<10} {:<10} {:<14} {}",
                model.id, model.version, model.role, state, model.licence_weights
            ),
        );
    }
    text
}

pub fn model(model: &ModelDto) -> String {
    let mut text = format!(
        "{}\n  id       {}\n  version  {}\n  role     {}\n  classes  {}\n  size     {} bytes\n  source   {}\n  \
         licence  code {}, weights {}\n",
        model.name,
        model.id,
        model.version,
        model.role,
        model.classes,
        model.bytes,
        model.source,
        model.licence_code,
        model.licence_weights
    );
    match &model.remedy {
        Some(remedy) => line(&mut text, format_args!("  not installed: {remedy}")),
        None => line(&mut text, format_args!("  installed")),
    }
    text
}

pub fn jobs(jobs: &[JobDto]) -> String {
    let mut text = String::new();
    for job in jobs {
        let state = match job.state {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        };
        let total = job.total.map_or_else(|| "?".into(), |total| total.to_string());
        let message = job.message.as_deref().unwrap_or_default();
        line(&mut text, format_args!("{}  {state:<9}  {}/{total}  {}  {message}", job.job_id, job.done, job.title));
    }
    if text.is_empty() {
        text.push_str("no jobs");
    }
    text
}

pub fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{arguments}");
}
