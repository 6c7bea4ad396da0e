//! What stands after a colon, read as the field wants it.

use std::ops::Range;

use super::{
    ast::{IdPrefix, OneOf, Predicate, Span, ValueItem},
    error::{ParseError, ParseErrorKind as Kind},
    external::{Duplicate, Polygon},
    fields::{KeywordField, TimeField},
    moment::Moment,
    parse::{Parsed, Parser},
    text::{Pattern, fold, nearest},
};

/// One value as typed.
pub(super) struct Item {
    /// Without quotes, escapes and the star.
    pub(super) text: String,
    /// True when it stood in quotes.
    pub(super) quoted: bool,
    /// True when a star follows.
    pub(super) star: bool,
    /// Where.
    pub(super) bytes: Range<usize>,
}

impl Item {
    pub(super) fn pattern(&self) -> Pattern {
        if self.star { Pattern::beginning(&self.text) } else { Pattern::whole(&self.text) }
    }

    fn is_any(&self) -> bool {
        self.star && self.text.is_empty() && !self.quoted
    }
}

const COMPARISONS: [&str; 5] = [">=", "<=", ">", "<", "="];

pub(super) fn names(
    parser: &Parser<'_>,
    field: KeywordField,
    negated: bool,
    items: Vec<Item>,
) -> Parsed<OneOf<Pattern>> {
    let one = |item: Item| {
        if !item.quoted && item.text.starts_with(['<', '>', '=']) {
            let bare = item.text.trim_start_matches(['<', '>', '=']).to_owned();
            let kind = Kind::NoOrder { field: field.name(), text: item.text };
            return Err(parser.error(item.bytes, kind, (!bare.is_empty()).then_some(bare)));
        }
        let known = field.values();
        let pattern = item.pattern();
        if !known.is_empty() && !known.iter().any(|value| pattern.matches(value)) {
            let suggestion = nearest(&fold(&item.text), known.iter().copied()).map(str::to_owned);
            let kind = Kind::UnknownValue { field: field.name(), value: item.text, known };
            return Err(parser.error(item.bytes, kind, suggestion));
        }
        Ok(pattern)
    };
    Ok(OneOf { negated, any: items.into_iter().map(one).collect::<Parsed<_>>()? })
}

/// A finite number; `50%` is 0.5.
fn number(text: &str) -> Option<f64> {
    let (digits, scale) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 100.0));
    let number: f64 = digits.parse().ok()?;
    let looks_like_one = digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    (number.is_finite() && looks_like_one).then_some(number / scale)
}

/// Reads a comparison, a range or one value. `None`: the text is none of these, given how one value is read.
fn span<T: Copy>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Span<T>> {
    for comparison in COMPARISONS {
        if let Some(rest) = text.strip_prefix(comparison) {
            let value = read(rest)?;
            return Some(match comparison {
                ">=" => Span::AtLeast(value),
                "<=" => Span::AtMost(value),
                ">" => Span::Above(value),
                "<" => Span::Below(value),
                _ => Span::Is(value),
            });
        }
    }
    match text.split_once("..") {
        None => read(text).map(Span::Is),
        Some(("", "")) => None,
        Some((low, "")) => read(low).map(Span::AtLeast),
        Some(("", high)) => read(high).map(Span::AtMost),
        Some((low, high)) => Some(Span::Between(read(low)?, read(high)?)),
    }
}

fn backward(parser: &Parser<'_>, item: &Item) -> ParseError {
    let suggestion = item.text.split_once("..").map(|(low, high)| format!("{high}..{low}"));
    parser.error(item.bytes.clone(), Kind::BackwardRange { text: item.text.clone() }, suggestion)
}

pub(super) fn numbers(parser: &Parser<'_>, field: &str, negated: bool, items: &[Item]) -> Parsed<OneOf<Span<f64>>> {
    let one = |item: &Item| {
        if item.is_any() {
            return Ok(Span::Any);
        }
        match span(&item.text, number) {
            Some(Span::Between(low, high)) if low > high => Err(backward(parser, item)),
            Some(span) if !item.star => Ok(span),
            _ => {
                let kind = Kind::NotANumber { field: field.to_owned(), text: item.text.clone() };
                Err(parser.error(item.bytes.clone(), kind, None))
            }
        }
    };
    Ok(OneOf { negated, any: items.iter().map(one).collect::<Parsed<_>>()? })
}

fn time(parser: &Parser<'_>, item: &Item) -> Parsed<Span<Moment>> {
    if item.is_any() {
        return Ok(Span::Any);
    }
    match span(&item.text, Moment::parse) {
        Some(Span::Between(first, last)) if first.start() > last.start() => Err(backward(parser, item)),
        Some(span) if !item.star => Ok(span),
        _ => Err(parser.error(item.bytes.clone(), Kind::NotATime { text: item.text.clone() }, None)),
    }
}

pub(super) fn times(parser: &Parser<'_>, negated: bool, items: &[Item]) -> Parsed<OneOf<Span<Moment>>> {
    Ok(OneOf { negated, any: items.iter().map(|item| time(parser, item)).collect::<Parsed<_>>()? })
}

/// `after:` and `before:`.
pub(super) fn bound(
    parser: &Parser<'_>,
    start: usize,
    field: &'static str,
    negated: bool,
    items: &[Item],
) -> Parsed<Predicate> {
    let [item] = items else {
        let end = items.last().map_or(start, |item| item.bytes.end);
        return Err(parser.error(start..end, Kind::OneMoment { field }, None));
    };
    let span = match time(parser, item)? {
        Span::Is(moment) if !negated && field == "after" => Span::AtLeast(moment),
        Span::Is(moment) if !negated => Span::Below(moment),
        _ => return Err(parser.error(start..item.bytes.end, Kind::OneMoment { field }, None)),
    };
    Ok(Predicate::Time { field: TimeField::Captured, test: OneOf::any(vec![span]) })
}

pub(super) fn ids(parser: &Parser<'_>, items: &[Item]) -> Parsed<Vec<IdPrefix>> {
    items
        .iter()
        .map(|item| {
            IdPrefix::parse(&item.text)
                .ok_or_else(|| parser.error(item.bytes.clone(), Kind::NotAnId { text: item.text.clone() }, None))
        })
        .collect()
}

/// `exact`, `near`, `extra`.
pub(super) fn duplicates(parser: &Parser<'_>, items: &[Item]) -> Parsed<Vec<Duplicate>> {
    let one = |item: &Item| {
        let typed = fold(&item.text);
        Duplicate::ALL.into_iter().find(|kind| kind.name() == typed && !item.star).ok_or_else(|| {
            let suggestion = nearest(&typed, Duplicate::NAMES.iter().copied()).map(str::to_owned);
            let kind = Kind::UnknownValue { field: "duplicate", value: item.text.clone(), known: Duplicate::NAMES };
            parser.error(item.bytes.clone(), kind, suggestion)
        })
    };
    items.iter().map(one).collect()
}

/// The corners of an area, in one quoted value.
pub(super) fn polygon(parser: &Parser<'_>, start: usize, items: &[Item]) -> Parsed<Polygon> {
    let polygon = if let [item] = items { Polygon::parse(&item.text) } else { None };
    let end = items.last().map_or(start, |item| item.bytes.end);
    polygon.ok_or_else(|| parser.error(start..end, Kind::NotAnArea, None))
}

/// A value of a signal or user field: its type is known only where it is kept.
pub(super) fn any_type(parser: &Parser<'_>, item: &Item) -> Parsed<ValueItem> {
    let compared = !item.quoted && !item.star && {
        COMPARISONS.iter().any(|comparison| item.text.starts_with(comparison)) || item.text.contains("..")
    };
    if !compared {
        return Ok(ValueItem::Word(item.pattern()));
    }
    let typed = item.text.strip_prefix('=').unwrap_or(&item.text);
    match (span(typed, number), span(typed, Moment::parse)) {
        (Some(Span::Is(_)), _) | (None, Some(Span::Is(_))) => Ok(ValueItem::Word(Pattern::whole(typed))),
        (Some(Span::Between(low, high)), _) if low > high => Err(backward(parser, item)),
        (Some(span), _) => Ok(ValueItem::Number(span)),
        (None, Some(Span::Between(first, last))) if first.start() > last.start() => Err(backward(parser, item)),
        (None, Some(span)) => Ok(ValueItem::Time(span)),
        (None, None) => Err(parser.error(item.bytes.clone(), Kind::NotComparable { text: item.text.clone() }, None)),
    }
}
