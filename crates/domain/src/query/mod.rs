//! The query language: syntax tree, parser and evaluation on rows.
//!
//! ```text
//! site:depot-1 class:person decision:undecided conf:>0.5 after:2026-11-01 "no entry"
//! ```
//!
//! # Grammar
//! ```text
//! query        = [ alternatives ]                       the empty query matches every capture
//! alternatives = conjunction { "OR" conjunction }
//! conjunction  = term { [ "AND" ] term }                side by side means AND
//! term         = ( "NOT" | "-" ) term | "(" alternatives ")" | test
//! test         = field ":" values | "count(" tests ")" ":" values | words
//! values       = [ "!" ] ( value { "," value } | "(" value { ( "," | "OR" ) value } ")" )
//! value        = word [ "*" ] | quoted [ "*" ] | ( ">" | ">=" | "<" | "<=" | "=" ) word | [ word ] ".." [ word ] | "*"
//! words        = word [ "*" ] | quoted [ "*" ]
//! ```
//! `AND`, `OR` and `NOT` are upper case; field names and values are compared without regard to case and to Unicode's
//! compatibility forms. In quotes, `\"` and `\\` stand for a quote and a backslash. A star at the end means "begins
//! so"; a star alone means "has a value". Ranges include both ends. `50%` is 0.5. [`fields`] is the table of fields.
//!
//! # Which annotation is meant
//! A **group** is what stands side by side, at one level of parentheses. All tests of annotations in a group speak of
//! *the same annotation*: `class:person conf:>0.5` finds captures with one annotation that is a person with more than
//! 0.5; a person at 0.2 beside a car at 0.9 does not match. The capture matches when there is such an annotation.
//!
//! - **Parentheses make a group of their own**: `(class:person conf:>0.5) (class:car)` finds captures with such a
//!   person and, perhaps elsewhere, a car.
//! - **Parentheses that directly hold an OR belong to the group around them**: in `class:person (conf:>0.5 OR
//!   origin:person)` the same annotation is a person and has either. (A second pair of parentheses makes it a group.)
//! - **A minus, or NOT, speaks of the whole capture**: `-class:person` finds captures no annotation of which is a
//!   person; `class:car -class:person` has a car and no person at all; `-(class:person conf:>0.5)` has no person
//!   above 0.5. What is negated is a group of its own.
//! - **`!` after the colon speaks of the annotation**: `class:car decision:!rejected` has a car that is not rejected.
//! - **A field without a value matches no test**, not even one with `!`: `model:!yolo*` finds annotations by other
//!   models, not those that a person drew.
//! - Deleted annotations do not exist here. Rejected ones do; add `decision:!rejected` to leave them out.
//!
//! Formally: let *a* be an annotation of the capture or nothing. A test of annotations holds for *a*, never for
//! nothing; a test of captures holds or not whatever *a* is. AND and OR combine what holds for *a*. A group holds if
//! it holds for some *a*. NOT and parentheses contain groups, whose *a* is their own. [`eval`] is this definition.
//!
//! # What speaks of the whole result
//! `similar:ID` (also `similar:annotation/ID`) and `text:"a red truck"` keep the thousand nearest of what everything
//! else finds and order them by distance; then `sample:500 seed:7` draws so many of what is left. They stand at the top,
//! beside everything else. `pick:`, `duplicate:` and `map:` ask whether a capture is in a set and stand anywhere.
//!
//! # Time
//! Times are UTC unless they carry an offset (`2026-11-20+01:00`) or end in `@site`, which means the clocks of each
//! capture's site. A day, month or year stands for all of it: `captured:2026-11` is the
//! whole month, `captured:>2026-11-20` begins with the 21st. `after:T` is `captured:>=T`; `before:T` is `captured:<T`.
//!
//! # Normal form
//! `Display` writes a tree so that [`parse`] gives it back; [`Expr`]'s functions keep that form.

mod ast;
mod complete;
mod display;
mod error;
mod eval;
mod external;
mod fields;
mod hint;
mod moment;
mod parse;
pub mod row;
mod sort;
mod text;
mod value;
mod zone;

pub use ast::{Expr, IdPrefix, Level, OneOf, Predicate, Query, Span, ValueItem};
pub use complete::{Completion, Typing, completion_at, fields_beginning};
pub use display::{quoted_name, quoted_value};
pub use error::{ParseError, ParseErrorKind};
pub use eval::{
    Sets, WORD_FIELDS, annotation_hits, annotation_name, annotation_number, capture_number, eval, eval_with,
    keyword_values, relevance, sought,
};
pub use external::{Duplicate, NEIGHBOURS, Nearest, Polygon, Sample, SetTest};
pub use fields::{Field, FieldInfo, IdField, KeywordField, NumberField, TextField, TimeField, ValueField, fields};
pub use hint::{Contradiction, contradiction};
pub use moment::Moment;
pub use parse::parse;
pub use row::{AnnotationRow, CaptureRow, content_of};
pub use sort::{SortField, SortSpec, SortValue, micros_of, number_key, number_of_key, of_micros, risk};
pub use text::{Pattern, Words, fold, words_of};
pub use zone::{LocalDay, Zone};
