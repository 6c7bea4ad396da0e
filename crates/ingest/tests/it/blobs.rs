//! Blobs with ranges.

use bytes::Bytes;
use http::{Method, StatusCode, header};
use muster_domain::digest::Digest;
use muster_protocol::error::ErrorCode;

use crate::world::{World, noise};

#[tokio::test]
async fn ranges_of_a_blob() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let api = world.api_token().await;
    let image = noise(1, 700_000);
    device.send(&device.capture(1, &[("a.jpg", image.clone())])).await;
    let path = format!("/v1/blobs/{}", Digest::of(&image));
    let ask = async |headers: &[(&str, &str)]| {
        world.wire.try_call(Method::GET, &path, &api, headers, Bytes::new()).await.unwrap()
    };
    let check = async |range: &str, expected: std::ops::Range<usize>| {
        let answer = ask(&[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        let said = format!("bytes {}-{}/700000", expected.start, expected.end - 1);
        assert_eq!(answer.headers[header::CONTENT_RANGE], said);
        assert_eq!(answer.body, image.slice(expected));
    };
    check("bytes=0-0", 0..1).await;
    check("bytes=100-299999", 100..300_000).await;
    check("bytes=699999-", 699_999..700_000).await;
    check("bytes=-5", 699_995..700_000).await;
    check("bytes=5-99999999", 5..700_000).await;
    for range in ["bytes=700000-", "bytes=-0"] {
        let answer = ask(&[("range", range)]).await;
        answer.refused(ErrorCode::RangeUnsatisfiable);
        assert_eq!(answer.headers[header::CONTENT_RANGE], "bytes */700000");
    }
    let etag = ask(&[]).await.headers[header::ETAG].to_str().unwrap().to_owned();
    for (headers, status) in [
        (vec![("range", "bytes=0-1"), ("if-range", etag.as_str())], StatusCode::PARTIAL_CONTENT),
        (vec![("range", "bytes=0-1"), ("if-range", "\"other\"")], StatusCode::OK),
        (vec![("range", "bytes=0-1,5-6")], StatusCode::OK),
        (vec![("range", "rows=0-1")], StatusCode::OK),
    ] {
        assert_eq!(ask(&headers).await.status, status, "{headers:?}");
    }
    let head = world.wire.call(Method::HEAD, &path, &api, Bytes::new()).await;
    assert_eq!((head.status, head.headers[header::CONTENT_LENGTH].to_str().unwrap()), (StatusCode::OK, "700000"));
}

#[tokio::test]
async fn only_assets_of_committed_captures_are_served() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let api = world.api_token().await;
    device.wire.put_chunk(&device.bearer, b"waiting").await;
    let names = [
        Digest::of(b"waiting").to_hex(),
        Digest::of(b"unknown").to_hex(),
        Digest::of(b"waiting").to_hex().to_uppercase(),
        "..%2F..%2Fingest.db".into(),
        "..%2f..%2fkeys%2freceipt.pem".into(),
        "%2e%2e".into(),
        "%00".into(),
        "receipt.pem".into(),
    ];
    for name in names {
        world.wire.get(&format!("/v1/blobs/{name}"), &api).await.refused(ErrorCode::NotFound);
    }
    world.wire.get("/v1/blobs/%ff", &api).await.refused(ErrorCode::Malformed);
}
