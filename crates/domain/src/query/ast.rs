//! The syntax tree of a query, in the one normal form that [`super::parse`] gives and `Display` writes.

use crate::{id::CaptureId, time::UtcMicros};

use super::{
    external::{Nearest, Sample, SetTest},
    fields::{IdField, KeywordField, NumberField, TextField, TimeField, ValueField},
    moment::Moment,
    text::{Pattern, Words},
    zone::Zone,
};

/// A question about captures: what must hold, then how near, then how many of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What must hold.
    pub root: Expr,
    /// Only the nearest to something, of those for which the root holds.
    pub nearest: Option<Nearest>,
    /// Only a sample, of those that are left.
    pub sample: Option<Sample>,
}

impl Query {
    /// The query that every capture matches; it is written as the empty text.
    pub fn everything() -> Self {
        Self::of(Expr::Everything)
    }

    /// The query that asks only this.
    pub fn of(root: Expr) -> Self {
        Self { root, nearest: None, sample: None }
    }

    /// Both queries, each keeping its own annotations: what one binds does not bind the other. Where both are near
    /// something or sampled, the first decides.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            root: Expr::and([Expr::group(self.root), Expr::group(other.root)]),
            nearest: self.nearest.or(other.nearest),
            sample: self.sample.or(other.sample),
        }
    }

    /// The sets that the query asks for; whoever runs it must resolve each of them.
    pub fn set_tests(&self) -> Vec<&SetTest> {
        let mut tests = Vec::new();
        self.root.each(&mut |predicate| {
            if let Predicate::Set(test) = predicate {
                tests.push(test);
            }
        });
        tests
    }
}

/// A part of a query. Make one with the functions below: they keep the normal form, in which `Display` and
/// [`super::parse`] are inverse.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Always true.
    Everything,
    /// All of them; two or more, none of them `And` or `Everything`.
    And(Vec<Expr>),
    /// At least one of them; two or more, none of them `Or`.
    Or(Vec<Expr>),
    /// The capture does not match the part, which is a group of its own.
    Not(Box<Expr>),
    /// Parentheses: some annotation of its own matches the part.
    Group(Box<Expr>),
    /// One test.
    Is(Predicate),
}

impl Expr {
    /// All of the parts.
    pub fn and(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Everything => {}
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Self::And(flat) } else { flat.pop().unwrap_or(Self::Everything) }
    }

    /// At least one of the parts.
    pub fn or(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Everything => return Self::Everything,
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Self::Or(flat) } else { flat.pop().unwrap_or(Self::Everything) }
    }

    /// The capture does not match the part.
    pub fn negate(part: Self) -> Self {
        match part {
            Self::Group(inner) => Self::Not(inner),
            other => Self::Not(Box::new(other)),
        }
    }

    /// Some annotation of its own matches the part. A part that asks nothing of an annotation stays as it is.
    pub fn group(part: Self) -> Self {
        if part.binds() { Self::Group(Box::new(part)) } else { part }
    }

    /// The groups that ask something of an annotation of their own, outside of any negation.
    pub fn binding_groups(&self) -> Vec<&Self> {
        let mut groups = if self.binds() { vec![self] } else { Vec::new() };
        self.inner_groups(&mut groups);
        groups
    }

    fn inner_groups<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::Everything | Self::Not(_) | Self::Is(_) => {}
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.inner_groups(found)),
            Self::Group(part) => found.extend(part.binding_groups()),
        }
    }

    /// Calls `visit` with every test, also with those inside a negation.
    pub fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Predicate)) {
        match self {
            Self::Everything => {}
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.each(visit)),
            Self::Not(part) | Self::Group(part) => part.each(visit),
            Self::Is(predicate) => visit(predicate),
        }
    }

    /// True when the part asks something of the annotation that its group binds.
    pub fn binds(&self) -> bool {
        match self {
            Self::Everything | Self::Not(_) | Self::Group(_) => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::binds),
            Self::Is(predicate) => predicate.level() == Level::Annotation,
        }
    }
}

/// What a test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The capture as a whole.
    Capture,
    /// One annotation: the one that the group binds.
    Annotation,
}

/// One test. A field without a value matches no test, not even a negated one.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Bare or quoted words, anywhere a person would read them: paths, notes, captions and read lines, tags, the
    /// names of site, device, trigger, stream and class; eight or more hexadecimal digits also begin a capture id.
    Words(Words),
    /// A name: `site:depot-1`, `class:person,car`, `device:cart-*`, `decision:!rejected`.
    Keyword {
        /// Which name.
        field: KeywordField,
        /// Wanted names.
        test: OneOf<Pattern>,
    },
    /// A number: `conf:>0.5`, `width:640..1920`.
    Number {
        /// Which number.
        field: NumberField,
        /// Wanted ranges.
        test: OneOf<Span<f64>>,
    },
    /// A time: `captured:2026-11`, `after:2026-11-01` (which is `captured:>=2026-11-01`).
    Time {
        /// Which time.
        field: TimeField,
        /// Wanted ranges.
        test: OneOf<Span<Moment>>,
    },
    /// Words in one kind of text: `path:street`, `caption:"no entry"`.
    Text {
        /// Which text.
        field: TextField,
        /// At least one of them.
        any: Vec<Words>,
    },
    /// The beginning of an id: `id:0198f3a2`.
    Id {
        /// Of what.
        field: IdField,
        /// At least one of them.
        any: Vec<IdPrefix>,
    },
    /// A named value: `signal.motion:>0.2`, `field.weather:rain`, `annotation.occluded:true`.
    Value {
        /// Where it is kept.
        field: ValueField,
        /// Its name.
        name: String,
        /// Wanted values.
        test: OneOf<ValueItem>,
    },
    /// How many annotations meet all of the tests: `count(person):>=2`, `count(class:person conf:>0.5):3..`.
    Count {
        /// Tests of annotations only; none counts all.
        of: Vec<Predicate>,
        /// Wanted numbers.
        test: OneOf<Span<f64>>,
    },
    /// Membership of a set that is kept elsewhere: `pick:"first 500"`, `duplicate:exact`.
    Set(SetTest),
}

impl Predicate {
    /// What the test looks at.
    pub fn level(&self) -> Level {
        match self {
            Self::Words(_) | Self::Time { .. } | Self::Count { .. } | Self::Set(_) => Level::Capture,
            Self::Keyword { field, .. } => field.level(),
            Self::Number { field, .. } => field.level(),
            Self::Text { field, .. } => field.level(),
            Self::Id { field, .. } => field.level(),
            Self::Value { field, .. } => field.level(),
        }
    }
}

/// One of several, or (`!`) none of them.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOf<T> {
    /// True when the value must be another: `class:!person,car`. It still must be there.
    pub negated: bool,
    /// What is wanted; never empty.
    pub any: Vec<T>,
}

impl<T> OneOf<T> {
    /// At least one of these.
    pub fn any(any: Vec<T>) -> Self {
        Self { negated: false, any }
    }

    /// True when the items decide so, given how one item is tested.
    pub fn decide(&self, item: impl FnMut(&T) -> bool) -> bool {
        self.any.iter().any(item) != self.negated
    }
}

impl OneOf<Pattern> {
    /// True for a wanted name.
    pub fn matches(&self, name: &str) -> bool {
        let folded = super::text::fold(name);
        self.decide(|pattern| pattern.matches_folded(&folded))
    }
}

impl OneOf<Span<f64>> {
    /// True for a wanted number; never for NaN.
    pub fn matches(&self, number: f64) -> bool {
        !number.is_nan() && self.decide(|span| span.holds_number(number))
    }
}

impl OneOf<Span<Moment>> {
    /// True for a wanted time, seen at a place in this zone.
    pub fn matches(&self, at: UtcMicros, zone: &Zone) -> bool {
        self.decide(|span| span.holds_time(at, zone))
    }

    /// True when it depends on the site's zone.
    pub fn is_local(&self) -> bool {
        self.any.iter().any(|span| match span {
            Span::Any => false,
            Span::Is(one) | Span::Above(one) | Span::AtLeast(one) | Span::Below(one) | Span::AtMost(one) => {
                one.is_local()
            }
            Span::Between(first, last) => first.is_local() || last.is_local(),
        })
    }
}

/// A range of numbers or times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span<T> {
    /// `*`: any value.
    Any,
    /// `v`.
    Is(T),
    /// `>v`.
    Above(T),
    /// `>=v`.
    AtLeast(T),
    /// `<v`.
    Below(T),
    /// `<=v`.
    AtMost(T),
    /// `a..b`, both included.
    Between(T, T),
}

impl Span<f64> {
    /// True for a number in the range.
    pub fn holds_number(&self, number: f64) -> bool {
        match *self {
            Self::Any => true,
            // Exact on purpose: the number that a person sees and types is the number that is stored.
            Self::Is(wanted) => (wanted..=wanted).contains(&number),
            Self::Above(limit) => number > limit,
            Self::AtLeast(limit) => number >= limit,
            Self::Below(limit) => number < limit,
            Self::AtMost(limit) => number <= limit,
            Self::Between(low, high) => low <= number && number <= high,
        }
    }
}

impl Span<Moment> {
    /// The microseconds from the first to the last in the range, both included.
    /// What is said in the site's zone is meant in this one.
    pub fn micros(&self, zone: &Zone) -> (i64, i64) {
        let start = |moment: &Moment| moment.range_in(zone).0;
        let last = |moment: &Moment| moment.range_in(zone).1.saturating_sub(1);
        match self {
            Self::Any => (i64::MIN, i64::MAX),
            Self::Is(moment) => (start(moment), last(moment)),
            Self::Above(moment) => (moment.range_in(zone).1, i64::MAX),
            Self::AtLeast(moment) => (start(moment), i64::MAX),
            Self::Below(moment) => (i64::MIN, start(moment).saturating_sub(1)),
            Self::AtMost(moment) => (i64::MIN, last(moment)),
            Self::Between(first, until) => (start(first), last(until)),
        }
    }

    /// True for a time in the range, seen at a place in this zone.
    pub fn holds_time(&self, at: UtcMicros, zone: &Zone) -> bool {
        let (first, last) = self.micros(zone);
        (first..=last).contains(&at.0)
    }
}

/// What is wanted of a signal or user field, whose type the query does not know.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueItem {
    /// A value as typed. It means the text (`rain`, `ra*`, `true`) and, when it reads as a number, the number.
    Word(Pattern),
    /// A range of numbers.
    Number(Span<f64>),
    /// A range of days or times; meant for fields of the type date.
    Time(Span<Moment>),
}

/// The first digits of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdPrefix {
    digits: u32,
    first: u128,
}

impl IdPrefix {
    /// The fewest digits that a person may type after `id:`.
    pub const FEWEST_DIGITS: u32 = 4;

    /// Reads hexadecimal digits, hyphens ignored; `None` for anything else and for fewer than four digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut digits, mut value) = (0_u32, 0_u128);
        for character in text.chars().filter(|character| *character != '-') {
            value = (value << 4) | u128::from(character.to_digit(16)?);
            digits += 1;
            if digits > 32 {
                return None;
            }
        }
        (digits >= Self::FEWEST_DIGITS).then(|| Self { digits, first: value << (4 * (32 - digits)) })
    }

    /// The whole id.
    pub fn of_capture(id: CaptureId) -> Self {
        Self { digits: 32, first: id.0.as_u128() }
    }

    /// How many digits.
    pub fn digits(&self) -> u32 {
        self.digits
    }

    /// The least and the greatest id that begin so, as numbers.
    pub fn range(&self) -> (u128, u128) {
        let free = 4 * (32 - self.digits);
        (self.first, self.first | ((1_u128 << free) - 1))
    }

    /// True when the id begins so.
    pub fn matches(&self, id: uuid::Uuid) -> bool {
        let (first, last) = self.range();
        (first..=last).contains(&id.as_u128())
    }
}
