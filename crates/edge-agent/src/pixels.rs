//! Signals that come from the picture itself: how much it changed, how bright it is.

use muster_domain::field::FieldValue;
use muster_trigger::SignalFrame;

/// Derives `motion` and `brightness` from the small grey pictures of one stream.
#[derive(Debug, Default)]
pub struct Pixels {
    previous: Vec<u8>,
}

impl Pixels {
    /// The signals of the next picture.
    ///
    /// `brightness` is the mean grey value and `motion` the mean absolute difference from the picture before, both 0 to
    /// 1. The first picture, and one of another size, has no motion.
    pub fn signals(&mut self, gray: Vec<u8>) -> SignalFrame {
        let mut signals = SignalFrame::new();
        if gray.is_empty() {
            return signals;
        }
        let share = |sum: u64| FieldValue::Number(sum as f64 / (gray.len() as f64 * 255.0));
        signals.insert("brightness".into(), share(gray.iter().map(|value| u64::from(*value)).sum()));
        if self.previous.len() == gray.len() {
            let difference = gray.iter().zip(&self.previous).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            signals.insert("motion".into(), share(difference));
        }
        self.previous = gray;
        signals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn motion_and_brightness_are_shares() {
        let mut pixels = Pixels::default();
        let number = |signals: &SignalFrame, name: &str| signals.get(name).and_then(FieldValue::as_number);
        let first = pixels.signals(vec![0, 255]);
        assert_eq!((number(&first, "brightness"), number(&first, "motion")), (Some(0.5), None));
        let second = pixels.signals(vec![255, 0]);
        assert_eq!((number(&second, "brightness"), number(&second, "motion")), (Some(0.5), Some(1.0)));
        assert_eq!(number(&pixels.signals(vec![255, 0]), "motion"), Some(0.0));
        assert_eq!(number(&pixels.signals(vec![1; 4]), "motion"), None);
        assert!(pixels.signals(Vec::new()).is_empty());
    }
}
