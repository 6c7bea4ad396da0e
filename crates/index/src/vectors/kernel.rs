//! Products of vectors, compiled for what the processor has.

use half::{f16, slice::HalfFloatSliceExt as _};
use pulp::Arch;

const LANES: usize = 32;

/// The product of two vectors of one length.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a kernel has to be compiled inside the dispatch to get its instructions")]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// Adds `factor × from` to `to`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a kernel has to be compiled inside the dispatch to get its instructions")]
pub(crate) fn add_scaled(to: &mut [f32], from: &[f32], factor: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// The product of bytes with weights.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a kernel has to be compiled inside the dispatch to get its instructions")]
pub(crate) fn dot_code(code: &[i8], weights: &[i16]) -> i32 {
    let (code_chunks, code_rest) = code.as_chunks::<LANES>();
    let (weight_chunks, weight_rest) = weights.as_chunks::<LANES>();
    let mut sum = 0i32;
    for (code, weights) in code_chunks.iter().zip(weight_chunks) {
        for lane in 0..LANES {
            sum += i32::from(code[lane]) * i32::from(weights[lane]);
        }
    }
    for (code, weight) in code_rest.iter().zip(weight_rest) {
        sum += i32::from(*code) * i32::from(*weight);
    }
    sum
}

/// Compares one query with stored vectors in full precision.
pub(crate) struct FullProduct<'a> {
    query: &'a [f32],
    row: Vec<f32>,
    arch: Arch,
}

impl<'a> FullProduct<'a> {
    pub fn new(query: &'a [f32]) -> Self {
        Self { query, row: vec![0.0; query.len()], arch: Arch::new() }
    }

    pub fn with(&mut self, stored: &[f16]) -> f32 {
        stored.convert_to_f32_slice(&mut self.row);
        let (query, row) = (self.query, &self.row);
        self.arch.dispatch(
            #[inline(always)]
            || dot(query, row),
        )
    }
}
