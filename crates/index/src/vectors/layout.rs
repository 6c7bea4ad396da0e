//! Places on a plane that keep neighbours together: UMAP (`McInnes`, Healy, Melville 2018), from a graph of neighbours.
//!
//! The weights are those of section 3.1, the optimisation is the sampled one of section 3.2 and appendix C, one edge
//! after the other: equal graphs give equal places.

use super::{graph::NONE, projection::next_number};

/// The curve 1 / (1 + a·d^2b) that fits a least distance of 0.1 and a spread of 1.
const CURVE_A: f32 = 1.576_943_5;
const CURVE_B: f32 = 0.895_060_9;
/// Others that each attraction is weighed against.
const REPULSIONS: f64 = 5.0;
/// The longest step on one axis.
const LONGEST: f32 = 4.0;
/// Halvings until the width of a neighbourhood is found.
const HALVINGS: usize = 64;

/// An edge that pulls its ends together.
struct Edge {
    from: u32,
    to: u32,
    /// Epochs from one pull to the next.
    period: f64,
    /// The epoch of the next pull.
    next: f64,
    /// The epoch up to which it was weighed against others.
    weighed: f64,
}

/// Moves places so that neighbours come together. `edges` are the neighbours of each place, nearest first, with their
/// cosines. `go_on` is asked between epochs with the part that is done; when it says no, the result is `None`.
pub(crate) fn optimise(
    mut places: Vec<[f32; 2]>,
    neighbours: usize,
    edges: &[(u32, f32)],
    epochs: usize,
    go_on: &mut dyn FnMut(f32) -> bool,
) -> Option<Vec<[f32; 2]>> {
    let mut edges = weighted(edges, neighbours, epochs);
    let mut seed = 0x6d61_7020u64;
    for epoch in 0..epochs {
        if !go_on(epoch as f32 / epochs as f32) {
            return None;
        }
        let rate = 1.0 - epoch as f32 / epochs as f32;
        let now = epoch as f64;
        for edge in &mut edges {
            if edge.next > now {
                continue;
            }
            edge.next += edge.period;
            attract(&mut places, edge.from as usize, edge.to as usize, rate);
            let pace = edge.period / REPULSIONS;
            let times = ((now - edge.weighed) / pace).max(0.0) as usize;
            edge.weighed += times as f64 * pace;
            for _ in 0..times {
                let other = (next_number(&mut seed) % places.len() as u64) as usize;
                repel(&mut places, edge.from as usize, other, rate);
            }
        }
    }
    Some(places)
}

fn attract(places: &mut [[f32; 2]], from: usize, to: usize, rate: f32) {
    let [x, y] = [0, 1].map(|axis: usize| places[from][axis] - places[to][axis]);
    let squared = x * x + y * y;
    if squared <= 0.0 {
        return;
    }
    let power = squared.powf(CURVE_B);
    let pull = -2.0 * CURVE_A * CURVE_B * power / squared / (CURVE_A * power + 1.0);
    for (axis, difference) in [x, y].into_iter().enumerate() {
        let step = (pull * difference).clamp(-LONGEST, LONGEST) * rate;
        places[from][axis] += step;
        places[to][axis] -= step;
    }
}

fn repel(places: &mut [[f32; 2]], from: usize, other: usize, rate: f32) {
    if from == other {
        return;
    }
    let [x, y] = [0, 1].map(|axis: usize| places[from][axis] - places[other][axis]);
    let squared = x * x + y * y;
    if squared <= 0.0 {
        return;
    }
    let push = 2.0 * CURVE_B / ((0.001 + squared) * (CURVE_A * squared.powf(CURVE_B) + 1.0));
    for (axis, difference) in [x, y].into_iter().enumerate() {
        places[from][axis] += (push * difference).clamp(-LONGEST, LONGEST) * rate;
    }
}

/// Edges in both directions with the paces of their weights; those too weak to act within the epochs are left out.
fn weighted(edges: &[(u32, f32)], neighbours: usize, epochs: usize) -> Vec<Edge> {
    let mut directed: Vec<(u32, u32, f32)> = Vec::with_capacity(edges.len());
    for (from, of_place) in (0u32..).zip(edges.chunks_exact(neighbours)) {
        let known: Vec<(u32, f32)> = of_place
            .iter()
            .filter(|(to, _)| *to != NONE)
            .map(|(to, similarity)| (*to, (1.0 - similarity).max(0.0)))
            .collect();
        let nearest = known.iter().map(|(_, distance)| *distance).find(|distance| *distance > 0.0).unwrap_or(0.0);
        let width = width(&known, nearest);
        for (to, distance) in known {
            let weight = if distance <= nearest { 1.0 } else { (-(distance - nearest) / width).exp() };
            // The smaller place first, so that both directions of an edge meet after sorting.
            directed.push((from.min(to), from.max(to), weight));
        }
    }
    directed.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
    let mut joined = Vec::new();
    for same in directed.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        // The probability that at least one of both edges exists.
        let missing: f32 = same.iter().map(|(_, _, weight)| 1.0 - weight).product();
        joined.push((same[0].0, same[0].1, 1.0 - missing));
    }
    let strongest = joined.iter().fold(f32::MIN_POSITIVE, |strongest, edge| strongest.max(edge.2));
    let mut acting = Vec::with_capacity(joined.len() * 2);
    for (a, b, weight) in joined.into_iter().filter(|edge| edge.2 >= strongest / epochs as f32) {
        let period = f64::from(strongest / weight);
        for (from, to) in [(a, b), (b, a)] {
            acting.push(Edge { from, to, period, next: period, weighed: period / REPULSIONS });
        }
    }
    acting
}

/// The width of a neighbourhood: that with which its weights sum up to log2 of the number of neighbours.
fn width(known: &[(u32, f32)], nearest: f32) -> f32 {
    let wanted = (known.len().max(2) as f32).log2();
    let mean = known.iter().map(|(_, distance)| distance).sum::<f32>() / known.len().max(1) as f32;
    let (mut least, mut greatest) = (0.0f32, f32::INFINITY);
    let mut width = 1.0f32;
    for _ in 0..HALVINGS {
        let sum: f32 = known.iter().map(|(_, distance)| (-(distance - nearest).max(0.0) / width).exp()).sum();
        if (sum - wanted).abs() < 1e-5 {
            break;
        }
        if sum > wanted {
            greatest = width;
        } else {
            least = width;
        }
        width = if greatest.is_finite() { f32::midpoint(least, greatest) } else { width * 2.0 };
    }
    width.max(mean * 1e-3).max(1e-6)
}
