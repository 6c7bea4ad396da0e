//! Embeddings and what they are good for: similar captures, near duplicates, the map.

use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{ArgGroup, Args, Subcommand};
use muster_app::{
    app::App,
    embed::{self, EmbedRequest},
    job::JobState,
    map,
    similar::{self, DedupeRequest, DuplicateReport, SimilarCapture, SimilarRequest},
};

use crate::{commands::finish, output::Output, progress};

#[derive(Debug, Subcommand)]
pub enum Alike {
    /// Embed captures, so that similar ones are found; what is embedded is not done again.
    Embed(Embed),
    /// Find the captures that look most like a capture, a picture or a text.
    #[command(
        after_help = "Examples:\n  muster similar 0193a2b4\n  muster similar --image photo.jpg --query 'site:depot-1'\n  \
        muster similar --text 'a red truck'      with a model that reads texts"
    )]
    Similar(Similar),
    /// Find near duplicates; `duplicate:near` then finds them in a search.
    Dedupe(Dedupe),
    /// Place the embedded captures on the map.
    Map,
}

#[derive(Debug, Args)]
pub struct Embed {
    /// Which captures; without it all, and those that arrive later.
    #[arg(long, default_value = "")]
    pub query: String,
    /// The model's id; without it the one in use.
    #[arg(long, default_value = "")]
    pub model: String,
    /// The regions of annotations too.
    #[arg(long)]
    pub regions: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("to").required(true).args(["capture", "text", "image"]))]
pub struct Similar {
    /// The id of a capture or its first digits; annotation/ID for what an annotation shows.
    pub capture: Option<String>,
    /// What the picture shows, in words.
    #[arg(long)]
    pub text: Option<String>,
    /// A picture that need not be in the library.
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,
    /// Only captures that this finds.
    #[arg(long, default_value = "")]
    pub query: String,
    /// How many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct Dedupe {
    /// Among which captures.
    #[arg(long, default_value = "")]
    pub query: String,
    /// The least similarity of two near duplicates, 0 to 1.
    #[arg(long, default_value_t = 0.95)]
    pub similarity: f32,
    /// Clusters that are listed.
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
}

/// Runs a command.
pub async fn run(app: &App, command: Alike, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Alike::Embed(Embed { query, model, regions }) => {
            let request = EmbedRequest { query, model, regions };
            finish(app, embed::start_embed(app, request).await?, output).await
        }
        Alike::Similar(command) => similar_command(app, command, output).await,
        Alike::Dedupe(Dedupe { query, similarity, limit }) => {
            let started = similar::start_dedupe(app, DedupeRequest { query, similarity }).await?;
            let ended = progress::follow(app, started).await?;
            if ended.state != JobState::Done {
                return finish(app, ended, output).await;
            }
            output.result(&similar::duplicates(app, limit).await?, shown_duplicates)?;
            Ok(ExitCode::SUCCESS)
        }
        Alike::Map => finish(app, map::start_map(app).await?, output).await,
    }
}

async fn similar_command(app: &App, command: Similar, output: Output) -> anyhow::Result<ExitCode> {
    let image = match command.image {
        Some(path) => Some(path.to_str().context("the picture's name is not UTF-8")?.to_owned()),
        None => None,
    };
    let Similar { capture, text, query, limit, .. } = command;
    let found = similar::similar(app, SimilarRequest { capture, text, image, query, limit }).await?;
    output.result(&found, |found| shown_similar(found))?;
    Ok(ExitCode::SUCCESS)
}

fn shown_similar(found: &[SimilarCapture]) -> String {
    let line = |found: &SimilarCapture| format!("{:.3}  {}  {}\n", found.similarity, found.capture_id, found.name);
    found.iter().map(line).collect()
}

fn shown_duplicates(report: &DuplicateReport) -> String {
    let mut text = format!("{} captures in {} clusters of near duplicates\n", report.captures, report.clusters);
    for cluster in &report.largest {
        let _ = writeln!(text, "{} captures, {:.3} or more:", cluster.capture_ids.len(), cluster.similarity);
        for capture_id in cluster.capture_ids.iter().take(5) {
            let _ = writeln!(text, "  {capture_id}");
        }
        if cluster.capture_ids.len() > 5 {
            let _ = writeln!(text, "  and {} more", cluster.capture_ids.len() - 5);
        }
    }
    text.push_str("`muster search duplicate:near` finds them all");
    text
}
