//! Numbers of the captures that a search found, in its order: shapes for a grid, confidences for a histogram.

use muster_domain::query::{CaptureRow, capture_number, Level, NumberField, Sort, TimeField, micros_of, number_of_key};

use crate::{
    columns::Columns,
    error::Result,
    index::Snapshot,
    overlay::Overlay,
    search::{Hits, OVERLAID},
};

impl Snapshot {
    /// A number of the capture itself (such as its first picture's width), for each hit in order. Fields of annotations
    /// have no single number and give `None` throughout.
    pub fn capture_numbers(&self, hits: &Hits, overlay: &Overlay, field: NumberField) -> Result<Vec<Option<f64>>> {
        if field.level() == Level::Annotation {
            return Ok(vec![None; hits.row_keys.len()]);
        }
        let of_row = |row: &CaptureRow| match field {
            NumberField::Width => row.width_px.map(f64::from),
            field => capture_number(row, field),
        };
        self.in_order(hits, overlay, of_row, |columns, doc| {
            let key = columns.numbers(field)?[doc as usize];
            Ok((key != 0).then(|| number_of_key(key)))
        })
    }

    /// When each hit was captured, microseconds since 1970, in order.
    pub fn captured_micros(&self, hits: &Hits, overlay: &Overlay) -> Result<Vec<i64>> {
        let of_doc = |columns: &Columns, doc: u32| Ok(micros_of(columns.times(TimeField::Captured)?[doc as usize]));
        self.in_order(hits, overlay, |row| row.captured_at.0, of_doc)
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

    fn in_order<T>(
        &self,
        hits: &Hits,
        overlay: &Overlay,
        of_row: impl Fn(&CaptureRow) -> T,
        of_doc: impl Fn(&Columns, u32) -> tantivy::Result<T>,
    ) -> Result<Vec<T>> {
        let value = |(segment, doc): &(u32, u32)| {
            if *segment == OVERLAID {
                return Ok(of_row(&overlay.rows()[*doc as usize]));
            }
            of_doc(&self.segments[*segment as usize].columns, *doc)
        };
        self.checked(|| hits.places.iter().map(value).collect())
    }
}
