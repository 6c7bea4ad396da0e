//! Numbers of hits in their order: the shapes of a grid.

use muster_domain::query::NumberField;

use crate::{
    error::Result,
    search::{GONE, Hits},
    view::View,
};

impl View {
    /// Width by height of the first picture of each hit, times a hundred, in order; `unknown` where nobody knows it.
    pub fn aspects(&self, hits: &Hits, unknown: u16) -> Result<Vec<u16>> {
        self.checked(|| {
            let of_part = |part: &crate::view::ViewPart| -> tantivy::Result<Vec<u16>> {
                let widths = part.columns.numbers(NumberField::Width)?;
                let heights = part.columns.numbers(NumberField::Height)?;
                let aspect = |doc: u32| {
                    let [width, height] = [widths.key(doc), heights.key(doc)].map(muster_domain::query::number_of_key);
                    let known = widths.key(doc) != 0 && heights.key(doc) != 0 && width > 0.0 && height > 0.0;
                    if known {
                        (width / height * 100.0).round().clamp(1.0, f64::from(u16::MAX)) as u16
                    } else {
                        unknown
                    }
                };
                Ok((0..part.columns.max_doc).map(aspect).collect())
            };
            let parts: Vec<Vec<u16>> = self.parts.iter().map(of_part).collect::<tantivy::Result<_>>()?;
            let aspect = |place: &u32| {
                if *place == GONE {
                    return unknown;
                }
                let (part, doc) = self.part_of(*place);
                parts[part][doc as usize]
            };
            Ok(hits.places.iter().map(aspect).collect())
        })
    }
}
