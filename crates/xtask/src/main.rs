//! `cargo xtask`: checks on the structure of the repository that no compiler makes.

mod tidy;

use anyhow::Result;
use clap::Parser;

/// Chores of the repository.
#[derive(Parser)]
enum Command {
    /// Check layering, banned dependencies, module documentation, file length, vocabulary, SQL and stray paths.
    Tidy,
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Tidy => tidy::run(),
    }
}
