//! The same captures as lines of JSON, for other tools.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;
use muster_domain::{capture::CaptureSource, geometry::Geometry, id::ProjectId, operation::Diff, schema::LabelSchema};
use serde_json::json;
use uuid::Uuid;

use crate::{
    made::{self, Maker},
    photos_folder,
};

/// Writes the captures that a library of `total` would have.
pub fn export(file: &Path, total: u32) -> Result<()> {
    let schema = LabelSchema { project_id: ProjectId(Uuid::nil()), version: 1, classes: made::classes() };
    let maker = Maker::new(total, &schema, made::photos(&photos_folder())?);
    let mut lines = BufWriter::new(std::fs::File::create(file)?);
    for number in 0..total {
        let synced = maker.synced(number)?;
        let mut boxes = Vec::new();
        for output in maker.outputs(&synced, number) {
            let Some(Diff::Annotations { changes }) = output.operation.map(|operation| operation.diff) else {
                continue;
            };
            for after in changes.into_iter().filter_map(|change| change.after) {
                let Some(bounds) = after.geometry.bounds() else { continue };
                let text = match after.geometry {
                    Geometry::Caption { text, .. } => Some(text),
                    _ => None,
                };
                boxes.push(json!({
                    "class": after.model_class,
                    "conf": after.origin.confidence(),
                    "box": [bounds.x, bounds.y, bounds.width, bounds.height],
                    "text": text,
                }));
            }
        }
        let capture = synced.capture;
        let CaptureSource::Device { device, site, .. } = &capture.source else { continue };
        let line = json!({
            "path": format!("{site}/{}", capture.assets[0].name),
            "captured": capture.captured_at.0 as f64 / 1e6,
            "site": site,
            "device": device,
            "trigger": capture.trigger.map(|hit| hit.name),
            "width_px": capture.assets[0].width_px,
            "height_px": capture.assets[0].height_px,
            "motion": capture.signals["motion"],
            "weight_kg": capture.signals["weight_kg"],
            "boxes": boxes,
        });
        serde_json::to_writer(&mut lines, &line)?;
        lines.write_all(b"\n")?;
    }
    Ok(lines.flush()?)
}
