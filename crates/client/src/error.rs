//! What can go wrong between client and service, by what the caller can do about it.

use std::time::Duration;

use http::StatusCode;
use muster_domain::digest::Digest;
use muster_protocol::error::ErrorCode;

/// Why a call gave no answer that the protocol knows.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service's address cannot be used.
    #[error("{url:?} is no service address ({reason}); write it as https://host or http://host:port")]
    Address {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS could not be set up on this machine.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A request could not be written as JSON or HTTP.
    #[error("cannot write the request {call}: {reason}")]
    Encode {
        /// The call.
        call: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No connection, or it broke before the answer.
    #[error("{call}: no answer from the service: {cause}{}", root(.cause))]
    Connection {
        /// The call.
        call: String,
        /// The transport's error.
        cause: hyper_util::client::legacy::Error,
    },
    /// The connection broke inside the answer.
    #[error("{call}: the answer broke off: {cause}")]
    Body {
        /// The call.
        call: String,
        /// The transport's error.
        cause: hyper::Error,
    },
    /// Nothing came for too long.
    #[error("{call}: no answer within {} s", .after.as_secs())]
    Timeout {
        /// The call.
        call: String,
        /// How long the client waited.
        after: Duration,
    },
    /// The service refused, and said why.
    #[error("{call}: refused ({code:?}): {message}")]
    Refused {
        /// The call.
        call: String,
        /// Why, for machines.
        code: ErrorCode,
        /// Why, for people.
        message: String,
        /// How long to wait, where waiting helps.
        retry_after: Option<Duration>,
    },
    /// Something answered that is not Muster: a proxy, a captive portal, the wrong port.
    #[error("{call}: status {status} did not come from a Muster service; check the address and the network")]
    Stranger {
        /// The call.
        call: String,
        /// Its status.
        status: StatusCode,
        /// Its `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A success whose body is not what the protocol says.
    #[error("{call}: the answer does not parse: {reason}")]
    Malformed {
        /// The call.
        call: String,
        /// Where and why.
        reason: String,
    },
    /// The answer is larger than the client accepts.
    #[error("{call}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The call.
        call: String,
        /// The limit.
        limit: u64,
    },
    /// A downloaded blob is not what its name says.
    #[error("the bytes that came for blob {expected} have the digest {got}")]
    DigestMismatch {
        /// What was asked for.
        expected: Digest,
        /// What came.
        got: Digest,
    },
    /// The bytes of a download could not be written.
    #[error("cannot write the downloaded bytes: {0}")]
    Write(std::io::Error),
}

/// What a connection failed on, where more than "no answer" can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconnected {
    /// No machine has this name.
    Name,
    /// The machine answers, and nothing listens at this port.
    Refused,
    /// The service's certificate has expired, or is not valid yet.
    CertificateExpired,
    /// The certificate is another machine's.
    CertificateName,
    /// Nobody whom this machine trusts has signed the certificate.
    CertificateIssuer,
    /// Something else about the certificate.
    Certificate,
    /// What answers at this port does not speak TLS.
    NotTls,
}

impl ClientError {
    /// What the connection failed on, where it is known.
    pub fn unconnected(&self) -> Option<Unconnected> {
        let Self::Connection { cause, .. } = self else { return None };
        let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(cause);
        while let Some(error) = next {
            let io = error.downcast_ref::<std::io::Error>();
            let inner = io.and_then(std::io::Error::get_ref).map(|inner| inner as &(dyn std::error::Error + 'static));
            let tls = inner.unwrap_or(error).downcast_ref::<rustls::Error>();
            if let Some(tls) = tls {
                return Some(of_tls(tls));
            }
            if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
                return Some(Unconnected::Refused);
            }
            // The resolver's error has a kind of its own on each system; hyper names it in its text alone.
            if error.to_string().starts_with("dns error") {
                return Some(Unconnected::Name);
            }
            next = error.source();
        }
        None
    }

    /// The service's code, when it was the service that refused.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// How long the other side asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } | Self::Stranger { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// True when the same call may succeed later without anyone changing anything.
    ///
    /// What did not come from Muster is transient: a captive portal goes away, and data is never given up for it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. }
            | Self::Body { .. }
            | Self::Timeout { .. }
            | Self::Stranger { .. }
            | Self::Malformed { .. }
            | Self::DigestMismatch { .. } => true,
            Self::Refused { code, .. } => matches!(
                code,
                ErrorCode::Throttled
                    | ErrorCode::Internal
                    | ErrorCode::Unavailable
                    | ErrorCode::TokenExpired
                    | ErrorCode::ChallengeStale
                    | ErrorCode::ChunksMissing
                    | ErrorCode::TooSlow
                    | ErrorCode::DigestMismatch
            ),
            Self::Address { .. } | Self::Tls(_) | Self::Encode { .. } | Self::TooLarge { .. } | Self::Write(_) => false,
        }
    }
}

fn of_tls(error: &rustls::Error) -> Unconnected {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::Expired
            | Certificate::ExpiredContext { .. }
            | Certificate::NotValidYet
            | Certificate::NotValidYetContext { .. } => Unconnected::CertificateExpired,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => Unconnected::CertificateName,
            Certificate::UnknownIssuer => Unconnected::CertificateIssuer,
            _ => Unconnected::Certificate,
        },
        rustls::Error::InvalidMessage(_) => Unconnected::NotTls,
        _ => Unconnected::Certificate,
    }
}

/// The cause behind a transport error: hyper's own text is only "client error (Connect)".
fn root(error: &hyper_util::client::legacy::Error) -> String {
    let mut text = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!(": {cause}");
        next = cause.source();
    }
    text
}
