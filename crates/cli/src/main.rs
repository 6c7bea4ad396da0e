//! `muster`: every use case without a window.

mod alike;
mod arguments;
mod care;
mod commands;
mod curate;
mod import;
mod output;
mod progress;
mod search;
mod services;
mod shown;

use std::process::ExitCode;

use clap::Parser as _;
use muster_app::{
    app::{App, AppOptions},
    error::ErrorCode,
    place::Places,
};

use crate::{
    arguments::{Arguments, Command},
    output::Output,
};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| "error".into()))
        .with_writer(std::io::stderr)
        .init();
    let output = Output { json: arguments.json };
    let follows = matches!(&arguments.command, Command::Sync(sync) if sync.follow);
    let app = App::new(AppOptions::new(Places::of_this_machine(Vec::new()), follows));
    let result = commands::run(&app, arguments, output).await;
    app.close().await;
    match result {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            match error.downcast_ref::<muster_app::error::AppError>().map(|error| error.code) {
                Some(ErrorCode::Query | ErrorCode::Invalid) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
