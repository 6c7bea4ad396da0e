//! `kill -9` in the middle of an import, a bulk tag, a rebuild of the index and a mending doctor: the library opens,
//! the doctor finds it sound, and what was asked for can be asked for again.

use std::{fs, path::Path, process::Stdio, thread, time::Duration};

use anyhow::{Context as _, Result, ensure};
use muster_tests::{Running, binary, repository, run};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;

const PICTURES: u64 = 300;
/// Kills of each command, at random moments of its run.
const KILLS: u32 = 4;
/// Checks of the doctor that speak of the library; the others speak of the machine.
const OF_THE_LIBRARY: [&str; 7] =
    ["database", "counters", "originals", "ledger", "search index", "vectors", "thumbnails"];

#[test]
fn a_library_survives_kills_in_the_middle_of_everything() -> Result<()> {
    let home = tempfile::tempdir()?;
    let seed = std::env::var("MUSTER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("seed {seed} (MUSTER_SEED repeats the choice of moments)");
    let mut rng = StdRng::seed_from_u64(seed);
    let (library, pictures) = (home.path().join("library"), home.path().join("pictures"));
    make_pictures(&pictures)?;
    muster(&library, &["init"])?;

    let pictures = pictures.display().to_string();
    let import = ["import", pictures.as_str(), "--format", "images"];
    strike(home.path(), &library, &import, &mut rng)?;
    muster(&library, &import)?;
    ensure!(total(&library, "")? == PICTURES, "the import goes on where it was cut off, and nothing is twice");

    let tag = ["--yes", "tag", "add", "seen", "--query", ""];
    strike(home.path(), &library, &tag, &mut rng)?;
    let tagged = total(&library, "tag:seen")?;
    ensure!(tagged == 0 || tagged == PICTURES, "a bulk tag is there whole or not at all: {tagged} of {PICTURES}");
    muster(&library, &tag)?;
    ensure!(total(&library, "tag:seen")? == PICTURES, "and can be set again");

    for _ in 0..KILLS {
        fs::remove_dir_all(library.join("index"))?;
        strike_once(home.path(), &library, &["search", "tag:seen"], &mut rng)?;
        ensure!(total(&library, "tag:seen")? == PICTURES, "the index is made anew");
    }
    strike(home.path(), &library, &["doctor", "--mend"], &mut rng)?;
    ensure!(total(&library, "")? == PICTURES, "a mending doctor that dies takes nothing along");
    sound(&library)
}

/// Kills the command several times, and looks at the library after each.
fn strike(home: &Path, library: &Path, arguments: &[&str], rng: &mut StdRng) -> Result<()> {
    (0..KILLS).try_for_each(|_| strike_once(home, library, arguments, rng))
}

fn strike_once(home: &Path, library: &Path, arguments: &[&str], rng: &mut StdRng) -> Result<()> {
    let path = library.display().to_string();
    let whole = [&["--library", &path, "--json"], arguments].concat();
    let mut running = Running::start(&binary("muster")?, &whole, &home.join("muster.log"), Stdio::null())?;
    thread::sleep(Duration::from_millis(rng.random_range(20..900)));
    let struck = running.is_running()?;
    running.kill()?;
    println!("{} {}", if struck { "killed" } else { "had ended:" }, arguments.join(" "));
    sound(library)
}

fn make_pictures(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let jpeg = fs::read(repository().join("assets/demo/store/smarties.jpg"))?;
    for number in 0..PICTURES {
        // Distinct bytes behind the end of the picture.
        fs::write(folder.join(format!("{number:04}.jpg")), [jpeg.as_slice(), &number.to_le_bytes()].concat())?;
    }
    Ok(())
}

pub(crate) fn sound(library: &Path) -> Result<()> {
    // The doctor's exit also speaks of models that a test machine may lack.
    let path = library.display().to_string();
    let output = std::process::Command::new(binary("muster")?)
        .args(["--library", &path, "--json", "doctor"])
        .stdin(Stdio::null())
        .output()?;
    let printed = String::from_utf8(output.stdout)?;
    let report: Value = serde_json::from_str(printed.lines().last().unwrap_or_default())
        .with_context(|| format!("the doctor printed {printed:?} {}", String::from_utf8_lossy(&output.stderr)))?;
    let checks = report["checks"].as_array().context("checks")?;
    for name in OF_THE_LIBRARY {
        let check = checks.iter().find(|check| check["name"] == name).with_context(|| format!("no check of {name}"))?;
        ensure!(check["ok"] == true, "{check}");
    }
    Ok(())
}

/// Runs `muster --json` and parses the last line that it prints.
pub(crate) fn muster(library: &Path, arguments: &[&str]) -> Result<Value> {
    let library = library.display().to_string();
    let printed = run(&binary("muster")?, &[&["--library", &library, "--json"], arguments].concat())?;
    let last = printed.lines().last().unwrap_or("null");
    serde_json::from_str(last).with_context(|| format!("{arguments:?} printed {last:?}"))
}

pub(crate) fn total(library: &Path, query: &str) -> Result<u64> {
    muster(library, &["search", query])?["total"].as_u64().context("a search has a total")
}
