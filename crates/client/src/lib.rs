//! The typed HTTP client of Muster's protocol: what a device and a desktop say to the ingest service.
//!
//! ```text
//! Transport ─┬─ DeviceClient   enrol, challenge and token, offers, chunks, commit, report, keys
//!            └─ DesktopClient  changes, snapshot, blobs, keys
//! ```
//!
//! A [`Transport`] is one service over one connector (TCP with rustls unless a test brings another). It owns the
//! sockets, bounds every body, gives every wait an end, and turns every refusal into a typed [`ClientError`]. Nothing
//! here sleeps between attempts but the blob download, which goes on where a broken connection left off: when to try
//! again is the caller's decision, for which [`Backoff`] computes the pause.

mod backoff;
mod blob;
mod desktop;
mod device;
mod error;
mod snapshot;
mod transport;

pub use backoff::Backoff;
pub use desktop::{Changes, DesktopClient};
pub use device::DeviceClient;
pub use error::{ClientError, Unconnected};
pub use snapshot::Snapshot;
pub use transport::{Patience, Transport};
