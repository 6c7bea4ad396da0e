//! What a person should know about a query that reads well and can never match.

use std::fmt;

use super::{
    ast::{Expr, OneOf, Predicate, Query},
    fields::KeywordField,
    text::Pattern,
};

/// Two tests that no annotation, or no capture, can pass together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The field that both test.
    pub field: KeywordField,
    /// The values of the first test, as typed.
    pub first: String,
    /// The values of the second test, as typed.
    pub second: String,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, first, second) = (self.field.name(), &self.first, &self.second);
        write!(f, "nothing is both {field}:{first} and {field}:{second}; for either, write {field}:{first},{second}")?;
        if self.field.level() == super::ast::Level::Annotation {
            write!(f, "; for captures that have one of each, ({field}:{first}) ({field}:{second})")?;
        }
        Ok(())
    }
}

/// The first contradiction in a query, such as `class:person class:car`: one annotation has one class.
pub fn contradiction(query: &Query) -> Option<Contradiction> {
    in_part(&query.root)
}

fn in_part(part: &Expr) -> Option<Contradiction> {
    match part {
        Expr::Everything | Expr::Is(_) => None,
        Expr::Not(inner) | Expr::Group(inner) => in_part(inner),
        Expr::Or(parts) => parts.iter().find_map(in_part),
        Expr::And(parts) => among(parts).or_else(|| parts.iter().find_map(in_part)),
    }
}

fn among(parts: &[Expr]) -> Option<Contradiction> {
    let names = |part| match part {
        &Expr::Is(Predicate::Keyword { field, ref test }) if has_one_value(field) => {
            whole_names(test).map(|names| (field, test, names))
        }
        _ => None,
    };
    let tests: Vec<(KeywordField, &OneOf<Pattern>, &[Pattern])> = parts.iter().filter_map(names).collect();
    for (place, (field, first, first_names)) in tests.iter().enumerate() {
        for (other, second, second_names) in &tests[place + 1..] {
            let shared = first_names.iter().any(|name| second_names.iter().any(|other| other.matches(name.text())));
            if field == other && !shared {
                return Some(Contradiction { field: *field, first: first.to_string(), second: second.to_string() });
            }
        }
    }
    None
}

/// True for fields of which an annotation, or a capture, has at most one value.
fn has_one_value(field: KeywordField) -> bool {
    !matches!(field, KeywordField::Stream | KeywordField::Tag | KeywordField::Run | KeywordField::Has)
}

fn whole_names(test: &OneOf<Pattern>) -> Option<&[Pattern]> {
    (!test.negated && !test.any.iter().any(Pattern::is_prefix)).then_some(test.any.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    #[test]
    fn tells_what_can_never_match() {
        let told = |text: &str| contradiction(&parse(text).unwrap()).map(|found| found.to_string());
        assert_eq!(
            told("conf:>0.5 class:person class:car").unwrap(),
            "nothing is both class:person and class:car; for either, write class:person,car; \
             for captures that have one of each, (class:person) (class:car)"
        );
        assert!(told("tag:x (site:a site:b OR tag:y)").unwrap().ends_with("for either, write site:a,b"));
        for possible in [
            "(class:person) (class:car)",
            "class:person class:Person,car",
            "class:person class:!car",
            "class:person class:per*",
            "class:person -class:car",
            "class:person OR class:car",
            "tag:a tag:b",
        ] {
            assert_eq!(told(possible), None, "{possible}");
        }
    }
}
