//! The projection of vectors to fewer axes: principal axes through the origin, fitted by subspace iteration with a
//! Rayleigh–Ritz step (Halko, Martinsson, Tropp 2011, sections 4.4 and 5.3), and bytes on each axis.

use pulp::Arch;

use super::kernel::{add_scaled, dot, dot_code};

/// Iterations after which the axes no longer turn by what a byte shows.
const ITERATIONS: usize = 10;
/// Sweeps of Jacobi's method; convergence is quadratic.
const SWEEPS: usize = 12;

/// Axes with the range of each, by falling energy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    pub dimensions: usize,
    pub axes: usize,
    /// `axes` rows of `dimensions`.
    pub matrix: Vec<f32>,
    /// The middle of each axis' range.
    pub offset: Vec<f32>,
    /// What one step of the byte is on each axis.
    pub step: Vec<f32>,
}

/// A query as weights of bytes: products with codes rank rows as products with the reduced vectors do.
pub(crate) struct CodeQuery {
    near: Vec<i16>,
    near_unit: f32,
    rest: Vec<i16>,
    rest_unit: f32,
    /// What the offsets add to every row.
    base: f32,
}

impl Projection {
    /// Fits `axes` axes to a sample, whose rows follow each other.
    pub fn fit(sample: &[f32], dimensions: usize, axes: usize) -> Self {
        let moment = second_moment(sample, dimensions);
        let matrix = principal_axes(&moment, dimensions, axes);
        let mut fitted = Self { dimensions, axes, matrix, offset: vec![0.0; axes], step: vec![1.0; axes] };
        let (mut least, mut greatest) = (vec![f32::MAX; axes], vec![f32::MIN; axes]);
        for row in sample.chunks_exact(dimensions) {
            for (axis, value) in fitted.reduce(row).into_iter().enumerate() {
                least[axis] = least[axis].min(value);
                greatest[axis] = greatest[axis].max(value);
            }
        }
        for axis in 0..axes {
            // Rows to come may lie a little outside of what the sample shows; beyond that they are cut.
            let half = ((greatest[axis] - least[axis]) * 0.55).max(f32::EPSILON);
            fitted.offset[axis] = f32::midpoint(greatest[axis], least[axis]);
            fitted.step[axis] = half / 127.0;
        }
        fitted
    }

    /// A vector on the axes.
    pub fn reduce(&self, vector: &[f32]) -> Vec<f32> {
        let mut reduced = vec![0.0; self.axes];
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (value, axis) in reduced.iter_mut().zip(self.matrix.chunks_exact(self.dimensions)) {
                    *value = dot(axis, vector);
                }
            },
        );
        reduced
    }

    /// A reduced vector in bytes.
    pub fn code(&self, reduced: &[f32], code: &mut Vec<i8>) {
        code.extend(
            reduced
                .iter()
                .zip(self.offset.iter().zip(&self.step))
                .map(|(value, (offset, step))| ((value - offset) / step).round().clamp(-127.0, 127.0) as i8),
        );
    }

    /// The reduced vector that the first bytes of a code stand for.
    pub fn decode(&self, code: &[i8]) -> Vec<f32> {
        code.iter()
            .zip(self.offset.iter().zip(&self.step))
            .map(|(code, (offset, step))| offset + step * f32::from(*code))
            .collect()
    }

    /// A reduced query as weights. It may have only the first axes.
    pub fn query(&self, reduced: &[f32], near_axes: usize) -> CodeQuery {
        let weight = |axis: usize| reduced[axis] * self.step[axis];
        let (near, near_unit) = quantised((0..near_axes.min(reduced.len())).map(weight));
        let (rest, rest_unit) = quantised((near_axes.min(reduced.len())..reduced.len()).map(weight));
        let base = reduced.iter().zip(&self.offset).map(|(value, offset)| value * offset).sum();
        CodeQuery { near, near_unit, rest, rest_unit, base }
    }
}

impl CodeQuery {
    /// Compares with the near codes of rows that follow each other; `each` gets the place and the score, which is a
    /// whole number for speed and comparable within one query.
    pub fn near(&self, codes: &[i8], scores: &mut Vec<i32>) {
        scores.clear();
        Arch::new().dispatch(
            #[inline(always)]
            || {
                if let Ok(weights) = <&[i16; super::NEAR_AXES]>::try_from(self.near.as_slice()) {
                    let (rows, _) = codes.as_chunks::<{ super::NEAR_AXES }>();
                    scores.extend(rows.iter().map(|row| dot_code(row, weights)));
                } else {
                    scores.extend(codes.chunks_exact(self.near.len()).map(|row| dot_code(row, &self.near)));
                }
            },
        );
    }

    /// The product that a score of [`CodeQuery::near`] stands for.
    pub fn near_product(&self, score: i32) -> f32 {
        self.base + score as f32 * self.near_unit
    }

    /// The score of a row's other axes, as a product.
    pub fn rest_product(&self, code: &[i8]) -> f32 {
        let sum = Arch::new().dispatch(
            #[inline(always)]
            || dot_code(code, &self.rest),
        );
        sum as f32 * self.rest_unit
    }
}

/// Weights as 16-bit numbers, and what one of their units is.
fn quantised(weights: impl Iterator<Item = f32>) -> (Vec<i16>, f32) {
    let weights: Vec<f32> = weights.collect();
    let greatest = weights.iter().fold(f32::MIN_POSITIVE, |greatest, weight| greatest.max(weight.abs()));
    // 256 products of a byte and a weight stay inside 32 bits.
    let unit = greatest / 32_000.0;
    (weights.iter().map(|weight| (weight / unit).round() as i16).collect(), unit)
}

/// The sum of the outer products of a sample's rows with themselves, divided by their number.
fn second_moment(sample: &[f32], dimensions: usize) -> Vec<f32> {
    let mut moment = vec![0.0f32; dimensions * dimensions];
    let rows = (sample.len() / dimensions).max(1) as f32;
    Arch::new().dispatch(
        #[inline(always)]
        || {
            // A few rows of the result at a time stay in the cache while the whole sample goes by.
            for (block, lines) in moment.chunks_mut(dimensions * 16).enumerate() {
                for row in sample.chunks_exact(dimensions) {
                    for (place, line) in lines.chunks_exact_mut(dimensions).enumerate() {
                        let factor = row[block * 16 + place];
                        if factor != 0.0 {
                            add_scaled(line, row, factor / rows);
                        }
                    }
                }
            }
        },
    );
    moment
}

/// The axes of the greatest eigenvalues of a symmetric matrix, the greatest first.
fn principal_axes(moment: &[f32], dimensions: usize, axes: usize) -> Vec<f32> {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut basis: Vec<f32> = (0..axes * dimensions).map(|_| next_uniform(&mut seed)).collect();
    orthonormalise(&mut basis, dimensions);
    for _ in 0..ITERATIONS {
        basis = times(moment, &basis, dimensions);
        orthonormalise(&mut basis, dimensions);
    }
    let image = times(moment, &basis, dimensions);
    let mut small = vec![0.0f64; axes * axes];
    for (row, a) in basis.chunks_exact(dimensions).enumerate() {
        for (column, b) in image.chunks_exact(dimensions).enumerate() {
            small[row * axes + column] = f64::from(product(a, b));
        }
    }
    let (values, vectors) = symmetric_eigen(small, axes);
    let mut order: Vec<usize> = (0..axes).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    let mut turned = vec![0.0f32; axes * dimensions];
    for (line, column) in turned.chunks_exact_mut(dimensions).zip(order) {
        for (row, a) in basis.chunks_exact(dimensions).enumerate() {
            add_scaled(line, a, vectors[row * axes + column] as f32);
        }
    }
    turned
}

/// Every row of `basis` times a symmetric matrix.
fn times(matrix: &[f32], basis: &[f32], dimensions: usize) -> Vec<f32> {
    let mut image = vec![0.0f32; basis.len()];
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (block, lines) in matrix.chunks(dimensions * 16).enumerate() {
                for (row, image) in basis.chunks_exact(dimensions).zip(image.chunks_exact_mut(dimensions)) {
                    for (place, line) in lines.chunks_exact(dimensions).enumerate() {
                        image[block * 16 + place] = dot(line, row);
                    }
                }
            }
        },
    );
    image
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    Arch::new().dispatch(
        #[inline(always)]
        || dot(a, b),
    )
}

/// Modified Gram–Schmidt, twice, since once is not enough in 32 bits. A row that vanishes becomes zero.
fn orthonormalise(basis: &mut [f32], dimensions: usize) {
    for _ in 0..2 {
        for row in 0..basis.len() / dimensions {
            let (before, rest) = basis.split_at_mut(row * dimensions);
            let current = &mut rest[..dimensions];
            for earlier in before.chunks_exact(dimensions) {
                let along = product(earlier, current);
                Arch::new().dispatch(
                    #[inline(always)]
                    || add_scaled(current, earlier, -along),
                );
            }
            let length = product(current, current).sqrt();
            let scale = if length > 1e-12 { 1.0 / length } else { 0.0 };
            for value in current.iter_mut() {
                *value *= scale;
            }
        }
    }
}

/// Eigenvalues and, by column, eigenvectors of a symmetric matrix: cyclic Jacobi (Golub, Van Loan, section 8.5).
fn symmetric_eigen(mut matrix: Vec<f64>, size: usize) -> (Vec<f64>, Vec<f64>) {
    let mut vectors = vec![0.0f64; size * size];
    for place in 0..size {
        vectors[place * size + place] = 1.0;
    }
    for _ in 0..SWEEPS {
        let off: f64 =
            (0..size).flat_map(|p| (p + 1..size).map(move |q| (p, q))).map(|(p, q)| matrix[p * size + q].powi(2)).sum();
        if off < 1e-18 {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut matrix, &mut vectors, size, p, q);
            }
        }
    }
    ((0..size).map(|place| matrix[place * size + place]).collect(), vectors)
}

fn rotate(matrix: &mut [f64], vectors: &mut [f64], size: usize, p: usize, q: usize) {
    let off = matrix[p * size + q];
    if off.abs() < 1e-14 {
        return;
    }
    let theta = (matrix[q * size + q] - matrix[p * size + p]) / (2.0 * off);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let turn = tangent * cosine;
    for place in 0..size {
        let (a, b) = (matrix[place * size + p], matrix[place * size + q]);
        matrix[place * size + p] = cosine * a - turn * b;
        matrix[place * size + q] = turn * a + cosine * b;
    }
    for place in 0..size {
        let (a, b) = (matrix[p * size + place], matrix[q * size + place]);
        matrix[p * size + place] = cosine * a - turn * b;
        matrix[q * size + place] = turn * a + cosine * b;
        let (a, b) = (vectors[place * size + p], vectors[place * size + q]);
        vectors[place * size + p] = cosine * a - turn * b;
        vectors[place * size + q] = turn * a + cosine * b;
    }
}

/// The next number of a fixed sequence (splitmix64).
pub(crate) fn next_number(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The next number of a fixed sequence in −1 to 1: equal samples give equal axes.
pub(crate) fn next_uniform(state: &mut u64) -> f32 {
    (next_number(state) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}
