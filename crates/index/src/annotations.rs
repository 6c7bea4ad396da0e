//! Annotations as results: those that a query means, in order.

use std::sync::Arc;

use muster_domain::{
    id::AnnotationId,
    query::{Level, SortField, SortSpec, SortValue, fold},
};

use crate::{document::MISSING, error::Result, evaluate::Part, search::Request, view::View};

/// Gives the key of an annotation of one part by its row.
type KeyOfRow<'a> = Box<dyn Fn(u32) -> u64 + 'a>;

/// The annotations that a query means. They belong to the view that they were found in.
#[derive(Debug, Clone)]
pub struct AnnotationHits {
    /// The number of each annotation in the view, in the order that was asked for.
    numbers: Arc<[u32]>,
}

impl AnnotationHits {
    /// How many.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

impl View {
    /// Finds the annotations that a query means: of the captures that a search finds, those that some group of the query
    /// binds; all of them where no group binds. Sorted by a field of annotations, or else by their captures.
    pub fn search_annotations(&self, request: &Request<'_>) -> Result<AnnotationHits> {
        let hits = self.search(request)?;
        let groups = request.query.root.binding_groups();
        let external = self.resolved(request.query, request.external)?;
        self.checked(|| {
            let bases = self.annotation_bases()?;
            let mut of_parts = Vec::with_capacity(self.parts.len());
            for part in &self.parts {
                let part = Part { columns: &part.columns, external: &external };
                let bound = groups.iter().map(|group| part.bind(group)).collect::<tantivy::Result<Vec<_>>>()?;
                of_parts.push((bound, part.columns.annotations()?));
            }
            let mut numbers = Vec::new();
            let mut add = |part: usize, doc: u32| {
                let (bound, starts) = &of_parts[part];
                let meant = |row: &u32| bound.is_empty() || bound.iter().any(|one| one.holds(doc, Some(*row)));
                numbers.extend(starts.rows(doc).filter(meant).map(|row| bases[part] + row));
            };
            if !sorts_annotations(&request.sort.by) {
                hits.places.iter().map(|place| self.part_of(*place)).for_each(|(part, doc)| add(part, doc));
                return Ok(AnnotationHits { numbers: numbers.into() });
            }
            for (part, docs) in hits.docs.iter().enumerate() {
                docs.iter().for_each(|doc| add(part, doc));
            }
            let keys = self.annotation_keys(request.sort)?;
            let mut keyed: Vec<(u64, u32)> = numbers
                .iter()
                .map(|number| {
                    let part = bases.partition_point(|base| base <= number) - 1;
                    (keys[part](number - bases[part]), *number)
                })
                .collect();
            let descending = request.sort.descending;
            keyed.sort_unstable_by_key(|(key, number)| {
                let key = if descending && *key != 0 { u64::MAX - *key } else { key.wrapping_sub(1) };
                (key, if descending { u32::MAX - *number } else { *number })
            });
            Ok(AnnotationHits { numbers: keyed.into_iter().map(|(_, number)| number).collect() })
        })
    }

    /// For each part, what gives the key of an annotation by its row: 0 for none.
    fn annotation_keys(&self, sort: &SortSpec) -> tantivy::Result<Vec<KeyOfRow<'_>>> {
        let mut keys: Vec<KeyOfRow<'_>> = Vec::with_capacity(self.parts.len());
        match &sort.by {
            SortField::Number(field) => {
                for part in &self.parts {
                    let numbers = part.columns.numbers(*field)?;
                    keys.push(Box::new(move |row| numbers.key(row)));
                }
            }
            SortField::Keyword(field) => {
                let value = |name: &String| SortValue::Text(fold(name), name.clone());
                let mut all: Vec<SortValue> = Vec::new();
                for part in &self.parts {
                    all.extend(part.columns.names(*field)?.values.iter().filter(|name| *name != MISSING).map(value));
                }
                all.sort_unstable();
                all.dedup();
                for part in &self.parts {
                    let names = part.columns.row_names(*field)?;
                    let place = |name: &String| all.binary_search(&value(name)).map_or(0, |place| place as u64 + 1);
                    let ranks: Vec<u64> = names.names.values.iter().map(place).collect();
                    keys.push(Box::new(move |row| ranks[names.ordinals.get(row)]));
                }
            }
            _ => {}
        }
        Ok(keys)
    }

    /// A slice of the annotations found: each capture's row key, and the annotation's id.
    pub fn annotation_slice(
        &self,
        hits: &AnnotationHits,
        start: usize,
        count: usize,
    ) -> Result<Vec<(u32, AnnotationId)>> {
        let start = start.min(hits.len());
        let end = start.saturating_add(count).min(hits.len());
        self.checked(|| hits.numbers[start..end].iter().map(|number| self.annotation_at(*number)).collect())
    }
}

fn sorts_annotations(by: &SortField) -> bool {
    match by {
        SortField::Number(field) => field.level() == Level::Annotation,
        SortField::Keyword(field) => field.level() == Level::Annotation,
        _ => false,
    }
}
