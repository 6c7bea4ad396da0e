//! The client against a scripted server: what the real service never does on demand.

mod server;

use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use muster_client::{ClientError, DesktopClient, DeviceClient, Patience, Transport};
use muster_domain::{
    digest::Digest,
    id::{DeviceId, ServiceId},
    time::UtcMicros,
};
use muster_protocol::{
    auth::{ChallengeResponse, KeyList, SignedTime, TokenRequest, TokenResponse},
    error::{ErrorBody, ErrorCode},
    feed::Wanted,
    offer::{OfferAnswer, OfferResponse},
};
use server::{Body, Seen, Server, broken, reply};
use uuid::Uuid;

fn transport(server: &Server) -> Transport {
    let patience =
        Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(5), stall: Duration::from_secs(5) };
    Transport::new(&server.url, patience).unwrap()
}

fn json<T: serde::Serialize>(value: &T) -> http::Response<Body> {
    reply(200, serde_json::to_vec(value).unwrap())
}

fn refusal(code: ErrorCode) -> http::Response<Body> {
    let body = ErrorBody { code, message: "no".into(), retry_after_s: None };
    reply(code.status(), serde_json::to_vec(&body).unwrap())
}

fn device_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn device_id() -> DeviceId {
    DeviceId(Uuid::from_u128(42))
}

/// The service's half of the handshake, checking the signature; the token carries the request's number.
fn handshake(number: usize, seen: &Seen) -> Option<http::Response<Body>> {
    match seen.line.as_str() {
        "POST /v1/challenge" => Some(json(&ChallengeResponse { nonce: format!("nonce-{number}") })),
        "POST /v1/token" => {
            let request: TokenRequest = serde_json::from_slice(&seen.body).unwrap();
            let public = muster_protocol::auth::PublicKey::new("d", &device_key().verifying_key()).public_key;
            assert_eq!(request.verify(&public), muster_protocol::Verdict::Genuine);
            let time = SignedTime::sign(&device_key(), "k", UtcMicros(1));
            Some(json(&TokenResponse { token: format!("token-{number}"), expires_in_s: 3600, time }))
        }
        _ => None,
    }
}

#[tokio::test]
async fn an_expired_bearer_is_renewed_once_and_the_call_repeated() {
    let server = Server::start(|number, seen| {
        handshake(number, seen).unwrap_or_else(|| match seen.bearer.as_deref() {
            Some("Bearer token-1") => refusal(ErrorCode::TokenExpired),
            Some("Bearer token-4") => json(&OfferResponse { answers: vec![OfferAnswer::Need { chunks: vec![] }] }),
            other => panic!("{other:?}"),
        })
    })
    .await;
    let client = DeviceClient::new(transport(&server), device_id(), device_key());
    for _ in 0..2 {
        assert_eq!(client.offers(vec!["{}".into()]).await.unwrap(), [OfferAnswer::Need { chunks: vec![] }]);
    }
    assert_eq!(server.count(), 7, "challenge, token, offer, challenge, token, offer; then the bearer is reused");
}

#[tokio::test]
async fn a_revoked_device_gets_the_code_and_does_not_ask_again() {
    let server =
        Server::start(|number, seen| handshake(number, seen).unwrap_or_else(|| refusal(ErrorCode::DeviceRevoked)))
            .await;
    let client = DeviceClient::new(transport(&server), device_id(), device_key());
    let error = client.put_chunk(&Digest::of(b"x"), Bytes::from_static(b"x")).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::DeviceRevoked));
    assert!(!error.is_transient());
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn strangers_are_told_from_refusals() {
    let cases: [(u16, &str, bool); 5] = [
        (200, "<html>please log in</html>", true),
        (302, "", true),
        (502, "bad gateway", true),
        (404, "not here", true),
        // The code says 403, the status says 500: whoever wrote this is not the service.
        (500, r#"{"code":"device_revoked","message":"ha"}"#, true),
    ];
    for (status, body, transient) in cases {
        let server = Server::start(move |_, _| reply(status, body)).await;
        let error = DesktopClient::new(transport(&server), "t").keys().await.unwrap_err();
        assert_eq!(error.code(), None, "{status}");
        assert_eq!(error.is_transient(), transient, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_named_wait_comes_from_the_body_or_the_header() {
    let server = Server::start(|_, _| {
        let body = ErrorBody { code: ErrorCode::Throttled, message: "slow".into(), retry_after_s: Some(9) };
        reply(429, serde_json::to_vec(&body).unwrap())
    })
    .await;
    let error = DesktopClient::new(transport(&server), "t").changes(None, 0, &Wanted::default()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));

    let server = Server::start(|_, _| {
        let mut answer = reply(503, "busy");
        answer.headers_mut().insert("retry-after", "12".parse().unwrap());
        answer
    })
    .await;
    let error = DesktopClient::new(transport(&server), "t").changes(None, 0, &Wanted::default()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(12)));
}

#[tokio::test]
async fn a_cursor_travels_escaped_and_its_end_has_a_code() {
    let server = Server::start(|_, seen| {
        assert_eq!(seen.line, "GET /v1/changes?cursor=a%2Fb%26c&wait=55");
        assert_eq!(seen.bearer.as_deref(), Some("Bearer t"));
        refusal(ErrorCode::CursorGone)
    })
    .await;
    let error =
        DesktopClient::new(transport(&server), "t").changes(Some("a/b&c"), 999, &Wanted::default()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::CursorGone));
}

/// Serves a blob honouring open ranges, but only `piece` bytes a connection.
fn flaky_blob(blob: &'static [u8], piece: usize, ranges: bool) -> impl Fn(usize, &Seen) -> http::Response<Body> {
    move |number, seen| {
        let start = match seen.range.as_deref() {
            Some(range) if ranges => range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap(),
            _ => 0,
        };
        let status = if start > 0 { 206 } else { 200 };
        let end = (if ranges { start + piece } else { piece * (number + 1) }).min(blob.len());
        if end == blob.len() { reply(status, &blob[start..]) } else { broken(status, &blob[start..end]) }
    }
}

#[tokio::test]
async fn a_download_goes_on_where_the_connection_broke() {
    static BLOB: &[u8] = b"the quick brown fox jumps over the lazy dog";
    for ranges in [true, false] {
        let server = Server::start(flaky_blob(BLOB, 10, ranges)).await;
        let mut got = Vec::new();
        let client = DesktopClient::new(transport(&server), "t");
        client.blob(&Digest::of(BLOB), BLOB.len() as u64, &mut got).await.unwrap();
        assert_eq!(got, BLOB, "ranges honoured: {ranges}");
        assert_eq!(server.count(), 5);
    }
}

#[tokio::test]
async fn wrong_bytes_and_too_many_bytes_are_refused() {
    let server = Server::start(|_, _| reply(200, "evil")).await;
    let client = DesktopClient::new(transport(&server), "t");
    let error = client.blob(&Digest::of(b"good"), 4, &mut Vec::new()).await.unwrap_err();
    assert!(matches!(error, ClientError::DigestMismatch { .. }), "{error}");
    let error = client.blob(&Digest::of(b"evi"), 3, &mut Vec::new()).await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { limit: 3, .. }), "{error}");
    let error = client.blob_range(&Digest::of(b"evil"), 0..2).await.unwrap_err();
    assert!(matches!(error, ClientError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn a_snapshot_that_is_cut_off_never_looks_complete() {
    let cases = [
        ("", "it is empty"),
        ("{\"cursor\":\"c\",\"captures\":2}\n", "0 of 2 captures came"),
        ("{\"cursor\":\"c\",\"captures\":1}\n{\"capture_id\":", "cut off"),
        ("{\"cursor\":\"c\",\"captures\":1}\n{}\n{}\n", "2 of 1 captures came"),
        ("{\"captures\":1}\n", "missing field"),
    ];
    for (body, expected) in cases {
        let server = Server::start(move |_, _| reply(200, body)).await;
        let client = DesktopClient::new(transport(&server), "t");
        let error = match client.snapshot(&Wanted::default()).await {
            Err(error) => error,
            Ok(mut snapshot) => {
                assert_eq!(snapshot.head().cursor, "c");
                loop {
                    if let Err(error) = snapshot.lines().await {
                        break error;
                    }
                }
            }
        };
        assert!(error.to_string().contains(expected), "{body:?}: {error}");
    }
    let server = Server::start(|_, _| reply(200, "{\"cursor\":\"c\",\"captures\":0}\n")).await;
    let mut snapshot = DesktopClient::new(transport(&server), "t").snapshot(&Wanted::default()).await.unwrap();
    assert!(snapshot.lines().await.unwrap().is_none());
}

#[tokio::test]
async fn nobody_listening_is_transient_and_says_why() {
    let transport = Transport::new("http://127.0.0.1:1", Patience::default()).unwrap();
    let error = DesktopClient::new(transport, "t").keys().await.unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn an_answer_larger_than_its_limit_is_cut() {
    let server = Server::start(|_, _| reply(200, vec![b' '; 2 * 1024 * 1024])).await;
    let error = DesktopClient::new(transport(&server), "t").keys().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn keys_need_no_token() {
    let list = KeyList { service_id: ServiceId(Uuid::from_u128(3)), keys: vec![] };
    let answer = list.clone();
    let server = Server::start(move |_, seen| {
        assert_eq!(seen.bearer, None);
        json(&answer)
    })
    .await;
    assert_eq!(DesktopClient::new(transport(&server), "t").keys().await.unwrap(), list);
}
