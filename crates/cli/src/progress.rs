//! Waiting for a job: a bar for a person, a clean end for Ctrl+C.

use indicatif::{ProgressBar, ProgressStyle};
use muster_app::{
    app::App,
    job::{self, JobDto, JobState},
};

use crate::output::shows_progress;

/// Failures that are written out; the others are counted.
const SHOWN: usize = 10;

/// Waits until a job ends. Ctrl+C cancels it; what it finished is kept.
pub async fn follow(app: &App, started: JobDto) -> anyhow::Result<JobDto> {
    let bar = bar();
    let cancelling = app.clone();
    let job_id = started.job_id.clone();
    let interrupted = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("stopping; what is finished is kept, and the same command goes on from there");
            if let Err(error) = job::cancel_job(&cancelling, job_id).await {
                eprintln!("error: {error}");
            }
        }
    });
    let ended = job::wait(app, &started.job_id, |step| draw(&bar, step)).await;
    interrupted.abort();
    bar.finish_and_clear();
    let ended = ended?;
    for failure in ended.failures.iter().take(SHOWN) {
        eprintln!("  {}: {}", failure.subject, failure.message);
    }
    if ended.failed > SHOWN as u64 {
        eprintln!("  … and {} more", ended.failed - SHOWN as u64);
    }
    Ok(ended)
}

/// What a person reads at the end.
pub fn sentence(job: &JobDto) -> String {
    let message = job.message.clone().unwrap_or_default();
    match job.state {
        JobState::Cancelled => format!("{}: cancelled after {} steps; what is finished is kept", job.title, job.done),
        JobState::Failed => format!("{}: failed: {message}", job.title),
        _ => match &job.result {
            Some(result) => format!("{}: {message}\n{result}", job.title),
            None => format!("{}: {message}", job.title),
        },
    }
}

fn bar() -> ProgressBar {
    if !shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {prefix}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn draw(bar: &ProgressBar, step: &JobDto) {
    if let Some(total) = step.total {
        bar.set_length(total);
    }
    bar.set_position(step.done);
    bar.set_message(step.message.clone().unwrap_or_default());
    if let Some(rate) = step.rate_per_s {
        bar.set_prefix(format!("{rate:.1}/s"));
    }
}
