//! From each crate's errors to the one that shells see.

use muster_client::{ClientError, Unconnected};
use muster_formats::FormatError;
use muster_media::MediaError;
use muster_protocol::error::ErrorCode as WireCode;
use muster_store::StoreError;

use crate::error::{AppError, ErrorCode};

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        let (code, remedy) = match &error {
            StoreError::NotALibrary { .. } => {
                (ErrorCode::NotALibrary, Some("create a library, or open another folder"))
            }
            StoreError::AlreadyALibrary { .. } => (ErrorCode::Conflict, Some("open it instead")),
            StoreError::TooNew { .. } => (ErrorCode::LibraryTooNew, Some("update Muster")),
            StoreError::Busy { .. } => {
                (ErrorCode::LibraryBusy, Some("wait until the other process is done, or end it, then try again"))
            }
            StoreError::InUse { .. } => {
                (ErrorCode::LibraryBusy, Some("close the other window or command, then try again"))
            }
            StoreError::NetworkFileSystem { .. } => {
                (ErrorCode::Invalid, Some("move the library to a local disk and open it there"))
            }
            StoreError::BackupTarget { .. } => (ErrorCode::Invalid, Some("name an empty folder, or an earlier backup")),
            StoreError::DiskFull { .. } => (ErrorCode::DiskFull, Some("free some space; nothing saved is lost")),
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                (ErrorCode::DiskFull, Some("free some space; nothing saved is lost"))
            }
            StoreError::Io { .. } => (ErrorCode::UnreadableFile, Some("check that the file is there and may be used")),
            StoreError::Damaged { .. } | StoreError::BlobDamaged { .. } | StoreError::Unreadable { .. } => {
                (ErrorCode::Internal, Some("run `muster doctor`"))
            }
            StoreError::Unknown { .. } => (ErrorCode::NotFound, None),
            StoreError::Conflict { .. } | StoreError::SchemaConflict { .. } | StoreError::OutOfReach { .. } => {
                (ErrorCode::Conflict, Some("look at the present state and do it again"))
            }
            StoreError::InvalidChange { .. }
            | StoreError::InvalidOperation { .. }
            | StoreError::Schema(_)
            | StoreError::ClassInUse { .. }
            | StoreError::FieldType { .. }
            | StoreError::FieldExists { .. }
            | StoreError::FieldName { .. }
            | StoreError::NameTaken { .. } => (ErrorCode::Invalid, None),
            _ => (ErrorCode::Internal, None),
        };
        let message = match &error {
            // Its own text already says what to do on the command line.
            StoreError::NotALibrary { path } => format!("there is no Muster library in {}", path.display()),
            other => other.to_string(),
        };
        let mut app = Self::new(code, message).with_source(&error);
        app.remedy = remedy.map(str::to_owned);
        app
    }
}

impl From<MediaError> for AppError {
    fn from(error: MediaError) -> Self {
        Self::new(ErrorCode::UnreadableFile, error.to_string()).with_source(&error)
    }
}

impl From<FormatError> for AppError {
    fn from(error: FormatError) -> Self {
        let code = match &error {
            FormatError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => ErrorCode::DiskFull,
            _ => ErrorCode::UnreadableFile,
        };
        Self::new(code, error.to_string()).with_source(&error)
    }
}

impl From<ClientError> for AppError {
    fn from(error: ClientError) -> Self {
        let text = error.to_string();
        let (code, remedy) = match &error {
            ClientError::Address { .. } => (ErrorCode::ServiceAddress, "write it as https://host or http://host:port"),
            ClientError::Stranger { .. } => {
                (ErrorCode::ServiceAddress, "check the address and the port; something else answers there")
            }
            ClientError::Refused { code: WireCode::Unauthenticated | WireCode::Forbidden, .. } => {
                (ErrorCode::SignIn, "check the token; `muster-ingest token create --role annotator` prints a new one")
            }
            ClientError::Refused { code: WireCode::TokenExpired, .. } => {
                (ErrorCode::SignInExpired, "connect again with a new token; what is here can be worked on meanwhile")
            }
            ClientError::Refused { .. } => (ErrorCode::ServiceRefused, "see the message of the service"),
            ClientError::Connection { .. } => unconnected(error.unconnected()),
            ClientError::Tls(_) => (ErrorCode::Certificate, "see the technical part"),
            ClientError::Write(source) if source.kind() == std::io::ErrorKind::StorageFull => {
                (ErrorCode::DiskFull, "free some space; what was fetched is kept")
            }
            ClientError::Write(_) => (ErrorCode::UnreadableFile, "check the library's folder"),
            _ => (ErrorCode::ServiceUnreachable, "check that the service runs and that the network reaches it"),
        };
        Self::new(code, text).with_remedy(remedy).with_source(&error)
    }
}

/// What to do about a connection that did not come about.
fn unconnected(cause: Option<Unconnected>) -> (ErrorCode, &'static str) {
    match cause {
        Some(Unconnected::Name) => (ErrorCode::ServiceAddress, "check the spelling; no machine has this name"),
        Some(Unconnected::Refused) => {
            (ErrorCode::ServiceUnreachable, "check the port, and that the service runs; the machine refuses")
        }
        Some(Unconnected::NotTls) => {
            (ErrorCode::ServiceAddress, "write http:// instead of https://, or let the service speak TLS")
        }
        Some(Unconnected::CertificateExpired) => {
            (ErrorCode::Certificate, "let the service renew its certificate, and check this machine's clock")
        }
        Some(Unconnected::CertificateName) => {
            (ErrorCode::Certificate, "check the address; the certificate is another machine's")
        }
        Some(Unconnected::CertificateIssuer) => {
            (ErrorCode::Certificate, "let the service use a certificate of an authority that is trusted here")
        }
        Some(Unconnected::Certificate) => (ErrorCode::Certificate, "see the technical part"),
        None => (ErrorCode::ServiceUnreachable, "check that the service runs and that the network reaches it"),
    }
}

impl From<muster_domain::query::ParseError> for AppError {
    fn from(error: muster_domain::query::ParseError) -> Self {
        let mut app = Self::new(ErrorCode::Query, error.to_string());
        app.position = Some(crate::error::TextSpan { start: error.chars.start as u32, end: error.chars.end as u32 });
        app
    }
}
