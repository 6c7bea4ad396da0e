//! A query as text: what is written here parses back to the same tree.

use std::fmt::{self, Display, Formatter, Write};

use super::{
    ast::{Expr, IdPrefix, OneOf, Predicate, Query, Span, ValueItem},
    fields::KeywordField,
    parse::{is_name_character, is_plain_value, is_plain_word},
    text::{Pattern, Words},
};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let after = [self.nearest.as_ref().map(ToString::to_string), self.sample.map(|sample| sample.to_string())];
        if after.iter().all(Option::is_none) {
            return self.root.fmt(f);
        }
        // Beside these clauses an OR at the top needs its parentheses.
        let root = if matches!(self.root, Expr::Or(_)) { format!("({})", self.root) } else { self.root.to_string() };
        let parts = std::iter::once(root).filter(|root| !root.is_empty()).chain(after.into_iter().flatten());
        f.write_str(&parts.collect::<Vec<_>>().join(" "))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => Ok(()),
            Self::And(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    if place > 0 {
                        f.write_char(' ')?;
                    }
                    part.fmt_inside(f)?;
                }
                Ok(())
            }
            Self::Or(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    if place > 0 {
                        f.write_str(" OR ")?;
                    }
                    part.fmt(f)?;
                }
                Ok(())
            }
            Self::Not(part) => {
                f.write_char('-')?;
                match &**part {
                    Self::And(_) | Self::Or(_) | Self::Everything => write!(f, "({part})"),
                    _ => part.fmt(f),
                }
            }
            // Parentheses that directly hold an OR belong to the group around them; a second pair makes a group.
            Self::Group(part) if matches!(**part, Self::Or(_)) => write!(f, "(({part}))"),
            Self::Group(part) => write!(f, "({part})"),
            Self::Is(predicate) => predicate.fmt(f),
        }
    }
}

impl Expr {
    fn fmt_inside(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if matches!(self, Self::Or(_)) { write!(f, "({self})") } else { self.fmt(f) }
    }
}

impl Display for Predicate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => words.fmt(f),
            Self::Keyword { field, test } => write!(f, "{}:{test}", field.name()),
            Self::Number { field, test } => write!(f, "{}:{test}", field.name()),
            Self::Time { field, test } => write!(f, "{}:{test}", field.name()),
            Self::Text { field, any } => write!(f, "{}:{}", field.name(), List(any)),
            Self::Id { field, any } => write!(f, "{}:{}", field.name(), List(any)),
            Self::Value { field, name, test } => write!(f, "{}.{}:{test}", field.name(), Name(name)),
            Self::Count { of, test } => write!(f, "count({}):{test}", Counted(of)),
            Self::Set(test) => test.fmt(f),
        }
    }
}

/// The inside of `count(…)`: `*`, a lone class without its field name, or tests.
struct Counted<'a>(&'a [Predicate]);

impl Display for Counted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_char('*'),
            [Predicate::Keyword { field: KeywordField::Class, test }] => test.fmt(f),
            several => {
                for (place, predicate) in several.iter().enumerate() {
                    if place > 0 {
                        f.write_char(' ')?;
                    }
                    predicate.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// Items with commas between them.
pub(super) struct List<'a, T>(pub(super) &'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_char(',')?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl<T: Display> Display for OneOf<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_char('!')?;
        }
        List(&self.any).fmt(f)
    }
}

impl<T: Display> Display for Span<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_char('*'),
            Self::Is(value) => value.fmt(f),
            Self::Above(value) => write!(f, ">{value}"),
            Self::AtLeast(value) => write!(f, ">={value}"),
            Self::Below(value) => write!(f, "<{value}"),
            Self::AtMost(value) => write!(f, "<={value}"),
            Self::Between(low, high) => write!(f, "{low}..{high}"),
        }
    }
}

impl Display for ValueItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(pattern) => pattern.fmt(f),
            Self::Number(span) => span.fmt(f),
            Self::Time(span) => span.fmt(f),
        }
    }
}

impl Display for IdPrefix {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "{:0width$x}", self.range().0 >> (4 * (32 - digits)), width = digits as usize)
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plain = is_plain_value(self.text()) || (self.is_prefix() && self.text().is_empty());
        if plain {
            f.write_str(self.text())?;
        } else {
            Quoted(self.text()).fmt(f)?;
        }
        if self.is_prefix() { f.write_char('*') } else { Ok(()) }
    }
}

impl Display for Words {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if is_plain_word(self.text()) {
            f.write_str(self.text())?;
        } else {
            Quoted(self.text()).fmt(f)?;
        }
        if self.star() { f.write_char('*') } else { Ok(()) }
    }
}

/// The name of a signal or user field.
pub(super) struct Name<'a>(pub(super) &'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plain = !self.0.is_empty() && self.0.chars().all(is_name_character);
        if plain { f.write_str(self.0) } else { Quoted(self.0).fmt(f) }
    }
}

/// A text in quotes, quotes and backslashes in it escaped.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        f.write_char('"')
    }
}

/// A value as it must be typed after a colon to mean exactly this name: quoted where that is needed.
pub fn quoted_value(name: &str) -> String {
    Pattern::whole(name).to_string()
}

/// The name of a signal or user field as it must be typed after the dot.
pub fn quoted_name(name: &str) -> String {
    Name(name).to_string()
}
