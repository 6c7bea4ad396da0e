//! The agent's command line: what it says when something is missing, and that it ends when it is asked to.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

const AGENT: &str = env!("CARGO_BIN_EXE_muster-edge");

fn agent(arguments: &[&str], dir: &Path) -> Output {
    Command::new(AGENT).args(arguments).current_dir(dir).env_remove("RUST_LOG").output().unwrap()
}

/// A configuration whose service listens nowhere.
fn configure(dir: &Path, more: &str) {
    fs::create_dir_all(dir.join("pictures")).unwrap();
    let text = format!(
        r#"
service = "http://127.0.0.1:9"
device = "cam"
site = "depot"
spool_dir = "spool"
{more}

[[source]]
kind = "folder"
stream = "cam0"
path = "pictures"

[[trigger]]
name = "bright"
when = "brightness > 0.5"
"#
    );
    fs::write(dir.join("edge.toml"), text).unwrap();
}

#[test]
fn what_is_wrong_is_said_in_one_line_and_the_exit_code_is_one() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), "speling = 1");
    let misspelt = fs::read_to_string(dir.path().join("edge.toml")).unwrap();
    fs::write(dir.path().join("misspelt.toml"), misspelt).unwrap();
    configure(dir.path(), "");
    let bad_rule = fs::read_to_string(dir.path().join("edge.toml")).unwrap().replace("> 0.5", ">");
    fs::write(dir.path().join("rule.toml"), bad_rule).unwrap();
    let cases = [
        (vec!["run", "--config", "nowhere.toml"], "cannot read the configuration nowhere.toml"),
        (vec!["run", "--config", "misspelt.toml"], "unknown field `speling`"),
        (vec!["run", "--config", "rule.toml"], "trigger \"bright\": line 1, column 13"),
        (vec!["run", "--config", "edge.toml"], "set enrolment_token_file"),
        (vec!["enrol", "--config", "edge.toml"], "set enrolment_token_file"),
        (vec!["status", "--config", "edge.toml"], "holds no spool yet"),
    ];
    for (arguments, expected) in cases {
        let output = agent(&arguments, dir.path());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("muster-edge: ") && stderr.contains(expected), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn status_as_json_is_one_document_even_before_the_first_start() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), "");
    let output = agent(&["status", "--config", "edge.toml", "--json"], dir.path());
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"enrolment\":null,\"spool\":null}\n");
}

#[test]
fn an_agent_that_waits_for_its_service_ends_at_sigterm_and_keeps_its_key() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path(), "enrolment_token = \"mst_x\"");
    let mut child = Command::new(AGENT)
        .args(["run", "--config", "edge.toml"])
        .current_dir(dir.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let key = dir.path().join("spool/identity/key");
    while !key.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = fs::read(&key).unwrap();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read(&key).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600, "only its owner reads the key");
    }
}
