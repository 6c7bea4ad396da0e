//! Pictures as tensors, as a manifest's `[input]` describes them.

use std::borrow::Cow;

use fast_image_resize::images::{Image as ResizeTarget, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;

use crate::manifest::{Channels, Dtype, ImageInput, Layout, Resize};

/// A picture as a tensor.
pub(crate) struct PictureTensor<'a> {
    values: Values<'a>,
    shape: [i64; 4],
}

enum Values<'a> {
    U8(Cow<'a, [u8]>),
    F32(Vec<f32>),
}

impl<'a> PictureTensor<'a> {
    /// Resizes, orders and scales `picture` as the model wants it.
    pub(crate) fn new(picture: &'a RgbImage, input: &ImageInput) -> Self {
        let (content, padded_width) = target_size(picture.dimensions(), input.resize);
        let resized = resized(picture, content);
        let (width, height) = (padded_width.max(content.0), content.1);
        let shape = match input.layout {
            Layout::Nhwc => [1, i64::from(height), i64::from(width), 3],
            Layout::Nchw => [1, 3, i64::from(height), i64::from(width)],
        };
        let is_plain = input.layout == Layout::Nhwc && input.channels == Channels::Rgb && width == content.0;
        let values = match input.dtype {
            Dtype::U8 if is_plain => Values::U8(resized),
            Dtype::U8 => Values::U8(Cow::Owned(arrange(&resized, content, width, input, |value, _| value))),
            Dtype::F32 => {
                let scale = |value: u8, place: usize| (f32::from(value) / 255.0 - input.mean[place]) / input.std[place];
                Values::F32(arrange(&resized, content, width, input, scale))
            }
        };
        Self { values, shape }
    }

    /// Runs a session with this tensor as its only input.
    pub(crate) fn run<'s>(&self, session: &'s mut Session) -> ort::Result<ort::session::SessionOutputs<'s>> {
        let input: SessionInputValue<'_> = match &self.values {
            Values::U8(values) => TensorRef::from_array_view((self.shape, &**values))?.into(),
            Values::F32(values) => TensorRef::from_array_view((self.shape, values.as_slice()))?.into(),
        };
        session.run([input])
    }
}

/// The size of the picture's content in the tensor, and the tensor's least width.
fn target_size((width, height): (u32, u32), resize: Resize) -> ((u32, u32), u32) {
    let (exact_width, exact_height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    match resize {
        Resize::None => ((width, height), 0),
        Resize::Stretch { width_px, height_px } => ((width_px, height_px), 0),
        Resize::ShortEdge { min_px, max_long_edge_px, multiple_px } => {
            let enlarge = (f64::from(min_px) / exact_width.min(exact_height)).max(1.0);
            let reduce = f64::from(max_long_edge_px) / exact_width.max(exact_height);
            let scale = enlarge.min(reduce);
            let multiple = f64::from(multiple_px.max(1));
            let edge = |length: f64| ((length * scale / multiple).round().max(1.0) * multiple) as u32;
            ((edge(exact_width), edge(exact_height)), 0)
        }
        Resize::FixedHeight { height_px, min_width_px, max_width_px } => {
            let scaled = (exact_width / exact_height * f64::from(height_px)).ceil();
            (((scaled as u32).clamp(1, max_width_px), height_px), min_width_px)
        }
    }
}

/// The picture's pixels at this size; the picture's own when it has it.
fn resized(picture: &RgbImage, (width, height): (u32, u32)) -> Cow<'_, [u8]> {
    if picture.dimensions() == (width, height) {
        return Cow::Borrowed(picture.as_raw());
    }
    let source = ImageRef::new(picture.width(), picture.height(), picture.as_raw(), PixelType::U8x3)
        .expect("the buffer fits its dimensions");
    let mut target = ResizeTarget::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut target, &options).expect("source and target have one pixel type");
    Cow::Owned(target.into_vec())
}

/// Writes pixels in the order of the manifest, converted by `scale(value, channel place)`; padding stays at zero.
fn arrange<T: Copy + Default>(
    pixels: &[u8],
    (content_width, height): (u32, u32),
    width: u32,
    input: &ImageInput,
    scale: impl Fn(u8, usize) -> T,
) -> Vec<T> {
    let (content_width, width, height) = (content_width as usize, width as usize, height as usize);
    let mut values = vec![T::default(); width * height * 3];
    let plane = width * height;
    for (row, line) in pixels.chunks_exact(content_width * 3).enumerate().take(height) {
        for (column, pixel) in line.chunks_exact(3).enumerate() {
            let at = row * width + column;
            for place in 0..3 {
                let channel = if input.channels == Channels::Rgb { place } else { 2 - place };
                let target = if input.layout == Layout::Nhwc { at * 3 + place } else { place * plane + at };
                values[target] = scale(pixel[channel], place);
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(layout: Layout, dtype: Dtype, channels: Channels, resize: Resize) -> ImageInput {
        ImageInput { layout, dtype, channels, resize, mean: [0.5; 3], std: [0.5; 3] }
    }

    #[test]
    fn a_plain_tensor_borrows_the_picture() {
        let picture = RgbImage::from_pixel(5, 4, image::Rgb([1, 2, 3]));
        let tensor = PictureTensor::new(&picture, &input(Layout::Nhwc, Dtype::U8, Channels::Rgb, Resize::None));
        assert!(matches!(&tensor.values, Values::U8(Cow::Borrowed(values)) if values.len() == 60));
        assert_eq!(tensor.shape, [1, 4, 5, 3]);
    }

    #[test]
    fn planes_are_ordered_scaled_and_padded() {
        let picture = RgbImage::from_pixel(2, 2, image::Rgb([255, 0, 51]));
        let resize = Resize::FixedHeight { height_px: 2, min_width_px: 3, max_width_px: 100 };
        let tensor = PictureTensor::new(&picture, &input(Layout::Nchw, Dtype::F32, Channels::Bgr, resize));
        assert_eq!(tensor.shape, [1, 3, 2, 3]);
        let Values::F32(values) = &tensor.values else { panic!("floats were asked for") };
        let rounded: Vec<i32> = values.iter().map(|value| (value * 10.0).round() as i32).collect();
        assert_eq!(rounded, [-6, -6, 0, -6, -6, 0, -10, -10, 0, -10, -10, 0, 10, 10, 0, 10, 10, 0]);
    }

    #[test]
    fn sizes_follow_the_manifest() {
        let short = Resize::ShortEdge { min_px: 736, max_long_edge_px: 2000, multiple_px: 32 };
        let check = |size, resize, expected| assert_eq!(target_size(size, resize).0, expected, "{size:?}");
        check((640, 480), short, (992, 736));
        check((1280, 960), short, (1280, 960));
        check((4000, 3000), short, (2016, 1504));
        check((4000, 10), short, (2016, 32));
        check((0, 0), short, (736, 736));
        check((30, 60), Resize::Stretch { width_px: 300, height_px: 300 }, (300, 300));
        check((100, 20), Resize::FixedHeight { height_px: 48, min_width_px: 320, max_width_px: 4096 }, (240, 48));
        check((100_000, 20), Resize::FixedHeight { height_px: 48, min_width_px: 320, max_width_px: 4096 }, (4096, 48));
    }
}
