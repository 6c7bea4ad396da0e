//! The inverse DCT of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) in 13-bit fixed point: the same numbers as
//! libjpeg's accurate integer method, so that a tile equals the picture that other programs show.

const FIXED: i32 = 13;
const PASS1: i32 = 2;

const F_0_298: i32 = 2446;
const F_0_390: i32 = 3196;
const F_0_541: i32 = 4433;
const F_0_765: i32 = 6270;
const F_0_899: i32 = 7373;
const F_1_175: i32 = 9633;
const F_1_501: i32 = 12299;
const F_1_847: i32 = 15137;
const F_1_961: i32 = 16069;
const F_2_053: i32 = 16819;
const F_2_562: i32 = 20995;
const F_3_072: i32 = 25172;

/// One dimension: eight inputs to eight sums, scaled up by 2^13.
#[inline]
fn transform(input: [i32; 8]) -> [i32; 8] {
    let mul = i32::wrapping_mul;
    let add = i32::wrapping_add;
    let sub = i32::wrapping_sub;
    let z1 = mul(add(input[2], input[6]), F_0_541);
    let even2 = sub(z1, mul(input[6], F_1_847));
    let even3 = add(z1, mul(input[2], F_0_765));
    let even0 = mul(add(input[0], input[4]), 1 << FIXED);
    let even1 = mul(sub(input[0], input[4]), 1 << FIXED);
    let (t10, t13) = (add(even0, even3), sub(even0, even3));
    let (t11, t12) = (add(even1, even2), sub(even1, even2));

    let (o0, o1, o2, o3) = (input[7], input[5], input[3], input[1]);
    let (z1, z2, z3, z4) = (add(o0, o3), add(o1, o2), add(o0, o2), add(o1, o3));
    let z5 = mul(add(z3, z4), F_1_175);
    let (z1, z2) = (mul(z1, -F_0_899), mul(z2, -F_2_562));
    let (z3, z4) = (add(mul(z3, -F_1_961), z5), add(mul(z4, -F_0_390), z5));
    let o0 = add(mul(o0, F_0_298), add(z1, z3));
    let o1 = add(mul(o1, F_2_053), add(z2, z4));
    let o2 = add(mul(o2, F_3_072), add(z2, z3));
    let o3 = add(mul(o3, F_1_501), add(z1, z4));
    [add(t10, o3), add(t11, o2), add(t12, o1), add(t13, o0), sub(t13, o0), sub(t12, o1), sub(t11, o2), sub(t10, o3)]
}

#[inline]
fn descale(value: i32, bits: i32) -> i32 {
    value.wrapping_add(1 << (bits - 1)) >> bits
}

#[inline]
fn sample(value: i32) -> u8 {
    value.wrapping_add(128).clamp(0, 255) as u8
}

/// Turns one dequantised block (row by row) into samples at `plane[start..]`, `stride` apart. `only_dc` says that
/// every other coefficient is zero.
pub(super) fn block(coefficients: &[i32; 64], only_dc: bool, plane: &mut [u8], start: usize, stride: usize) {
    if only_dc {
        let value = sample(descale(coefficients[0] << PASS1, PASS1 + 3));
        for row in 0..8 {
            plane[start + row * stride..start + row * stride + 8].fill(value);
        }
        return;
    }
    let mut work = [0i32; 64];
    for column in 0..8 {
        let input: [i32; 8] = std::array::from_fn(|row| coefficients[row * 8 + column]);
        let output = transform(input);
        for (row, value) in output.into_iter().enumerate() {
            work[row * 8 + column] = descale(value, FIXED - PASS1);
        }
    }
    for row in 0..8 {
        let input: [i32; 8] = std::array::from_fn(|column| work[row * 8 + column]);
        let output = transform(input).map(|value| sample(descale(value, FIXED + PASS1 + 3)));
        plane[start + row * stride..start + row * stride + 8].copy_from_slice(&output);
    }
}
