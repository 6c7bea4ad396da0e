//! The feed's cursor: opaque to desktops, `epoch.shard.position` in base64 here.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The only shard of the embedded default.
pub const SHARD: u32 = 0;

/// Where a desktop is in the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The feed's epoch.
    pub epoch: u32,
    /// The shard.
    pub shard: u32,
    /// The last event that the desktop has; 0 before the first.
    pub position: i64,
}

impl Cursor {
    /// As a desktop carries it.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", self.epoch, self.shard, self.position))
    }

    /// Reads one; `None` when no service wrote it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.split('.');
        let cursor = Self {
            epoch: parts.next()?.parse().ok()?,
            shard: parts.next()?.parse().ok()?,
            position: parts.next()?.parse().ok().filter(|position| *position >= 0)?,
        };
        parts.next().is_none().then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reading_is_the_inverse_of_writing(epoch: u32, shard: u32, position in 0..i64::MAX) {
            let cursor = Cursor { epoch, shard, position };
            prop_assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }

        #[test]
        fn no_text_is_too_strange(text: String, bytes: Vec<u8>) {
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                if let Some(cursor) = Cursor::parse(&text) {
                    prop_assert!(cursor.position >= 0);
                }
            }
        }
    }

    #[test]
    fn cursors_round_trip_and_garbage_is_refused() {
        for position in [0, 1, i64::MAX] {
            let cursor = Cursor { epoch: u32::MAX, shard: SHARD, position };
            assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }
        for text in ["", "x", "1.0", "1.0.-1", "1.0.1.1", "-1.0.1", "a.b.c", "1.0.9223372036854775808"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
            assert_eq!(Cursor::parse(&URL_SAFE_NO_PAD.encode(text)), None, "{text}");
        }
    }
}
