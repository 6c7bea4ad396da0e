//! The commands of the real binary.

use std::os::unix::fs::PermissionsExt;

use http::StatusCode;
use muster_protocol::error::ErrorCode;

use crate::world::{Served, TestDevice, binary, noise, run};

#[tokio::test]
async fn tokens_made_beside_a_running_service_work_and_can_be_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    // Made before the first start: the demo does so.
    let api = run(&["token", "create", "--role", "annotator"], &data);
    let mut served = Served::serve(&data, &dir.path().join("log"));
    let enrolment =
        run(&["token", "create", "--role", "device", "--site", "depot-1", "--uses", "2", "--expires", "24h"], &data);
    assert!(api.starts_with("mst_api_") && enrolment.starts_with("mst_enrol_"), "{api} {enrolment}");
    let device = TestDevice::enrol(&served.wire, &enrolment, "cam").await;
    device.send(&device.capture(1, &[("a.jpg", noise(1, 100))])).await;
    assert_eq!(served.wire.get("/v1/changes", &api).await.status, StatusCode::OK);

    let listed = run(&["token", "list"], &data);
    assert!(
        listed.contains("1 annotator good") && listed.contains("2 device good, 1 uses left, site depot-1"),
        "{listed}"
    );
    assert!(!listed.contains(&api) && !listed.contains(&enrolment));
    run(&["token", "revoke", "--token", "1"], &data);
    served.wire.get("/v1/changes", &api).await.refused(ErrorCode::Unauthenticated);
    run(&["token", "revoke", "--device", &device.id.to_string()], &data);
    let ask = muster_protocol::offer::OfferRequest { manifests: Vec::new() };
    served.wire.post("/v1/offers", &device.bearer, &ask).await.refused(ErrorCode::DeviceRevoked);

    let second = binary().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("another muster-ingest serves"), "{said}");

    let pid = served.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(served.child.wait().unwrap().success(), "SIGTERM ends it well");
    let log = std::fs::read_to_string(&served.log).unwrap();
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    for phase in ["chunk_stored", "commit_begin", "commit_durable", "receipt_sent"] {
        assert!(log.contains(&format!("\"phase\":\"{phase}\"")), "{phase} in {log}");
    }
    assert!(log.contains("\"message\":\"stopped\""));
    let mode = std::fs::metadata(data.join("keys/receipt.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn fsck_finds_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let enrolment = run(&["token", "create", "--role", "device"], &data);
    let mut served = Served::serve(&data, &dir.path().join("log"));
    let device = TestDevice::enrol(&served.wire, &enrolment, "cam").await;
    let images = [noise(1, 100), noise(2, 100), noise(3, 100)];
    for (seq, image) in (1..).zip(&images) {
        device.send(&device.capture(seq, &[("a.jpg", image.clone())])).await;
    }
    served.wire.put_chunk(&device.bearer, b"waiting").await;
    assert!(run(&["fsck"], &data).ends_with("sound: 0 damaged, 1 orphans (7 bytes), 0 leftovers"));
    served.kill();
    let path = |bytes: &[u8]| {
        let hex = muster_domain::digest::Digest::of(bytes).to_hex();
        data.join("blobs").join(&hex[..2]).join(hex)
    };
    std::fs::remove_file(path(&images[0])).unwrap();
    std::fs::write(path(&images[1]), noise(9, 100)).unwrap();
    std::fs::write(format!("{}#1", path(&images[2]).display()), "half").unwrap();
    std::fs::write(data.join("blobs/00/notes.txt"), "mine").unwrap();
    let output = binary().args(["fsck", "--data"]).arg(&data).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("NOT SOUND: 2 damaged, 1 orphans (7 bytes), 2 leftovers"), "{said}");
    assert!(said.contains("is missing; restore it from a backup"), "{said}");
    // Starting again clears what was being written, and touches nothing else.
    drop(Served::serve(&data, &dir.path().join("log")));
    assert!(data.join("blobs/00/notes.txt").exists());
    assert!(!std::path::Path::new(&format!("{}#1", path(&images[2]).display())).exists());
}

#[test]
fn processes_that_make_a_data_directory_at_once_do_not_disturb_one_another() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("deep/data");
    let create = || binary().args(["token", "create", "--role", "annotator", "--data"]).arg(&data).spawn().unwrap();
    let children: Vec<_> = (0..6).map(|_| create()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(run(&["token", "list"], &data).lines().count(), 6);
}

#[test]
fn mistakes_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str], code: i32, says: &str| {
        let output = binary().args(arguments).arg("--data").arg(dir.path().join("none")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    };
    check(&["fsck"], 1, "holds no ingest service");
    check(&["token", "list"], 1, "holds no ingest service");
    check(&["token", "revoke"], 2, "--token");
    check(&["token", "create", "--role", "device", "--expires", "soon"], 2, "such as 24h");
    check(&["token", "create", "--role", "device", "--uses", "0"], 2, "--uses");
    check(&["serve", "--listen", "256.0.0.1:1"], 1, "cannot listen on 256.0.0.1:1");
}
