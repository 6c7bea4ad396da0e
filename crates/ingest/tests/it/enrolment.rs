//! Enrolment, challenges, bearers and revocation.

use muster_domain::{id::DeviceId, time::UtcMicros};
use muster_ingest::table::{Database, Durability, device, token::Role};
use muster_protocol::{
    Verdict,
    auth::{ChallengeRequest, EnrolResponse, KeyList, TokenRequest},
    error::ErrorCode,
    offer::OfferRequest,
};

use crate::world::{World, enrolment, random_key};

#[tokio::test]
async fn a_token_enrols_as_many_devices_as_it_says() {
    let world = World::new().await;
    let token = world.token(Role::Device, Some("depot-1"), 2, 60).await;
    let keys = [random_key(), random_key(), random_key()];
    let ask = async |n: usize, site| world.wire.post("/v1/enrol", "", &enrolment(&token, &keys[n], "cam", site)).await;
    ask(0, "depot-2").await.refused(ErrorCode::EnrolmentRefused);
    let first: EnrolResponse = ask(0, "depot-1").await.ok();
    let second: EnrolResponse = ask(1, "depot-1").await.ok();
    assert_ne!(first.device_id, second.device_id);
    ask(2, "depot-1").await.refused(ErrorCode::EnrolmentRefused);
    world.clock.advance_s(100);
    // The device that crashed before it wrote its id down asks again, with a token that is used up and expired.
    assert_eq!(ask(0, "depot-1").await.ok::<EnrolResponse>().device_id, first.device_id);
    let other = world.token(Role::Device, None, 1, 60).await;
    let again = world.wire.post("/v1/enrol", "", &enrolment(&other, &keys[1], "cam", "depot-9")).await;
    assert_eq!(again.ok::<EnrolResponse>().device_id, second.device_id, "the same key has the same id");
    let fresh = world.wire.post("/v1/enrol", "", &enrolment(&other, &keys[2], "cam", "depot-9")).await;
    fresh.ok::<EnrolResponse>();
}

#[tokio::test]
async fn tokens_that_are_no_enrolment_tokens_are_refused() {
    let world = World::new().await;
    let expired = world.token(Role::Device, None, 1, 0).await;
    let api = world.api_token().await;
    for token in ["", "mst_enrol_x", &expired, &api] {
        let answer = world.wire.post("/v1/enrol", "", &enrolment(token, &random_key(), "cam", "depot-1")).await;
        answer.refused(ErrorCode::EnrolmentRefused);
    }
    let token = world.token(Role::Device, None, 1, 60).await;
    let weak = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (public_key, name) in [("", "cam"), ("AAAA", "cam"), (weak, "cam"), ("", ""), ("", "a\nb")] {
        let mut ask = enrolment(&token, &random_key(), name, "depot-1");
        if !public_key.is_empty() || name == "cam" {
            ask.public_key = public_key.into();
        }
        world.wire.post("/v1/enrol", "", &ask).await.refused(ErrorCode::Malformed);
    }
}

#[tokio::test]
async fn a_nonce_is_signed_once_within_a_minute_by_the_enrolled_key() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let ask = async |ask: &TokenRequest| world.wire.post("/v1/token", "", ask).await;
    let used = TokenRequest::sign(&device.key, device.id, &device.challenge().await);
    let answer = ask(&used).await;
    let token: muster_protocol::auth::TokenResponse = answer.ok();
    assert_eq!(token.time.verify(&device.keys[0].verifying_key().unwrap()), Verdict::Genuine);
    ask(&used).await.refused(ErrorCode::ChallengeStale);
    ask(&TokenRequest::sign(&device.key, device.id, "never given")).await.refused(ErrorCode::ChallengeStale);
    let nonce = device.challenge().await;
    ask(&TokenRequest::sign(&random_key(), device.id, &nonce)).await.refused(ErrorCode::Unauthenticated);
    ask(&TokenRequest::sign(&device.key, device.id, &nonce)).await.ok::<muster_protocol::auth::TokenResponse>();
    let old = device.challenge().await;
    world.clock.advance_s(61);
    ask(&TokenRequest::sign(&device.key, device.id, &old)).await.refused(ErrorCode::ChallengeStale);
    let stranger = ChallengeRequest { device_id: DeviceId(uuid::Uuid::from_u128(1)) };
    world.wire.post("/v1/challenge", "", &stranger).await.refused(ErrorCode::NotFound);
}

#[tokio::test]
async fn bearers_survive_a_restart_and_expire() {
    let mut world = World::new().await;
    let mut device = world.device("cam").await;
    world.restart().await;
    device.wire = world.wire.clone();
    assert_eq!(device.offer(&[]).await, []);
    world.clock.advance_s(901);
    let ask = OfferRequest { manifests: Vec::new() };
    world.wire.post("/v1/offers", &device.bearer, &ask).await.refused(ErrorCode::TokenExpired);
    device.bearer = device.ask_token().await.token;
    assert_eq!(device.offer(&[]).await, []);
    let keys: KeyList = world.wire.get("/v1/keys", "").await.ok();
    assert_eq!(keys.keys, device.keys);
}

#[tokio::test]
async fn revocation_works_at_once() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let nonce = device.challenge().await;
    let mut db = Database::open(&world.layout(), Durability::Full).await.unwrap().writer().await.unwrap();
    assert!(device::sqlite::revoke(&mut db, device.id, UtcMicros(1)).await.unwrap());
    assert!(!device::sqlite::revoke(&mut db, device.id, UtcMicros(2)).await.unwrap());
    let ask = OfferRequest { manifests: Vec::new() };
    world.wire.post("/v1/offers", &device.bearer, &ask).await.refused(ErrorCode::DeviceRevoked);
    let signed = TokenRequest::sign(&device.key, device.id, &nonce);
    world.wire.post("/v1/token", "", &signed).await.refused(ErrorCode::DeviceRevoked);
    let challenge = ChallengeRequest { device_id: device.id };
    world.wire.post("/v1/challenge", "", &challenge).await.refused(ErrorCode::DeviceRevoked);
    let token = world.token(Role::Device, None, 1, 60).await;
    let again = enrolment(&token, &device.key, "cam", "depot-1");
    world.wire.post("/v1/enrol", "", &again).await.refused(ErrorCode::DeviceRevoked);
}

#[tokio::test]
async fn roles_do_not_mix() {
    let world = World::new().await;
    let device = world.device("cam").await;
    let api = world.api_token().await;
    let expired = world.token(Role::Annotator, None, 0, 0).await;
    let device_paths = ["/v1/offers", "/v1/device/report"];
    for path in device_paths {
        world.wire.post(path, &api, &()).await.refused(ErrorCode::Forbidden);
    }
    world.wire.put_chunk(&api, b"x").await.refused(ErrorCode::Forbidden);
    let blob = format!("/v1/blobs/{}", muster_domain::digest::Digest::of(b"x"));
    for path in ["/v1/changes", "/v1/snapshot", "/v1/devices", &blob] {
        world.wire.get(path, &device.bearer).await.refused(ErrorCode::Forbidden);
        for bearer in ["", "x", "mst_api_x", "mst_dev_x"] {
            world.wire.get(path, bearer).await.refused(ErrorCode::Unauthenticated);
        }
        world.wire.get(path, &expired).await.refused(ErrorCode::TokenExpired);
    }
}
