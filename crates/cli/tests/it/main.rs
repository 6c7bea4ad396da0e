//! The program as a person and a script use it: exit codes, and what goes to which stream.

mod alike;

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Runs `muster` on a library of its own.
fn muster(folder: &Path, arguments: &[&str]) -> Output {
    muster_with(folder, &[], arguments)
}

/// Like [`muster`], with variables in its environment.
fn muster_with(folder: &Path, variables: &[(&str, &OsStr)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(arguments)
        .envs(variables.iter().copied())
        .env("MUSTER_LIBRARY", folder.join("library"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env_remove("MUSTER_TOKEN_FILE")
        .output()
        .unwrap()
}

/// The only JSON document on stdout.
fn document(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn picture(path: &Path, shade: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(40, 30, image::Rgb([shade, 9, 200])).save(path).unwrap();
}

#[test]
fn a_library_is_made_filled_searched_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, photos) = (folder.path(), folder.path().join("photos"));
    picture(&photos.join("a.jpg"), 1);
    picture(&photos.join("b c.jpg"), 2);
    let first = muster(folder, &["info"]);
    assert_eq!(first.status.code(), Some(1));
    assert!(first.stdout.is_empty());
    assert!(String::from_utf8_lossy(&first.stderr).contains("muster init"), "{first:?}");

    assert!(muster(folder, &["init", "--person", "Ada", "--project", "Carts"]).status.success());
    assert!(muster(folder, &["init"]).status.success(), "an existing library stays as it is");
    let import = muster(folder, &["--json", "import", photos.to_str().unwrap()]);
    assert_eq!(import.status.code(), Some(0), "{import:?}");
    assert_eq!(document(&import)["done"], 2);
    assert!(muster(folder, &["schema", "add", "person", "car"]).status.success());
    let renamed = document(&muster(folder, &["--json", "schema", "rename", "person", "human"]));
    assert_eq!(renamed["classes"][0]["name"], "human");
    let reordered = document(&muster(folder, &["--json", "schema", "reorder", "car"]));
    assert_eq!(reordered["classes"][0]["name"], "car");
    assert!(muster(folder, &["schema", "retire", "car"]).status.success());
    assert!(muster(folder, &["tag", "add", "night", "--query", "path:\"b c\""]).status.success());
    let found = document(&muster(folder, &["--json", "search", "tag:night", "--facets"]));
    assert_eq!((&found["total"], found["captures"].as_array().unwrap().len()), (&Value::from(1), 1));
    assert_eq!(found["normalized"], "tag:night");
    let out = folder.join("out");
    let export = muster(folder, &["--json", "export", "--format", "coco", "--out", out.to_str().unwrap()]);
    assert_eq!(document(&export)["state"], "done", "{export:?}");
    assert!(out.join("manifest.json").is_file() && out.join("images/b c.jpg").is_file());
    let jobs = document(&muster(folder, &["--json", "job", "list"]));
    assert_eq!(jobs.as_array().unwrap().len(), 2);
    let again = muster(folder, &["export", "--out", out.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("not empty"));
}

#[test]
fn wrong_usage_is_two_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    assert!(muster(folder.path(), &["init"]).status.success());
    for (arguments, said) in [
        (&["search", "class:person conf:>"][..], "^"),
        (&["import", "x", "--format", "vhs"], "possible values"),
        (&["sync", "http://127.0.0.1:9"], "--token-file"),
        (&["frobnicate"], "unrecognized subcommand"),
        (&[], "Usage"),
    ] {
        let output = muster(folder.path(), arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    let refused = muster(folder.path(), &["--json", "search", "nonsense:1"]);
    assert_eq!(document(&refused)["error"]["code"], "query");
    let missing = muster(folder.path(), &["import", "/nowhere/at/all"]);
    assert_eq!(missing.status.code(), Some(1));
}
