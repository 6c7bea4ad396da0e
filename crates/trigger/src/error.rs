//! Why a rule or a trigger is refused, and where.

use std::fmt;

/// A place in a rule's text, both from 1, counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The place of the character with this index.
    pub(crate) fn of(text: &str, char_index: usize) -> Self {
        let (mut line, mut column) = (1, 1);
        for character in text.chars().take(char_index) {
            if character == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        Self { line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A refused rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {fault}")]
pub struct RuleError {
    /// Where.
    pub position: Position,
    /// Why.
    pub fault: RuleFault,
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// Nothing there.
    #[error("the rule is empty")]
    Empty,
    /// More than [`crate::MAX_EXPRESSION_CHARS`].
    #[error("the rule has {chars} characters; {} is the limit", crate::MAX_EXPRESSION_CHARS)]
    TooLong {
        /// How many.
        chars: usize,
    },
    /// Nested deeper than [`crate::MAX_DEPTH`].
    #[error("the rule is nested deeper than {} levels", crate::MAX_DEPTH)]
    TooDeep,
    /// Costs more than [`crate::MAX_COST`].
    #[error("the rule costs {cost} units; {} is the limit", crate::MAX_COST)]
    TooCostly {
        /// Its static cost.
        cost: u32,
    },
    /// Not CEL.
    #[error("it does not parse: {message}")]
    Syntax {
        /// The parser's words.
        message: String,
    },
    /// A comprehension or a presence test.
    #[error("{name} is a macro, and macros are refused; compare signals one by one")]
    Macro {
        /// What it is called, as far as the parser still tells.
        name: String,
    },
    /// A function that rules do not have.
    #[error(
        "there is no function {name}(); signals have rise, fall, max, min, mean, delta, size, contains, startsWith, endsWith and matches"
    )]
    UnknownFunction {
        /// Its name.
        name: String,
    },
    /// A function on something that is not a signal.
    #[error("{name}() works on a signal, such as motion.{name}(…)")]
    NotASignal {
        /// The function.
        name: String,
    },
    /// The wrong arguments.
    #[error("{name}() wants {wanted}")]
    Arguments {
        /// The function.
        name: String,
        /// What it wants.
        wanted: &'static str,
    },
    /// A duration that does not parse, or is out of range.
    #[error(
        "{text:?} is no duration between 1ms and 10m; write duration('5s'), duration('250ms') or duration('1m30s')"
    )]
    Duration {
        /// As written.
        text: String,
    },
    /// A pattern that does not compile.
    #[error("the pattern does not compile: {message}")]
    Pattern {
        /// Why.
        message: String,
    },
    /// Something else of CEL that rules do not have.
    #[error("{what} cannot be used in a rule")]
    Unsupported {
        /// What.
        what: &'static str,
    },
    /// Operands that never fit.
    #[error("{operator} wants {wanted} here")]
    Mismatch {
        /// The operator as written.
        operator: String,
        /// What it wants.
        wanted: &'static str,
    },
    /// The whole is not true or false.
    #[error("the rule must be true or false, such as motion > 0.2")]
    NotABoolean,
}

/// A refused trigger.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TriggerError {
    /// Its rule is refused.
    #[error("trigger {name:?}: {source}")]
    Rule {
        /// The trigger.
        name: String,
        /// Why.
        source: RuleError,
    },
    /// Its name is empty, longer than 200 bytes, or has control characters.
    #[error("{name:?} is no name for a trigger; take 1 to 200 bytes without control characters")]
    Name {
        /// The name.
        name: String,
    },
    /// Two triggers of one name.
    #[error("two triggers have the name {name:?}")]
    Twice {
        /// The name.
        name: String,
    },
    /// A cooldown that is no time.
    #[error("trigger {name:?}: a cooldown is 0 or more seconds, got {cooldown_s}")]
    Cooldown {
        /// The trigger.
        name: String,
        /// As given.
        cooldown_s: f64,
    },
    /// A sampling rate outside (0, 1].
    #[error("trigger {name:?}: a sampling rate is above 0 and at most 1, got {sample}")]
    Sample {
        /// The trigger.
        name: String,
        /// As given.
        sample: f64,
    },
}
