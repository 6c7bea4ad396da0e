//! Every limit of the service, in one place.

use std::time::Duration;

/// The largest body of an offer, bytes. A device with larger manifests offers fewer at a time.
pub const OFFER_BYTES: usize = 16 * 1024 * 1024;
/// The largest other JSON body, bytes: a commit with a manifest of full size whose every second character is escaped.
pub const JSON_BYTES: usize = 2 * muster_protocol::manifest::MAX_MANIFEST_BYTES + 64 * 1024;
/// The largest capture, bytes over all its assets: what one commit may have to assemble.
pub const CAPTURE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How long a client may take over the headers, and how long an idle connection lives.
pub const HEADER_TIME: Duration = Duration::from_mins(1);
/// How long a body may pause.
pub const PIECE_TIME: Duration = Duration::from_secs(30);
/// When the rate of a body begins to count.
pub const GRACE_TIME: Duration = Duration::from_secs(15);
/// The slowest body: a chunk of full size may take a bit more than two hours.
pub const MIN_BYTES_PER_S: u64 = 1024;
/// How long an ordinary request may take after its body arrived, and how long it may wait for its body.
pub const REQUEST_TIME: Duration = Duration::from_mins(1);
/// How long a commit may take: it may assemble a long video.
pub const COMMIT_TIME: Duration = Duration::from_mins(10);
/// How long an answer may wait for a reader that takes nothing.
pub const READER_TIME: Duration = Duration::from_mins(1);
/// Connections at once; more wait in the listener's queue.
pub const CONNECTIONS: usize = 10_000;
/// Requests in work at once, long polls apart.
pub const REQUESTS: usize = 2_048;
/// Long polls at once.
pub const POLLS: usize = 8_192;
/// Snapshots at once: each holds a read transaction, which keeps the WAL from shrinking.
pub const SNAPSHOTS: u32 = 4;
/// Requests of one device in work at once.
pub const DEVICE_REQUESTS: u32 = 32;
/// Connections that read the database.
pub const READERS: u32 = 8;
/// Writes that wait for the writer.
pub const WRITE_QUEUE: usize = 1_024;
/// The most writes in one transaction.
pub const WRITE_BATCH: usize = 256;
/// How long a nonce lives.
pub const NONCE_TIME: Duration = Duration::from_mins(1);
/// The most open nonces, and of one device.
pub const NONCES: usize = 20_000;
/// The most open nonces of one device; the oldest goes.
pub const DEVICE_NONCES: usize = 8;
/// How long a device's bearer lives, seconds.
pub const BEARER_S: u32 = 900;
/// Manifest bytes in one answer of the feed, after which it says that there is more.
pub const FEED_BYTES: usize = 8 * 1024 * 1024;
/// How long after the signal to stop a request in work may go on.
pub const DRAIN_TIME: Duration = Duration::from_secs(20);
/// Days after which an offer that was never committed is forgotten.
pub const OFFER_DAYS: i64 = 30;
/// Seconds until a device's next report is welcome.
pub const REPORT_AFTER_S: u32 = 60;
/// The largest error of a device's clock that the service believes to be an error and not a distortion, microseconds.
pub const MAX_UNCERTAINTY_MICROS: i64 = 100 * 365 * 86_400 * 1_000_000;
