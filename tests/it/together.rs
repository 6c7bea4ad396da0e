//! A window, pre-labelling from the command line, bulk tags and a following sync work on one library at once, while
//! three agents deliver: nothing is lost, nothing is refused, and in the end the library is sound.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use muster_tests::{PATIENCE, Running, binary, run, tail};
use serde_json::Value;

use crate::{
    crash::{muster, sound, total},
    kill::{Scenario, data},
};

const MODEL: &str = "ssd-mobilenet-coco";

#[test]
fn window_sync_prelabel_and_tags_share_one_library() -> Result<()> {
    let home = tempfile::tempdir()?;
    let mut scenario = Scenario::start(home.path())?;
    let token =
        run(&binary("muster-ingest")?, &["token", "create", "--data", &data(home.path()), "--role", "annotator"])?;
    let token_file = home.path().join("person.token").display().to_string();
    std::fs::write(&token_file, token)?;
    let library = home.path().join("library");
    muster(&library, &["init"])?;
    muster(&library, &["schema", "add", "person", "bottle"])?;
    let url = format!("http://{}", scenario.address);
    let path = library.display().to_string();
    let follow = ["--library", &path, "sync", &url, "--token-file", &token_file, "--follow"];
    let log = home.path().join("follow.log");
    let mut following = Running::start(&binary("muster")?, &follow, &log, Stdio::null())?;
    let mut window = window(&library, home.path())?;
    let proposes = has_model(&library)?;
    if !proposes {
        println!("SKIPPED: pre-labelling, because {MODEL} is not installed (`make setup`)");
    }

    // Everybody writes until the last agent is done.
    let started = Instant::now();
    let mut rounds = 0;
    while scenario.agents.iter_mut().any(|agent| agent.is_running().unwrap_or(false)) {
        ensure!(started.elapsed() < PATIENCE, "the agents do not end");
        rounds += 1;
        let tag = format!("round-{rounds}");
        muster(&library, &["--yes", "tag", "add", &tag, "--query", ""])?;
        ensure!(total(&library, &format!("tag:{tag}"))? <= total(&library, "")?, "a search sees whole acts");
        if proposes {
            muster(&library, &["prelabel", "--model", MODEL])?;
        }
        ensure!(following.is_running()?, "the following sync ended: {}", tail(&log));
        if let Some([window, _]) = &mut window {
            ensure!(window.is_running()?, "the window ended: {}", tail(&window.log));
        }
    }
    let mut committed = 0;
    for agent in &mut scenario.agents {
        let counts: Value = serde_json::from_str(&agent.finish()?)?;
        committed += counts["committed"].as_u64().context("an agent counts what is committed")?;
    }
    let waiting = Instant::now();
    while total(&library, "")? < committed {
        ensure!(waiting.elapsed() < PATIENCE, "the sync does not arrive at {committed}: {}", tail(&log));
    }
    println!("{committed} captures, {rounds} rounds of tags and proposals meanwhile");
    if proposes {
        muster(&library, &["prelabel", "--model", MODEL])?;
        ensure!(total(&library, &format!("run:{MODEL}*"))? == committed, "the model saw every capture");
    }
    ensure!(total(&library, "")? == committed, "nothing is twice");
    sound(&library)?;
    drop((following, window));
    sound(&library)
}

/// The real window on a screen that nobody sees, where there is one: the window, then its screen.
fn window(library: &Path, home: &Path) -> Result<Option<[Running; 2]>> {
    let there = Command::new("which").arg("Xvfb").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    let Some(desktop) = binary("muster-desktop").ok().filter(|_| there) else {
        println!("SKIPPED: the window, because Xvfb or muster-desktop is missing");
        return Ok(None);
    };
    let log = home.join("window.log");
    let mut screen = Running::start(Path::new("Xvfb"), &["-displayfd", "1"], &log, Stdio::piped())?;
    let display = format!("DISPLAY=:{}", screen.first_line()?);
    let library = format!("MUSTER_LIBRARY={}", library.display());
    let desktop = desktop.display().to_string();
    let window = Running::start(Path::new("env"), &[&display, &library, &desktop], &log, Stdio::null())?;
    Ok(Some([window, screen]))
}

fn has_model(library: &Path) -> Result<bool> {
    let models = muster(library, &["models", "list"])?;
    let models = models.as_array().or_else(|| models["models"].as_array()).context("a list of models")?.clone();
    Ok(models.iter().any(|model| model["id"] == MODEL && model["installed"] == true))
}
