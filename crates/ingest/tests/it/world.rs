//! A service to talk to, in this process or as the real binary, and devices that talk to it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use muster_domain::{
    capture::TriggerHit,
    digest::Digest,
    id::{CaptureId, DeviceId},
    time::{Clock, UtcMicros},
};
use muster_ingest::{
    IngestError,
    ingest::Ingest,
    layout::Layout,
    serve::Listener,
    table::{
        Database, Durability,
        token::{self, NewToken, Role},
    },
    token::Secret,
};
use muster_protocol::{
    auth::{ChallengeRequest, ChallengeResponse, EnrolRequest, EnrolResponse, PublicKey, TokenRequest, TokenResponse},
    error::{ErrorBody, ErrorCode},
    manifest::{DeviceTime, MAX_CHUNK_BYTES, Manifest, ManifestAsset, ManifestChunk},
    offer::{CommitRequest, CommitResponse, OfferAnswer, OfferRequest, OfferResponse},
    receipt::Receipt,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::oneshot, task::JoinHandle};

/// The time at which tests begin.
pub const START: i64 = 1_763_600_000_000_000;

/// A clock that a test moves.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UtcMicros {
        // One microsecond a look, so that no two moments are the same.
        UtcMicros(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Ends the service, and what came of it.
type Running = (oneshot::Sender<()>, JoinHandle<Result<(), IngestError>>);

/// A service in this process, on a free port.
pub struct World {
    pub dir: tempfile::TempDir,
    pub clock: Arc<TestClock>,
    pub wire: Wire,
    running: Option<Running>,
}

impl World {
    pub async fn new() -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let dir = tempfile::tempdir().unwrap();
        let mut world = Self { dir, clock, wire: Wire::to(""), running: None };
        world.start().await;
        world
    }

    pub fn layout(&self) -> Layout {
        Layout::new(self.dir.path())
    }

    async fn start(&mut self) {
        let clock = Arc::clone(&self.clock);
        let (ingest, background) = Ingest::start(&self.layout(), Durability::Full, clock).await.unwrap();
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        self.wire = Wire::to(&format!("http://{}", listener.address));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(listener.serve(ingest, background, async { drop(stopped.await) }));
        self.running = Some((stop, task));
    }

    pub async fn stop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            stop.send(()).unwrap();
            task.await.unwrap().unwrap();
        }
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// A token that was just made, as the command does.
    pub async fn token(&self, role: Role, site: Option<&str>, uses: u32, lives_s: i64) -> String {
        let secret = Secret::new(role).unwrap();
        let now = self.clock.now();
        let new = NewToken {
            role,
            hash: Secret::hash(&secret.text),
            site: site.map(str::to_owned),
            uses: (role == Role::Device).then_some(uses),
            expires_at: UtcMicros(now.0 + lives_s * 1_000_000),
        };
        let mut db = Database::open(&self.layout(), Durability::Full).await.unwrap().writer().await.unwrap();
        token::sqlite::insert(&mut db, &new, now).await.unwrap();
        secret.text
    }

    /// An enrolled device with a bearer.
    pub async fn device(&self, name: &str) -> TestDevice {
        let token = self.token(Role::Device, None, 1, 3_600).await;
        TestDevice::enrol(&self.wire, &token, name).await
    }

    /// A desktop's API token.
    pub async fn api_token(&self) -> String {
        self.token(Role::Annotator, None, 0, 3_600).await
    }
}

/// A plain HTTP client of one service.
#[derive(Clone)]
pub struct Wire {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Wire {
    pub fn to(base: &str) -> Self {
        Self { base: base.into(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// The same service, over HTTP/2 without an upgrade.
    pub fn over_http2(&self) -> Self {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        Self { base: self.base.clone(), client }
    }

    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    pub async fn try_call(
        &self,
        method: Method,
        path: &str,
        bearer: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if !bearer.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).unwrap();
        let response = self.client.request(request).await.map_err(|error| format!("{error:?}"))?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    pub async fn call(&self, method: Method, path: &str, bearer: &str, body: impl Into<Bytes>) -> Answer {
        self.try_call(method, path, bearer, &[], body.into()).await.unwrap()
    }

    pub async fn get(&self, path: &str, bearer: &str) -> Answer {
        self.call(Method::GET, path, bearer, Bytes::new()).await
    }

    pub async fn post(&self, path: &str, bearer: &str, body: &impl Serialize) -> Answer {
        self.call(Method::POST, path, bearer, serde_json::to_vec(body).unwrap()).await
    }

    pub async fn put_chunk(&self, bearer: &str, bytes: &[u8]) -> Answer {
        let path = format!("/v1/chunks/{}", Digest::of(bytes));
        self.call(Method::PUT, &path, bearer, bytes.to_vec()).await
    }

    pub async fn metric(&self, name: &str) -> u64 {
        let page = self.get("/metrics", "").await.text();
        let line = page.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("no {name} in\n{page}")).rsplit(' ').next().unwrap().parse().unwrap()
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn ok<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks that this is a typed refusal whose status fits its code.
    pub fn refused(&self, code: ErrorCode) -> ErrorBody {
        let body: ErrorBody = serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is no typed refusal: {error}: {}", self.status, self.text()));
        assert_eq!((body.code, self.status.as_u16()), (code, code.status()), "{}", body.message);
        assert!(!body.message.is_empty());
        let retry_after = self.headers.get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().parse().unwrap());
        assert_eq!(retry_after, body.retry_after_s);
        body
    }
}

/// A device with its key and bearer.
pub struct TestDevice {
    pub wire: Wire,
    pub key: SigningKey,
    pub id: DeviceId,
    pub name: String,
    pub keys: Vec<PublicKey>,
    pub bearer: String,
}

/// A capture on its device.
#[derive(Clone)]
pub struct TestCapture {
    pub id: CaptureId,
    pub manifest: String,
    pub root_hash: Digest,
    pub chunks: Vec<Bytes>,
}

pub fn random_key() -> SigningKey {
    SigningKey::from_bytes(&muster_ingest::entropy::random().unwrap())
}

pub fn enrolment(token: &str, key: &SigningKey, name: &str, site: &str) -> EnrolRequest {
    EnrolRequest {
        token: token.into(),
        public_key: PublicKey::new("", &key.verifying_key()).public_key,
        device: name.into(),
        site: site.into(),
        agent_version: "1.0.0".into(),
    }
}

impl TestDevice {
    pub async fn enrol(wire: &Wire, token: &str, name: &str) -> Self {
        let key = random_key();
        let answer = wire.post("/v1/enrol", "", &enrolment(token, &key, name, "depot-1")).await;
        let EnrolResponse { device_id, keys } = answer.ok();
        let mut device =
            Self { wire: wire.clone(), key, id: device_id, name: name.into(), keys, bearer: String::new() };
        device.bearer = device.ask_token().await.token;
        device
    }

    pub async fn challenge(&self) -> String {
        let ask = ChallengeRequest { device_id: self.id };
        self.wire.post("/v1/challenge", "", &ask).await.ok::<ChallengeResponse>().nonce
    }

    pub async fn ask_token(&self) -> TokenResponse {
        let nonce = self.challenge().await;
        self.wire.post("/v1/token", "", &TokenRequest::sign(&self.key, self.id, &nonce)).await.ok()
    }

    /// A capture with these files, each cut into chunks as the protocol says.
    pub fn capture(&self, seq: u64, files: &[(&str, Bytes)]) -> TestCapture {
        self.capture_with(seq, files, |_| {})
    }

    pub fn capture_with(&self, seq: u64, files: &[(&str, Bytes)], change: impl FnOnce(&mut Manifest)) -> TestCapture {
        let mut chunks = Vec::new();
        let assets = files.iter().map(|(name, bytes)| asset(name, bytes, &mut chunks)).collect();
        let moment = |wall| DeviceTime { wall_micros: UtcMicros(wall), monotonic_micros: 5, uncertainty_micros: 1_000 };
        let mut manifest = Manifest {
            capture_id: CaptureId(uuid::Uuid::now_v7()),
            device_id: self.id,
            site: "depot-1".into(),
            epoch: 1,
            seq,
            boot_id: "boot-1".into(),
            trigger: TriggerHit {
                name: "motion".into(),
                version: 1,
                expression: "motion > 0.2".into(),
                values: std::collections::BTreeMap::default(),
            },
            started: moment(START - 5_000_000),
            ended: moment(START - 4_000_000),
            assets,
            signals: std::collections::BTreeMap::default(),
            proposals: Vec::new(),
            agent_version: "1.0.0".into(),
            privacy_class: "raw".into(),
        };
        change(&mut manifest);
        let text = serde_json::to_string(&manifest).unwrap();
        TestCapture { id: manifest.capture_id, root_hash: Manifest::root_hash(text.as_bytes()), manifest: text, chunks }
    }

    pub async fn offer(&self, captures: &[&TestCapture]) -> Vec<OfferAnswer> {
        let manifests = captures.iter().map(|capture| capture.manifest.clone()).collect();
        let ask = OfferRequest { manifests };
        self.wire.post("/v1/offers", &self.bearer, &ask).await.ok::<OfferResponse>().answers
    }

    pub async fn commit(&self, capture: &TestCapture) -> Answer {
        let ask = CommitRequest { capture_id: capture.id, manifest: capture.manifest.clone() };
        self.wire.post(&format!("/v1/captures/{}/commit", capture.id), &self.bearer, &ask).await
    }

    /// Offers, sends what is needed, commits, and verifies the receipt.
    pub async fn send(&self, capture: &TestCapture) -> Receipt {
        let answers = self.offer(&[capture]).await;
        let [OfferAnswer::Need { chunks }] = answers.as_slice() else { panic!("{answers:?}") };
        for digest in chunks {
            let bytes = capture.chunks.iter().find(|chunk| Digest::of(chunk) == *digest).unwrap();
            let answer = self.wire.put_chunk(&self.bearer, bytes).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
        }
        let CommitResponse { receipt } = self.commit(capture).await.ok();
        receipt.verify(&self.keys, capture.id, &capture.root_hash).unwrap();
        receipt
    }
}

fn asset(name: &str, bytes: &Bytes, chunks: &mut Vec<Bytes>) -> ManifestAsset {
    let pieces: Vec<Bytes> = (0..bytes.len())
        .step_by(MAX_CHUNK_BYTES as usize)
        .map(|start| bytes.slice(start..bytes.len().min(start + MAX_CHUNK_BYTES as usize)))
        .collect();
    chunks.extend(pieces.iter().cloned());
    ManifestAsset {
        name: name.into(),
        stream: "cam0".into(),
        media_type: "image/jpeg".into(),
        bytes: bytes.len() as u64,
        blake3: Digest::of(bytes),
        chunks: pieces
            .iter()
            .map(|piece| ManifestChunk { blake3: Digest::of(piece), bytes: piece.len() as u64 })
            .collect(),
        width_px: Some(640),
        height_px: Some(480),
        duration_micros: None,
    }
}

/// Bytes that differ by seed and do not repeat.
pub fn noise(seed: u64, bytes: usize) -> Bytes {
    let mut noise = vec![0; bytes];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut noise);
    noise.into()
}

/// The real binary.
pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_muster-ingest"))
}

/// The real service in its own process. Dropping it kills it.
pub struct Served {
    pub child: Child,
    pub wire: Wire,
    pub log: PathBuf,
}

impl Served {
    /// Starts `command`, which ends in the service, with its log in a file.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let log_file = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log_file).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("muster-ingest listening on ");
        let address = address.unwrap_or_else(|| panic!("{line:?}, {}", std::fs::read_to_string(log).unwrap()));
        Self { wire: Wire::to(address), child, log: log.to_owned() }
    }

    pub fn serve(data: &Path, log: &Path) -> Self {
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        Self::start(command, log)
    }

    /// SIGKILL: no destructor, no flush.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What `muster-ingest` prints on stdout; it must end well.
pub fn run(arguments: &[&str], data: &Path) -> String {
    let output = binary().args(arguments).arg("--data").arg(data).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
