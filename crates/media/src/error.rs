//! What can go wrong while reading a file, each with the file's name and what to do.

use std::fmt;
use std::io;

/// The result of every operation of this crate.
pub type Result<T> = std::result::Result<T, MediaError>;

/// A quantity that [`Limits`](crate::Limits) bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Bytes of the file.
    Bytes,
    /// Pixels of one picture.
    Pixels,
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Bytes => "bytes",
            Self::Pixels => "pixels",
        })
    }
}

/// Why a file could not be read. `name` is the name or path that the caller gave.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The operating system refused.
    #[error("cannot read {name}: {source}; check that the file exists and may be read")]
    Read {
        /// The file.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file asks for more than the limits allow.
    #[error("{name} has {value} {quantity}, more than the {limit} allowed; raise the limit if the file is trusted")]
    TooLarge {
        /// The file.
        name: String,
        /// What there is too much of.
        quantity: Quantity,
        /// How much the file has.
        value: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// Reading the file takes longer than the limits allow.
    #[error("{name} takes more than {limit_s} s to read; raise the limit if the file is trusted")]
    TooSlow {
        /// The file.
        name: String,
        /// How long it may take.
        limit_s: u32,
    },
    /// The file ends before its content does.
    #[error("{name} is cut off ({detail}); copy it again from where it came from")]
    Truncated {
        /// The file.
        name: String,
        /// Where it ends.
        detail: String,
    },
    /// The bytes are no format that Muster reads.
    #[error("{name} is not a picture, video or series that can be read ({detail}); convert it to JPEG, PNG or MP4")]
    Unsupported {
        /// The file.
        name: String,
        /// What the bytes look like.
        detail: String,
    },
    /// The bytes have the marks of a format and break its rules.
    #[error("{name} is damaged ({detail}); copy or export it again")]
    Malformed {
        /// The file.
        name: String,
        /// What the decoder said.
        detail: String,
    },
    /// The video has no such frame.
    #[error("{name} has no frame at {wanted}")]
    NoSuchFrame {
        /// The file.
        name: String,
        /// The index or the PTS that was asked for.
        wanted: String,
    },
    /// A decoded picture could not be written as JPEG.
    #[error("cannot write {name} as JPEG: {detail}")]
    Encode {
        /// The file the picture came from.
        name: String,
        /// What the encoder said.
        detail: String,
    },
}

impl MediaError {
    pub(crate) fn truncated(name: &str, detail: impl fmt::Display) -> Self {
        Self::Truncated { name: name.to_owned(), detail: detail.to_string() }
    }

    pub(crate) fn unsupported(name: &str, detail: impl fmt::Display) -> Self {
        Self::Unsupported { name: name.to_owned(), detail: detail.to_string() }
    }

    pub(crate) fn malformed(name: &str, detail: impl fmt::Display) -> Self {
        Self::Malformed { name: name.to_owned(), detail: detail.to_string() }
    }
}
