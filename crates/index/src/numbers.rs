//! Numbers of the captures that a search found, in its order: shapes for a grid, confidences for a histogram.

use std::collections::HashMap;

use muster_domain::query::{CaptureRow, Level, NumberField, Sort, number_key, number_of_key};

use crate::{columns::Columns, error::Result, index::Snapshot, overlay::Overlay, search::Hits};

impl Snapshot {
    /// A number of the capture itself (such as its first picture's width), for each hit in order. Fields of annotations
    /// have no single number and give `None` throughout.
    pub fn capture_numbers(&self, hits: &Hits, overlay: &Overlay, field: NumberField) -> Result<Vec<Option<f64>>> {
        if field.level() == Level::Annotation {
            return Ok(vec![None; hits.row_keys.len()]);
        }
        let of_row = |row: &CaptureRow| match field {
            NumberField::Width => row.width_px.map(f64::from),
            NumberField::Height => row.height_px.map(f64::from),
            _ => None,
        };
        self.in_order(hits, overlay, of_row, |columns, doc| {
            let key = columns.numbers(field)?[doc as usize];
            Ok((key != 0).then(|| number_of_key(key)))
        })
    }

    /// The least confidence of an undecided annotation of each hit, in order; `None` where there is none.
    pub fn risks(&self, hits: &Hits, overlay: &Overlay) -> Result<Vec<Option<f64>>> {
        let number = |key: u64| (key != u64::MAX && key != 0).then(|| number_of_key(key));
        self.in_order(
            hits,
            overlay,
            |row| number(Sort::Risk.key(row)),
            |columns, doc| Ok(number(columns.order(Sort::Risk)?.keys[doc as usize])),
        )
    }

    fn in_order(
        &self,
        hits: &Hits,
        overlay: &Overlay,
        of_row: impl Fn(&CaptureRow) -> Option<f64>,
        of_doc: impl Fn(&Columns, u32) -> tantivy::Result<Option<f64>>,
    ) -> Result<Vec<Option<f64>>> {
        self.checked(|| {
            let mut numbers: HashMap<u32, f64> = HashMap::with_capacity(hits.row_keys.len());
            for (segment, docs) in self.segments.iter().zip(&hits.docs) {
                let row_keys = segment.columns.row_keys()?;
                for doc in docs {
                    if let Some(number) = of_doc(&segment.columns, doc)? {
                        numbers.insert(row_keys[doc as usize], number);
                    }
                }
            }
            for place in &hits.overlaid {
                let row = &overlay.rows()[*place];
                if let Some(number) = of_row(row).filter(|number| number_key(*number).is_some()) {
                    numbers.insert(row.row_key, number);
                }
            }
            Ok(hits.row_keys.iter().map(|key| numbers.get(key).copied()).collect())
        })
    }
}
