//! Sites and the time zones that they keep.

use muster_domain::query::Zone;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult},
};

/// A place or group of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SiteDto {
    /// Its name.
    pub name: String,
    /// Its time zone in the IANA database; UTC where nobody set one.
    pub time_zone: Option<String>,
}

/// All sites, by name.
pub async fn sites(app: &App) -> AppResult<Vec<SiteDto>> {
    let opened = app.opened().await?;
    let sites = opened.library.sites().await?;
    Ok(sites.into_iter().map(|site| SiteDto { name: site.name, time_zone: site.time_zone }).collect())
}

/// Sets the time zone of a site; `None` for UTC.
pub async fn set_time_zone(app: &App, site: String, time_zone: Option<String>) -> AppResult<()> {
    let opened = app.opened().await?;
    let time_zone = time_zone.as_deref().map(str::trim).filter(|zone| !zone.is_empty());
    if let Some(zone) = time_zone
        && !Zone::is_known(zone)
    {
        return Err(AppError::invalid(format!("there is no time zone {zone:?}"))
            .with_remedy("use a name of the IANA database, such as Europe/Berlin"));
    }
    opened.library.set_time_zone(&site, time_zone).await?;
    opened.notify_changed();
    Ok(())
}
