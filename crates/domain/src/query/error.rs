//! What can be wrong with the text of a query, where, and what to type instead.

use std::{fmt, ops::Range};

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", Hint(.suggestion.as_deref()))]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Which bytes of the text are meant.
    pub bytes: Range<usize>,
    /// The same in characters.
    pub chars: Range<usize>,
    /// What to put in their place, where that can be guessed.
    pub suggestion: Option<String>,
}

/// The second half of a message.
struct Hint<'a>(Option<&'a str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |suggestion| write!(f, "; try `{suggestion}`"))
    }
}

/// The ways in which a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// No such field.
    #[error("there is no field `{name}`; quote the words to search for them as text")]
    UnknownField {
        /// What stands before the colon.
        name: String,
    },
    /// The field knows only some values.
    #[error("`{value}` is not a value of {field}, which can be {}", .known.join(", "))]
    UnknownValue {
        /// The field.
        field: &'static str,
        /// What was typed.
        value: String,
        /// What there is.
        known: &'static [&'static str],
    },
    /// Nothing follows the colon.
    #[error("a value is missing after `{field}:`")]
    MissingValue {
        /// What stands before the colon.
        field: String,
    },
    /// A name must follow the dot.
    #[error("a name must follow `{field}.`, such as `{field}.motion:>0.2`")]
    MissingName {
        /// What stands before the dot.
        field: &'static str,
    },
    /// A number is needed.
    #[error("`{text}` is not a number; {field} takes 0.5, >0.5, <=0.5 or 0.2..0.8, without spaces")]
    NotANumber {
        /// The field.
        field: String,
        /// What was typed.
        text: String,
    },
    /// A time is needed.
    #[error(
        "`{text}` is not a time; write 2026, 2026-11, 2026-11-20, 2026-11-20T14:06Z (UTC), 2026-11-20@site or a range a..b"
    )]
    NotATime {
        /// What was typed.
        text: String,
    },
    /// After `after:` and `before:` stands one moment.
    #[error("`{field}:` takes one moment, not a set or a comparison; use `captured:` for those")]
    OneMoment {
        /// The field.
        field: &'static str,
    },
    /// An id is needed.
    #[error("`{text}` does not begin an id, which is written in 4 to 32 hexadecimal digits")]
    NotAnId {
        /// What was typed.
        text: String,
    },
    /// It speaks of the whole result.
    #[error("`{field}:` speaks of the whole result; put it beside everything else, outside parentheses, OR and NOT")]
    NotAtTop {
        /// The field.
        field: String,
    },
    /// It is said twice.
    #[error("the query already says what `{field}:` is")]
    Twice {
        /// The field.
        field: String,
    },
    /// One value is needed.
    #[error("`{field}:` takes one value")]
    OneValue {
        /// The field.
        field: String,
    },
    /// A whole number is needed.
    #[error("`{text}` is not a whole number, such as in `sample:500 seed:7`")]
    NotASize {
        /// What was typed.
        text: String,
    },
    /// A seed for no sample.
    #[error("`seed:` says which sample is drawn, but not how large it is")]
    SeedWithoutSample,
    /// The corners of an area are needed.
    #[error("`map:` takes the corners of an area in quotes, three or more, such as `map:\"0,0 4,0 4,3\"`")]
    NotAnArea,
    /// Names cannot be compared.
    #[error("{field} holds names, which have no order: `{text}` compares them")]
    NoOrder {
        /// The field.
        field: &'static str,
        /// What was typed.
        text: String,
    },
    /// A signal or user field is compared with something that is neither number nor time.
    #[error("`{text}` compares with something that is neither a number nor a day")]
    NotComparable {
        /// What was typed.
        text: String,
    },
    /// `!` before words or ids.
    #[error("`!` does not work after `{field}:`; a minus before the field finds captures without it")]
    NoOther {
        /// The field.
        field: &'static str,
    },
    /// `!` before a term.
    #[error("`!` stands only after a colon; a minus or NOT negates a whole part")]
    StrayBang,
    /// The range ends before it starts.
    #[error("the range `{text}` ends before it starts")]
    BackwardRange {
        /// What was typed.
        text: String,
    },
    /// No letter and no digit.
    #[error("there is no letter and no digit to search for in `{text}`")]
    NothingToFind {
        /// What was typed.
        text: String,
    },
    /// A star in the middle of a word.
    #[error("a star stands only at the end of a value; quote the value if the star is part of it")]
    StarInside,
    /// A quote without its end.
    #[error("the quote is not closed")]
    UnclosedQuote,
    /// A parenthesis without its end.
    #[error("the parenthesis is not closed")]
    UnclosedParenthesis,
    /// A closing parenthesis without its beginning.
    #[error("this parenthesis closes nothing")]
    StrayParenthesis,
    /// Nothing in parentheses.
    #[error("there is nothing between the parentheses")]
    EmptyParentheses,
    /// An operator without an operand.
    #[error("something is missing beside `{operator}`")]
    MissingOperand {
        /// The operator.
        operator: &'static str,
    },
    /// Values in parentheses that run into each other.
    #[error("the values in parentheses are separated by commas, such as `class:(person,car)`")]
    MissingComma,
    /// Something in `count(…)` that is not a test of annotations.
    #[error("count(…) takes a class or tests of annotations, such as count(class:person conf:>0.5)")]
    NotCountable,
    /// Too many levels.
    #[error("more than {limit} levels of parentheses and negations")]
    TooDeep {
        /// How many are allowed.
        limit: usize,
    },
    /// Too much text.
    #[error("the query is longer than {limit} bytes")]
    TooLong {
        /// How many are allowed.
        limit: usize,
    },
}
