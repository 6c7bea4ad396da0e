//! What a query asks that no row answers by itself: membership of sets that are kept elsewhere, nearness to something,
//! and a random sample. The application resolves these and hands the index row keys.

use std::fmt::{self, Display, Formatter};

use super::{ast::IdPrefix, display::Quoted, text::Pattern};

/// How many neighbours `similar:` and `text:` find at most.
pub const NEIGHBOURS: u32 = 1_000;

/// A test of membership: whoever keeps the set says which captures are in it.
#[derive(Debug, Clone, PartialEq)]
pub enum SetTest {
    /// The capture is in one of these picks: `pick:"first 500"`.
    Pick(Vec<Pattern>),
    /// The capture has duplicates: `duplicate:exact`.
    Duplicate(Vec<Duplicate>),
    /// The capture lies in this area of the map: `map:"0,0 1,0 1,1"`.
    Map(Polygon),
}

impl SetTest {
    /// What stands before the colon.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Pick(_) => "pick",
            Self::Duplicate(_) => "duplicate",
            Self::Map(_) => "map",
        }
    }
}

impl Display for SetTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pick(any) => write!(f, "pick:{}", super::display::List(any)),
            Self::Duplicate(any) => write!(f, "duplicate:{}", super::display::List(any)),
            Self::Map(polygon) => write!(f, "map:{}", Quoted(&polygon.to_string())),
        }
    }
}

/// A kind of duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// Another capture has the same bytes.
    Exact,
    /// Another capture looks nearly the same; known once embeddings are.
    Near,
    /// A capture that came earlier into the library has the same bytes: `-duplicate:extra` keeps one of each.
    Extra,
}

impl Duplicate {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Near, Self::Extra];
    /// Their names.
    pub const NAMES: &'static [&'static str] = &["exact", "near", "extra"];

    /// As written in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Extra => "extra",
        }
    }
}

impl Display for Duplicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An area of the map; its last corner is joined to its first.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Three or more, finite.
    corners: Vec<[f64; 2]>,
}

impl Polygon {
    /// `None` for fewer than three corners and for coordinates that are not finite.
    pub fn new(corners: Vec<[f64; 2]>) -> Option<Self> {
        let finite = corners.iter().flatten().all(|coordinate| coordinate.is_finite());
        (corners.len() >= 3 && finite).then_some(Self { corners })
    }

    /// Reads `x,y x,y x,y`.
    pub fn parse(text: &str) -> Option<Self> {
        let corner = |pair: &str| {
            let (x, y) = pair.split_once(',')?;
            Some([x.parse().ok()?, y.parse().ok()?])
        };
        Self::new(text.split_whitespace().map(corner).collect::<Option<_>>()?)
    }

    /// Its corners.
    pub fn corners(&self) -> &[[f64; 2]] {
        &self.corners
    }

    /// True for a point inside, by the even-odd rule (Shimrat 1962).
    pub fn holds(&self, x: f64, y: f64) -> bool {
        let before = self.corners.last().into_iter().chain(&self.corners);
        let crosses = |(&[left_x, left_y], &[right_x, right_y]): (&[f64; 2], &[f64; 2])| {
            (left_y > y) != (right_y > y) && x < (right_x - left_x) * (y - left_y) / (right_y - left_y) + left_x
        };
        before.zip(&self.corners).filter(|edge| crosses(*edge)).count() % 2 == 1
    }
}

impl Display for Polygon {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, [x, y]) in self.corners.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{x},{y}")?;
        }
        Ok(())
    }
}

/// Of what matches, only the nearest to this: `similar:ID`, `text:"a red truck"`. It orders by distance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearest {
    /// To a capture; it is its own nearest.
    Capture(IdPrefix),
    /// To an annotation: `similar:annotation/ID`.
    Annotation(IdPrefix),
    /// To what these words describe, by a joint embedding of pictures and text.
    Described(String),
}

/// What `similar:` takes before the id of an annotation.
const OF_ANNOTATION: &str = "annotation/";

impl Nearest {
    /// Reads what follows `similar:`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(OF_ANNOTATION) {
            Some(id) => IdPrefix::parse(id).map(Self::Annotation),
            None => IdPrefix::parse(text).map(Self::Capture),
        }
    }
}

impl Display for Nearest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture(id) => write!(f, "similar:{id}"),
            Self::Annotation(id) => write!(f, "similar:{OF_ANNOTATION}{id}"),
            Self::Described(text) => write!(f, "text:{}", Quoted(text)),
        }
    }
}

/// Of what matches (and is near), only so many, drawn at random: `sample:500 seed:7`. The same captures and seed give
/// the same sample; a capture more changes at most one of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// How many.
    pub size: u32,
    /// Which draw.
    pub seed: u64,
}

impl Sample {
    /// The rank of a capture in the draw, given the last 64 bits of its id: the least ranks are the sample.
    /// The mixer is `SplitMix64` (Steele, Lea and Flood 2014).
    pub fn rank(self, id_low: u64) -> u64 {
        mixed(id_low ^ mixed(self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15)))
    }
}

fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Display for Sample {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "sample:{} seed:{}", self.size, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_inside_from_outside() {
        let notched = Polygon::parse("0,0 4,0 4,4 2,1 0,4").unwrap();
        for (x, y, inside) in [(0.5, 1.0, true), (2.0, 0.5, true), (2.0, 3.0, false), (5.0, 1.0, false)] {
            assert_eq!(notched.holds(x, y), inside, "{x},{y}");
        }
        assert_eq!(Polygon::parse(&notched.to_string()), Some(notched));
        for text in ["", "0,0 1,1", "0,0 1,1 x,2", "0,0 1,1 inf,2"] {
            assert_eq!(Polygon::parse(text), None, "{text}");
        }
    }
}
