//! A message of each kind as version 1 wrote it must still parse, and today's types must still write it.

use std::{fs, path::PathBuf};

use muster_protocol::{
    auth::{ChallengeResponse, EnrolRequest, EnrolResponse, KeyList, TokenRequest, TokenResponse},
    error::ErrorBody,
    feed::{ChangesResponse, SnapshotHead},
    manifest::{Manifest, ManifestError},
    offer::{CommitRequest, CommitResponse, OfferRequest, OfferResponse},
    report::{DeviceReport, ReportResponse},
};
use serde::{Serialize, de::DeserializeOwned};

fn golden(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check<T: Serialize + DeserializeOwned>(name: &str) {
    let text = golden(name);
    let message: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = serde_json::to_value(&message).expect("messages serialise");
    let golden: serde_json::Value = serde_json::from_str(&text).expect("a golden file is JSON");
    assert_eq!(written, golden, "{name}");
}

#[test]
fn version_1_still_reads_and_writes() {
    check::<EnrolRequest>("enrol_request.json");
    check::<EnrolResponse>("enrol_response.json");
    check::<KeyList>("key_list.json");
    check::<ChallengeResponse>("challenge_response.json");
    check::<TokenRequest>("token_request.json");
    check::<TokenResponse>("token_response.json");
    check::<Manifest>("manifest.json");
    check::<OfferRequest>("offer_request.json");
    check::<OfferResponse>("offer_response.json");
    check::<CommitRequest>("commit_request.json");
    check::<CommitResponse>("commit_response.json");
    check::<DeviceReport>("device_report.json");
    check::<ReportResponse>("report_response.json");
    check::<ChangesResponse>("changes_response.json");
    check::<SnapshotHead>("snapshot_head.json");
    check::<ErrorBody>("error.json");
}

#[test]
fn a_manifest_is_checked_where_it_is_parsed() {
    let good: serde_json::Value = serde_json::from_str(&golden("manifest.json")).expect("JSON");
    let parse = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut manifest = good.clone();
        change(&mut manifest);
        Manifest::parse(manifest.to_string().as_bytes())
    };
    assert!(parse(&|_| ()).is_ok());
    for name in ["", "../a", "a/b", "a\\b", ".hidden", "C:x", "a\nb", &"x".repeat(201)] {
        let result = parse(&|manifest| manifest["assets"][0]["name"] = name.into());
        assert!(matches!(result, Err(ManifestError::AssetName { .. })), "{name:?}");
    }
    for bytes in [0_u64, 1, u64::MAX] {
        let result = parse(&|manifest| manifest["assets"][0]["bytes"] = bytes.into());
        assert!(matches!(result, Err(ManifestError::Chunks { .. })), "{bytes}");
    }
    let no_assets = parse(&|manifest| manifest["assets"] = serde_json::json!([]));
    assert!(matches!(no_assets, Err(ManifestError::AssetCount { count: 0 })));
    let control = parse(&|manifest| manifest["site"] = "depot\u{7}".into());
    assert!(matches!(control, Err(ManifestError::Text { field: "site" })));
    let twice = parse(&|manifest| {
        let asset = manifest["assets"][0].clone();
        manifest["assets"].as_array_mut().expect("an array").push(asset);
    });
    assert!(matches!(twice, Err(ManifestError::AssetName { .. })));
    assert!(matches!(Manifest::parse(&vec![b' '; 300 * 1024]), Err(ManifestError::TooLarge { .. })));
    assert!(matches!(Manifest::parse(b"{"), Err(ManifestError::Json(_))));
}
