//! Regions of text in a probability map (Liao et al. 2020, "Real-time Scene Text Detection with Differentiable
//! Binarization", section 3.4): threshold, connected pixels, smallest rectangle, growth.

use super::quad::TurnedRect;

/// How regions are found.
#[derive(Clone, Copy, Debug)]
pub(super) struct RegionParameters {
    pub(super) threshold: f32,
    pub(super) box_threshold: f32,
    pub(super) unclip_ratio: f64,
    pub(super) min_side_px: f64,
    pub(super) max_candidates: usize,
}

/// The regions of a map of `columns` × `rows` probabilities, in the order of their first pixel from the top.
pub(super) fn find(map: &[f32], columns: usize, rows: usize, parameters: &RegionParameters) -> Vec<TurnedRect> {
    let mut is_text = dilated(map, columns, rows, parameters.threshold);
    let mut found = Vec::new();
    for start in 0..is_text.len() {
        if !is_text[start] {
            continue;
        }
        let outline = take_component(&mut is_text, columns, rows, start);
        if found.len() == parameters.max_candidates {
            break;
        }
        let Some(rect) = TurnedRect::around(&outline) else { continue };
        if rect.width.min(rect.height) < parameters.min_side_px
            || mean_inside(map, columns, rows, &rect) < f64::from(parameters.box_threshold)
        {
            continue;
        }
        let distance = rect.width * rect.height * parameters.unclip_ratio / (2.0 * (rect.width + rect.height));
        let grown = rect.grown(distance);
        if grown.width.min(grown.height) >= parameters.min_side_px + 2.0 {
            found.push(grown);
        }
    }
    found
}

/// Pixels above the threshold, and those right of and below them: thin strokes stay connected.
fn dilated(map: &[f32], columns: usize, rows: usize, threshold: f32) -> Vec<bool> {
    let mut is_text = vec![false; map.len()];
    for row in 0..rows {
        for column in 0..columns {
            if map[row * columns + column] > threshold {
                for (right, below) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    if column + right < columns && row + below < rows {
                        is_text[(row + below) * columns + column + right] = true;
                    }
                }
            }
        }
    }
    is_text
}

/// Removes the pixels connected to `start` (also across corners) from the mask and returns their centres; of each run
/// of neighbours in a row only the ends, which is all that a hull needs.
fn take_component(is_text: &mut [bool], columns: usize, rows: usize, start: usize) -> Vec<[f64; 2]> {
    let mut outline = Vec::new();
    let mut waiting = vec![start];
    is_text[start] = false;
    while let Some(at) = waiting.pop() {
        let (column, row) = (at % columns, at / columns);
        outline.push([column as f64 + 0.5, row as f64 + 0.5]);
        for next_row in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
            for next_column in column.saturating_sub(1)..=(column + 1).min(columns - 1) {
                let next = next_row * columns + next_column;
                if is_text[next] {
                    is_text[next] = false;
                    waiting.push(next);
                }
            }
        }
    }
    ends_of_rows(outline)
}

fn ends_of_rows(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.sort_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
    points.chunk_by(|a, b| a[1].total_cmp(&b[1]).is_eq()).flat_map(|row| [row[0], row[row.len() - 1]]).collect()
}

/// The mean probability of the pixels inside a rectangle.
fn mean_inside(map: &[f32], columns: usize, rows: usize, rect: &TurnedRect) -> f64 {
    let bounds = rect.bounds();
    let (left, top) = (bounds.x.floor().max(0.0) as usize, bounds.y.floor().max(0.0) as usize);
    let (right, bottom) = ((bounds.right().ceil() as usize).min(columns), (bounds.bottom().ceil() as usize).min(rows));
    let (mut sum, mut count) = (0.0, 0u32);
    for row in top..bottom {
        for column in left..right {
            if rect.contains(column as f64 + 0.5, row as f64 + 0.5) {
                sum += f64::from(map[row * columns + column]);
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: RegionParameters = RegionParameters {
        threshold: 0.3,
        box_threshold: 0.5,
        unclip_ratio: 1.6,
        min_side_px: 3.0,
        max_candidates: 10,
    };

    fn map(is_text: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..60 * 100).map(|at| is_text(at % 100, at / 100)).collect()
    }

    #[test]
    fn two_lines_are_two_grown_rectangles() {
        let map = map(|x, y| {
            let first = (10..50).contains(&x) && (10..16).contains(&y);
            let second = (20..90).contains(&x) && (40..48).contains(&y);
            if first || second { 0.9 } else { 0.1 }
        });
        let found = find(&map, 100, 60, &PARAMETERS);
        assert_eq!(found.len(), 2);
        // The grown rectangle is about as much larger than the region as training shrank it.
        let first = found[0].bounds();
        assert!(first.x < 8.0 && first.right() > 52.0 && first.y < 8.0 && first.bottom() > 18.0, "{first:?}");
        assert!(found[0].angle.abs() < 1e-9 && found[1].bounds().y > 30.0);
    }

    #[test]
    fn weak_and_tiny_regions_are_no_text() {
        assert!(find(&map(|_, _| 0.0), 100, 60, &PARAMETERS).is_empty());
        let weak = map(|x, y| if (10..50).contains(&x) && (10..20).contains(&y) { 0.4 } else { 0.0 });
        assert!(find(&weak, 100, 60, &PARAMETERS).is_empty());
        let tiny = map(|x, y| if x == 5 && y == 5 { 1.0 } else { 0.0 });
        assert!(find(&tiny, 100, 60, &PARAMETERS).is_empty());
        let all = find(&map(|_, _| 1.0), 100, 60, &PARAMETERS);
        assert_eq!(all.len(), 1);
    }
}
