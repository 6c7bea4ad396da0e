//! Products of vectors, compiled for what the processor has.

use half::f16;
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

/// The product of a stored vector with a query. Halves become floats by moving their bits and scaling by 2¹¹²: that
/// keeps every finite value and compiles to a few instructions for many lanes.
// A kernel has to be compiled inside the dispatch to get its instructions.
#[inline(always)]
fn dot_half(stored: &[u16], query: &[f32]) -> f32 {
    const SCALE: f32 = f32::from_bits(0x7780_0000);
    let float = |half: u16| {
        let half = u32::from(half);
        f32::from_bits((half & 0x7fff) << 13 | (half & 0x8000) << 16)
    };
    let (stored_chunks, stored_rest) = stored.as_chunks::<LANES>();
    let (query_chunks, query_rest) = query.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (stored, query) in stored_chunks.iter().zip(query_chunks) {
        for lane in 0..LANES {
            sums[lane] += float(stored[lane]) * query[lane];
        }
    }
    let rest: f32 = stored_rest.iter().zip(query_rest).map(|(half, query)| float(*half) * query).sum();
    (sums.iter().sum::<f32>() + rest) * SCALE
}

/// Compares one query with stored vectors in full precision.
pub(crate) struct FullProduct<'a> {
    query: &'a [f32],
    arch: Arch,
}

impl<'a> FullProduct<'a> {
    pub fn new(query: &'a [f32]) -> Self {
        Self { query, arch: Arch::new() }
    }

    pub fn with(&self, stored: &[f16]) -> f32 {
        let (query, stored) = (self.query, bytemuck::cast_slice(stored));
        self.arch.dispatch(
            #[inline(always)]
            || dot_half(stored, query),
        )
    }
}
