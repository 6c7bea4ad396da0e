//! Every refusal is typed, whatever was asked.

use bytes::Bytes;
use http::{Method, StatusCode};
use muster_protocol::error::{ErrorBody, ErrorCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::World;

#[tokio::test]
async fn wrong_paths_methods_and_bodies_have_typed_answers() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let check = async |method: Method, path: &str, body: &'static str, code| {
        world.wire.call(method, path, &device.bearer, Bytes::from_static(body.as_bytes())).await.refused(code);
    };
    for path in ["/", "/v1", "/v2/offers", "/v1/offers/", "/v1/chunks", "/v1/chunks/a/b", "/v1/captures/x"] {
        check(Method::GET, path, "", ErrorCode::NotFound).await;
    }
    let some = "/v1/chunks/0000000000000000000000000000000000000000000000000000000000000000";
    for (method, path) in [
        (Method::GET, "/v1/offers"),
        (Method::DELETE, some),
        (Method::POST, "/v1/changes"),
        (Method::PUT, "/metrics"),
        (Method::PATCH, "/v1/enrol"),
    ] {
        check(method, path, "", ErrorCode::MethodNotAllowed).await;
    }
    for body in ["", "{", "[]", "{}", "{\"manifests\": 1}", "\u{0}"] {
        for path in ["/v1/enrol", "/v1/challenge", "/v1/token", "/v1/offers", "/v1/device/report"] {
            check(Method::POST, path, body, ErrorCode::Malformed).await;
        }
        check(Method::POST, "/v1/captures/x/commit", body, ErrorCode::Malformed).await;
    }
    for name in ["x", "..%2F..%2F..%2Fetc%2Fpasswd", "%2e%2e%2f", "0", "%ff", &"A".repeat(64), &"0".repeat(65)] {
        check(Method::PUT, &format!("/v1/chunks/{name}"), "x", ErrorCode::Malformed).await;
    }
    assert!(!world.dir.path().parent().unwrap().join("etc").exists());
}

#[tokio::test]
async fn the_path_the_body_and_the_manifest_name_one_capture() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let (one, two) = (device.capture(1, &[("a", "1".into())]), device.capture(2, &[("a", "2".into())]));
    for (path, capture_id, manifest) in [
        (two.id.to_string(), one.id, &one.manifest),
        (one.id.to_string(), one.id, &two.manifest),
        ("%ff".to_owned(), one.id, &one.manifest),
    ] {
        let ask = muster_protocol::offer::CommitRequest { capture_id, manifest: manifest.clone() };
        let path = format!("/v1/captures/{path}/commit");
        world.wire.post(&path, &device.bearer, &ask).await.refused(ErrorCode::Malformed);
    }
}

#[tokio::test]
async fn health_readiness_and_metrics() {
    let world = World::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.wire.get(path, "").await.status, StatusCode::OK);
    }
    world.wire.get("/nowhere", "").await;
    let page = world.wire.get("/metrics", "").await;
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = page.text();
    assert!(text.ends_with("# EOF\n"));
    assert!(text.contains("muster_ingest_answers_total{status=\"404\"} 1\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("muster_ingest_") && value.parse::<u64>().is_ok(), "{line}");
    }
}

/// What the service says to these bytes on a bare connection.
async fn raw(world: &World, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(world.wire.address()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is as good as its end.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bodies_that_break_off_or_announce_too_much_are_refused() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let head = format!(
        "PUT /v1/chunks/{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n",
        muster_domain::digest::Digest::of(b"x"),
        device.bearer
    );
    let huge = raw(&world, format!("{head}content-length: 99999999999\r\n\r\nabc").as_bytes()).await;
    assert!(huge.starts_with("HTTP/1.1 413"), "{huge}");
    let body: ErrorBody = serde_json::from_str(huge.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body.code, ErrorCode::TooLarge);
    let anonymous = raw(&world, b"PUT /v1/chunks/x HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n").await;
    assert!(anonymous.starts_with("HTTP/1.1 401"), "{anonymous}");
    // The connection closes in the middle of the body: nothing stays.
    let mut stream = TcpStream::connect(world.wire.address()).await.unwrap();
    stream.write_all(format!("{head}content-length: 100\r\n\r\nabc").as_bytes()).await.unwrap();
    drop(stream);
    while world.wire.metric("muster_ingest_requests_in_work").await > 1 {
        tokio::task::yield_now().await;
    }
    let findings = muster_ingest::fsck::check(&world.layout()).await.unwrap();
    assert_eq!((findings.orphans.len(), findings.leftovers.len()), (0, 0));
    let garbage = raw(&world, b"\x16\x03\x01 this is TLS, or nothing at all\r\n\r\n").await;
    assert!(garbage.is_empty() || garbage.starts_with("HTTP/1.1 400"), "{garbage}");
}
