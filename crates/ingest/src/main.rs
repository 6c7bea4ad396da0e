//! `muster-ingest`: serve a data directory, make and revoke tokens, check what is stored.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use muster_domain::{
    id::DeviceId,
    time::{Clock, UtcMicros, WallClock},
};
use muster_ingest::{
    fsck,
    ingest::Ingest,
    layout::Layout,
    serve::Listener,
    table::{
        Database, Durability, device,
        token::{self, NewToken, Role, TokenRow},
    },
    token::Secret,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(version, about = "Muster's ingest service: receives captures, makes them durable, feeds desktops.")]
struct Cli {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Serve until SIGTERM or SIGINT.
    Serve {
        /// The data directory; made at first start.
        #[arg(long)]
        data: PathBuf,
        /// Address and port; port 0 takes a free one. The first line on stdout says which.
        #[arg(long, default_value = "127.0.0.1:8600")]
        listen: String,
        /// For tests of the tests: with `none`, an acknowledgement means nothing.
        #[arg(long, value_enum, default_value = "full", hide = true)]
        durability: Durability,
    },
    /// Make, list and revoke tokens. The service may run meanwhile.
    Token {
        #[command(subcommand)]
        act: TokenAct,
    },
    /// Check that everything acknowledged is there and has its digest; list what nobody refers to.
    Fsck {
        /// The data directory.
        #[arg(long)]
        data: PathBuf,
    },
}

#[derive(Subcommand)]
enum TokenAct {
    /// Make a token and print it, once.
    Create {
        /// The data directory; made when it is not there.
        #[arg(long)]
        data: PathBuf,
        /// What it is for.
        #[arg(long, value_enum)]
        role: Role,
        /// The only site that it enrols devices at; any when left out.
        #[arg(long)]
        site: Option<String>,
        /// How many devices it enrols.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// How long it is good, such as 90s, 30m, 24h or 7d; a device's 24h and a person's 90d when left out.
        #[arg(long, value_parser = parse_span_s)]
        expires: Option<i64>,
    },
    /// List the tokens, without their texts.
    List {
        /// The data directory.
        #[arg(long)]
        data: PathBuf,
    },
    /// Revoke a token by its number, or a device by its id; at once, also while the service runs.
    Revoke {
        /// The data directory.
        #[arg(long)]
        data: PathBuf,
        /// The number that `token list` shows.
        #[arg(long, conflicts_with = "device", required_unless_present = "device")]
        token: Option<i64>,
        /// The device's id.
        #[arg(long)]
        device: Option<DeviceId>,
    },
}

fn parse_span_s(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is no span; write a number and s, m, h or d, such as 24h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    if number == 0 { Err(wrong()) } else { Ok(i64::from(number) * seconds) }
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().act {
        Act::Serve { data, listen, durability } => serve(&Layout::new(&data), &listen, durability).await?,
        Act::Token { act } => token(act).await?,
        Act::Fsck { data } => {
            let findings = fsck::check(&Layout::new(&data)).await?;
            writeln!(std::io::stdout(), "{}", findings.to_text())?;
            if !findings.damage.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(layout: &Layout, listen: &str, durability: Durability) -> anyhow::Result<()> {
    log_to_stderr();
    if durability == Durability::None {
        tracing::warn!("durability is off: nothing that this service acknowledges is safe; this is for tests only");
    }
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let (ingest, background) = Ingest::start(layout, durability, Arc::new(WallClock)).await?;
    let listener = Listener::bind(listen).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "muster-ingest listening on http://{}", listener.address)?;
    stdout.flush()?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    Ok(listener.serve(ingest, background, stop).await?)
}

/// One JSON object a line, or lines for a person at a terminal. `RUST_LOG` chooses what.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        lines.init();
    } else {
        lines.json().flatten_event(true).init();
    }
}

async fn token(act: TokenAct) -> anyhow::Result<()> {
    let now = WallClock.now();
    match act {
        TokenAct::Create { data, role, site, uses, expires } => {
            let span_s = expires.unwrap_or(match role {
                Role::Device => 86_400,
                Role::Annotator => 90 * 86_400,
            });
            let secret = Secret::new(role)?;
            let new = NewToken {
                role,
                hash: Secret::hash(&secret.text),
                site,
                uses: (role == Role::Device).then_some(uses),
                expires_at: UtcMicros(now.0 + span_s * 1_000_000),
            };
            let layout = Layout::new(&data);
            layout.create()?;
            let mut db = Database::open(&layout, Durability::Full).await?.writer().await?;
            let key = token::sqlite::insert(&mut db, &new, now).await?;
            writeln!(std::io::stdout(), "{}", secret.text)?;
            let until = new.expires_at.to_rfc3339();
            writeln!(std::io::stderr(), "token {key}, role {}, good until {until}; it is shown only now", role.name())?;
        }
        TokenAct::List { data } => {
            for row in token::sqlite::list(&mut existing(&data).await?.writer().await?).await? {
                writeln!(std::io::stdout(), "{}", describe(&row, now))?;
            }
        }
        TokenAct::Revoke { data, token: Some(key), .. } => {
            if !token::sqlite::revoke(&mut existing(&data).await?.writer().await?, key, now).await? {
                bail!("there is no token {key} that is not revoked; see `muster-ingest token list`");
            }
        }
        TokenAct::Revoke { data, device: Some(device_id), .. } => {
            if !device::sqlite::revoke(&mut existing(&data).await?.writer().await?, device_id, now).await? {
                bail!("there is no device {device_id} that is not revoked");
            }
        }
        TokenAct::Revoke { .. } => bail!("say which: --token NUMBER or --device ID"),
    }
    Ok(())
}

async fn existing(data: &std::path::Path) -> anyhow::Result<Database> {
    let layout = Layout::new(data);
    layout.require()?;
    Ok(Database::open(&layout, Durability::Full).await?)
}

fn describe(row: &TokenRow, now: UtcMicros) -> String {
    let state = if row.revoked_at_micros.is_some() {
        "revoked"
    } else if row.expires_at_micros <= now.0 {
        "expired"
    } else if row.uses_left == Some(0) {
        "used up"
    } else {
        "good"
    };
    let uses = row.uses_left.map_or_else(String::new, |uses| format!(", {uses} uses left"));
    let site = row.site.as_ref().map_or_else(String::new, |site| format!(", site {site}"));
    let until = UtcMicros(row.expires_at_micros).to_rfc3339();
    format!("{} {} {state}{uses}{site}, until {until}", row.token_key, row.role)
}
