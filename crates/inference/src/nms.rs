//! Non-maximum suppression: of boxes that show one object, the most confident stays.

use muster_domain::geometry::BoundingBox;

/// Greedy suppression (Neubeck and Van Gool 2006, section 2). `boxes` come in falling order of confidence; the places of
/// those that stay are returned in that order, at most `max_kept`.
pub(crate) fn suppress(boxes: &[BoundingBox], max_iou: f64, max_kept: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (place, candidate) in boxes.iter().enumerate() {
        if kept.len() == max_kept {
            break;
        }
        if kept.iter().all(|winner| boxes[*winner].iou(candidate) <= max_iou) {
            kept.push(place);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_boxes_give_way_to_the_first() {
        let square = |x: f64| BoundingBox { x, y: 0.0, width: 10.0, height: 10.0 };
        let boxes = [square(0.0), square(1.0), square(6.0), square(100.0), square(6.5)];
        assert_eq!(suppress(&boxes, 0.6, 100), [0, 2, 3]);
        assert_eq!(suppress(&boxes, 0.99, 2), [0, 1]);
        assert_eq!(suppress(&[], 0.5, 10), [0usize; 0]);
    }
}
