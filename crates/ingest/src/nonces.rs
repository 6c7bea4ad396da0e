//! Open challenges: in memory, once, for a minute. A restart forgets them and the device asks again.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use muster_domain::{id::DeviceId, time::UtcMicros};

use crate::limit::{DEVICE_NONCES, NONCE_TIME, NONCES};

/// The nonces that were given out and not yet used.
#[derive(Debug, Default)]
pub struct Nonces {
    open: Mutex<HashMap<DeviceId, VecDeque<(String, UtcMicros)>>>,
}

impl Nonces {
    /// Remembers a nonce. A device's oldest gives way to its newest; `false` when too many devices have one open.
    pub fn give(&self, device_id: DeviceId, nonce: String, now: UtcMicros) -> bool {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if open.len() >= NONCES && !open.contains_key(&device_id) {
            open.retain(|_, nonces| nonces.iter().any(|(_, given_at)| is_fresh(*given_at, now)));
            if open.len() >= NONCES {
                return false;
            }
        }
        let nonces = open.entry(device_id).or_default();
        if nonces.len() >= DEVICE_NONCES {
            nonces.pop_front();
        }
        nonces.push_back((nonce, now));
        true
    }

    /// Uses a nonce up; `false` when it is unknown, was used, or is too old.
    pub fn take(&self, device_id: DeviceId, nonce: &str, now: UtcMicros) -> bool {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(nonces) = open.get_mut(&device_id) else { return false };
        let found = nonces.iter().position(|(given, _)| given == nonce).and_then(|position| nonces.remove(position));
        if nonces.is_empty() {
            open.remove(&device_id);
        }
        found.is_some_and(|(_, given_at)| is_fresh(given_at, now))
    }
}

fn is_fresh(given_at: UtcMicros, now: UtcMicros) -> bool {
    (now.0 - given_at.0).unsigned_abs() <= NONCE_TIME.as_micros() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_works_once_for_a_minute_for_its_device() {
        let nonces = Nonces::default();
        let (device, other) = (DeviceId(uuid::Uuid::from_u128(1)), DeviceId(uuid::Uuid::from_u128(2)));
        assert!(nonces.give(device, "a".into(), UtcMicros(0)));
        assert!(!nonces.take(other, "a", UtcMicros(1)));
        assert!(nonces.take(device, "a", UtcMicros(60_000_000)));
        assert!(!nonces.take(device, "a", UtcMicros(1)), "used");
        assert!(nonces.give(device, "b".into(), UtcMicros(0)));
        assert!(!nonces.take(device, "b", UtcMicros(60_000_001)), "old");
    }

    #[test]
    fn memory_is_bounded() {
        let nonces = Nonces::default();
        let device = |n: usize| DeviceId(uuid::Uuid::from_u128(n as u128));
        for n in 0..NONCES {
            assert!(nonces.give(device(n), "x".into(), UtcMicros(0)));
        }
        assert!(!nonces.give(device(NONCES), "x".into(), UtcMicros(1)));
        for n in 0..=DEVICE_NONCES {
            assert!(nonces.give(device(0), format!("{n}"), UtcMicros(1)));
        }
        assert!(!nonces.take(device(0), "x", UtcMicros(1)), "the oldest gave way");
        assert!(nonces.give(device(NONCES), "x".into(), UtcMicros(61_000_000)), "the old ones make room");
    }
}
