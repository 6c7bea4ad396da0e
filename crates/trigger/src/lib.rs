//! Trigger rules: which moments on a device are worth a capture.
//!
//! A rule is a CEL expression over signals: `motion > 0.2 && barcode != ""`, `door.rise()`,
//! `weight.max(duration('5s')) > 3.0`. The crate is pure: time and the seed of the sampling are the caller's.
//!
//! **Signals** are time series of numbers, booleans or texts, named by identifiers that may be dotted (`cam0.motion`).
//! In a rule they are objects:
//!
//! | written | gives |
//! | --- | --- |
//! | `x` | the latest value |
//! | `x.rise()`, `x.fall()` | true in the frame in which x became set, or unset (set: true, not 0, not empty) |
//! | `x.max(duration('5s'))`, `.min(…)`, `.mean(…)` | over the numbers of the last 5 s |
//! | `x.delta()`, `x.delta(duration('5s'))` | the latest number less the one before, or less the first of the last 5 s |
//! | `x.size()`, `size(x)` | the length of a text, in characters |
//! | `x.contains('…')`, `.startsWith('…')`, `.endsWith('…')`, `.matches('…')` | of a text, with constant patterns |
//!
//! Between them stand `&& || ! == != < <= > >= + - * / ?:`, `in [constants]`, numbers, texts and booleans. Numbers are
//! `f64` throughout. What CEL calls macros (`all`, `exists`, `exists_one`, `map`, `filter`, `has`) is refused: without
//! loops the cost of a rule is known from its syntax tree.
//!
//! A rule that reads a signal without a value does not fire, unless CEL's logic decides without it
//! (`false && missing` is false); such evaluations are counted as unreadable.
//!
//! **Limits**: [`MAX_EXPRESSION_CHARS`] characters, [`MAX_DEPTH`] levels, [`MAX_COST`] units, [`MAX_WINDOW`] of
//! history, [`MAX_SAMPLES`] samples a signal, [`MAX_SIGNALS`] signals.

mod check;
mod error;
mod read;
mod rule;
mod set;
mod window;

pub use error::{Position, RuleError, RuleFault, TriggerError};
pub use rule::{Rule, Verdict};
pub use set::{Counts, Evaluation, Hit, Mode, SignalFrame, Suppressed, SuppressedBy, Trigger, TriggerSet};
pub use window::SignalWindow;

/// The longest rule, in characters.
pub const MAX_EXPRESSION_CHARS: usize = 2_048;
/// The deepest nesting of a rule's syntax tree, and of its brackets.
pub const MAX_DEPTH: usize = 32;
/// The highest static cost of a rule: a node costs 1, a text function 5, a window 20, a pattern 50.
pub const MAX_COST: u32 = 1_000;
/// The longest window that a rule may look back over.
pub const MAX_WINDOW: std::time::Duration = std::time::Duration::from_mins(10);
/// The most samples kept of one signal; the oldest leave first.
pub const MAX_SAMPLES: usize = 4_096;
/// The most signals kept; further ones are ignored.
pub const MAX_SIGNALS: usize = 256;
