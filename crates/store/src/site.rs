//! Sites and the time zones that they keep.

use crate::{Library, Noun, Result, StoreError, table};

/// A place or group of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its time zone in the IANA database, such as `Europe/Berlin`; UTC where nobody set one.
    pub time_zone: Option<String>,
}

impl Library {
    /// All sites, by name.
    pub async fn sites(&self) -> Result<Vec<Site>> {
        Ok(table::source::sites(&mut *self.read().await?).await?)
    }

    /// Sets the time zone of a site; `None` for UTC. Its captures count as changed, because their days and hours do.
    /// The caller knows the IANA names.
    pub async fn set_time_zone(&self, site: &str, time_zone: Option<&str>) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::source::set_time_zone(&mut transaction, site, time_zone).await? {
            return Err(StoreError::unknown(Noun::Site, &site));
        }
        table::change::bump_site(&mut transaction, site).await?;
        self.commit(transaction).await
    }
}
