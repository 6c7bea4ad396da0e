//! `muster-edge`: the agent on a device. Sources deliver frames, triggers decide, the spool keeps, the uploader delivers.
//!
//! It has no decoder: its child `muster-edge-av`, found beside it, decodes and crashes alone. What happens is logged
//! line by line on standard error; standard output holds only what a command was asked for.

mod agent;
mod av;
mod clock;
mod config;
mod enrol;
mod pixels;
mod series;
mod source;
mod status;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// The agent of a Muster device.
#[derive(Parser)]
#[command(name = "muster-edge", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Capture and upload until SIGTERM, or until the sources end when `exit_when_done` is set.
    Run {
        /// The configuration (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Enrol this device and stop; `run` does it by itself at its first start.
    Enrol {
        /// The configuration (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Say how the spool stands; the agent may be running.
    Status {
        /// The configuration (TOML).
        #[arg(long)]
        config: PathBuf,
        /// One JSON document instead of text.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("muster-edge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match arguments.command {
        Command::Run { config } => runtime.block_on(agent::run(Config::read(&config)?)),
        Command::Enrol { config } => runtime.block_on(enrol::command(&Config::read(&config)?)),
        Command::Status { config, json } => status::command(&Config::read(&config)?, json),
    }
}
