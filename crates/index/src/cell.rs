//! A value that is made once, when it is first asked for.

use std::sync::{Mutex, OnceLock, PoisonError};

/// A value that is made once. Whoever asks meanwhile waits instead of making it too.
pub(crate) struct Cell<T> {
    value: OnceLock<T>,
    making: Mutex<()>,
}

impl<T> Cell<T> {
    pub(crate) fn new() -> Self {
        Self { value: OnceLock::new(), making: Mutex::new(()) }
    }

    /// The value, made if need be. An error is not kept.
    pub(crate) fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let value = make()?;
        Ok(self.value.get_or_init(|| value))
    }
}
