//! `muster-desktop [--library DIR]`: the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

const USAGE: &str = "muster-desktop [--library DIR]

Opens the window on the library in DIR, else in $MUSTER_LIBRARY, else on the one that was open last.
DIR is created when it holds no library yet.";

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| "muster=info,warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let library = match library_of(env::args_os().skip(1)) {
        Ok(library) => library,
        Err(Refusal::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(Refusal::Wrong(argument)) => {
            eprintln!("{} is not understood\n\n{USAGE}", argument.display());
            return ExitCode::from(2);
        }
    };
    if !has_display() {
        eprintln!(
            "there is no display: set DISPLAY or WAYLAND_DISPLAY, or use the command line `muster`, which does everything \
             without a window"
        );
        return ExitCode::FAILURE;
    }
    match muster_desktop::shell::run(library) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

enum Refusal {
    Help,
    Wrong(OsString),
}

fn library_of(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<PathBuf>, Refusal> {
    let mut library = env::var_os("MUSTER_LIBRARY").filter(|path| !path.is_empty()).map(PathBuf::from);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--library") => library = Some(arguments.next().ok_or(Refusal::Wrong(argument))?.into()),
            Some("--help" | "-h") => return Err(Refusal::Help),
            Some(text) if text.starts_with("--library=") => library = Some(text["--library=".len()..].into()),
            _ => return Err(Refusal::Wrong(argument)),
        }
    }
    Ok(library)
}

/// Without a display the window toolkit panics; other systems always have one.
fn has_display() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
