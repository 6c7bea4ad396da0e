//! What a bulk call is about, resolved here, so that a window never sends a hundred thousand ids.

use std::collections::HashSet;

use muster_domain::id::{AnnotationId, CaptureId};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    error::{AppError, AppResult},
    session::opened::{OpenLibrary, parse_id},
};

/// Places of a kept result, or ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Selection {
    /// Hits of a search session.
    Hits {
        /// The session.
        search_id: u32,
        /// First and last place, both included.
        ranges: Vec<(u32, u32)>,
        /// Places that are left out.
        except: Vec<u32>,
    },
    /// Captures.
    Captures {
        /// Their ids.
        capture_ids: Vec<String>,
    },
    /// Annotations.
    Annotations {
        /// Their ids.
        annotation_ids: Vec<String>,
    },
}

/// What a selection holds, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selected {
    /// Row keys of captures.
    Captures(Vec<u32>),
    /// Annotations.
    Annotations(Vec<AnnotationId>),
}

impl Selection {
    /// The whole result of a search session.
    pub fn everything(search_id: u32, total: u32) -> Self {
        let ranges = total.checked_sub(1).map(|last| (0, last)).into_iter().collect();
        Self::Hits { search_id, ranges, except: Vec::new() }
    }
}

impl OpenLibrary {
    /// What a selection holds, each once, in the order of the result. Places beyond it are passed over.
    pub async fn selected(&self, selection: &Selection) -> AppResult<Selected> {
        match selection {
            Selection::Hits { search_id, ranges, except } => {
                let search = self.search(*search_id)?;
                if let Some(annotations) = &search.annotations {
                    let places: Vec<u32> = (0..annotations.len() as u32).collect();
                    return Ok(Selected::Annotations(search.annotations_at(&chosen(&places, ranges, except))?));
                }
                Ok(Selected::Captures(chosen(&search.hits.row_keys, ranges, except)))
            }
            Selection::Captures { capture_ids } => Ok(Selected::Captures(self.row_keys_of(capture_ids).await?)),
            Selection::Annotations { annotation_ids } => {
                let ids = annotation_ids.iter().map(|text| parse_id("annotation", text));
                Ok(Selected::Annotations(ids.collect::<AppResult<_>>()?))
            }
        }
    }

    /// The row keys of the captures that a selection holds.
    pub async fn selected_captures(&self, selection: &Selection) -> AppResult<Vec<u32>> {
        match self.selected(selection).await? {
            Selected::Captures(row_keys) => Ok(row_keys),
            Selected::Annotations(_) => {
                Err(AppError::invalid("this is done to captures, but annotations are selected")
                    .with_remedy("select captures in the grid"))
            }
        }
    }

    async fn row_keys_of(&self, capture_ids: &[String]) -> AppResult<Vec<u32>> {
        let ids = capture_ids.iter().map(|text| parse_id("capture", text)).collect::<AppResult<Vec<CaptureId>>>()?;
        let known = self.library.known(&ids).await?;
        let known: std::collections::HashMap<CaptureId, Option<u32>> = known.into_iter().collect();
        let mut row_keys = Vec::with_capacity(ids.len());
        for id in ids {
            let row_key = known.get(&id).copied().flatten();
            row_keys.push(row_key.ok_or_else(|| AppError::not_found(format!("capture {id}")))?);
        }
        Ok(row_keys)
    }
}

/// The items at these places, each place once.
pub(crate) fn chosen<T: Copy>(items: &[T], ranges: &[(u32, u32)], except: &[u32]) -> Vec<T> {
    let except: HashSet<u32> = except.iter().copied().collect();
    let mut ranges = ranges.to_vec();
    ranges.sort_unstable();
    let mut chosen = Vec::new();
    // The first place that no range before has covered.
    let mut next = 0_usize;
    for (first, last) in ranges {
        let first = next.max(first as usize);
        let end = items.len().min(last as usize + 1);
        for (place, item) in items.iter().enumerate().take(end).skip(first) {
            if !except.contains(&(place as u32)) {
                chosen.push(*item);
            }
        }
        next = next.max(end);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_each_place_once_and_none_beyond_the_result() {
        let items: Vec<u32> = (100..110).collect();
        let check = |ranges: &[(u32, u32)], except: &[u32], expected: &[u32]| {
            assert_eq!(chosen(&items, ranges, except), expected, "{ranges:?} but {except:?}");
        };
        check(&[], &[], &[]);
        check(&[(0, 0)], &[], &[100]);
        check(&[(0, 9)], &[0, 9, 50], &[101, 102, 103, 104, 105, 106, 107, 108]);
        check(&[(7, 9), (0, 2)], &[], &[100, 101, 102, 107, 108, 109]);
        check(&[(0, 5), (2, 3), (4, 6)], &[], &[100, 101, 102, 103, 104, 105, 106]);
        check(&[(8, u32::MAX)], &[], &[108, 109]);
        check(&[(5, 3), (u32::MAX, u32::MAX)], &[], &[]);
    }

    #[test]
    fn reads_what_windows_send() {
        let hits: Selection = serde_json::from_str(r#"{"searchId":3,"ranges":[[0,4]],"except":[2]}"#).unwrap();
        assert_eq!(hits, Selection::Hits { search_id: 3, ranges: vec![(0, 4)], except: vec![2] });
        let captures: Selection = serde_json::from_str(r#"{"captureIds":["a"]}"#).unwrap();
        assert_eq!(captures, Selection::Captures { capture_ids: vec!["a".into()] });
        assert_eq!(Selection::everything(1, 0), Selection::Hits { search_id: 1, ranges: vec![], except: vec![] });
    }
}
