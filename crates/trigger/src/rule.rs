//! A rule: a checked CEL expression and the list of what it reads.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use cel::{Context, Env, IdedExpr, Value, common::types::CelBool, parser::Parser};
use muster_domain::field::FieldValue;

use crate::{
    MAX_DEPTH, MAX_EXPRESSION_CHARS, Position, RuleError, RuleFault, SignalWindow,
    check::{check, variable},
    read::Read,
};

/// CEL without its standard library: operators only.
static OPERATORS: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::default()));

/// A checked rule.
#[derive(Debug, Clone)]
pub struct Rule {
    expression: String,
    tree: IdedExpr,
    reads: Vec<Read>,
}

/// What a rule says about a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It holds, on these values.
    Holds(BTreeMap<String, FieldValue>),
    /// It does not.
    Fails,
    /// It reads what has no value yet, or a value of the wrong kind.
    Unreadable,
}

impl Rule {
    /// Parses and checks a rule.
    pub fn parse(expression: &str) -> Result<Self, RuleError> {
        check_text(expression)?;
        let (mut tree, info) = Parser::new()
            .max_recursion_depth(MAX_DEPTH as u16 * 3)
            .error_recovery_limit(4)
            .parse_with_source_info(expression)
            .map_err(|errors| syntax_error(&errors))?;
        let reads = check(expression, &info, &mut tree)?;
        Ok(Self { expression: expression.into(), tree, reads })
    }

    /// The rule as written.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Every signal that it reads, with how far back it looks.
    pub fn signals(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.reads.iter().map(|read| (read.signal.as_str(), read.function.span()))
    }

    /// Evaluates the rule at a moment.
    pub fn evaluate(&self, signals: &BTreeMap<String, SignalWindow>, now_micros: i64) -> Verdict {
        let mut context = Context::with_env(Arc::clone(&OPERATORS));
        let mut values = BTreeMap::new();
        for (index, read) in self.reads.iter().enumerate() {
            let Some(value) = read.value(signals, now_micros) else { continue };
            match &value {
                FieldValue::Boolean(flag) => {
                    context.add_variable_as_val(variable(index), Box::new(CelBool::from(*flag)));
                }
                FieldValue::Number(number) => {
                    context.add_variable_from_value(variable(index), Value::Float(*number));
                }
                FieldValue::Text(text) => context.add_variable_from_value(variable(index), text.as_str()),
            }
            values.insert(read.label.clone(), value);
        }
        match context.resolve(&self.tree) {
            Ok(Value::Bool(true)) => Verdict::Holds(values),
            Ok(Value::Bool(false)) => Verdict::Fails,
            Ok(_) | Err(_) => Verdict::Unreadable,
        }
    }
}

/// What can be refused before the parser sees it; the parser recurses, so brackets are counted first.
fn check_text(expression: &str) -> Result<(), RuleError> {
    let refuse = |at: usize, fault| Err(RuleError { position: Position::of(expression, at), fault });
    if expression.trim().is_empty() {
        return refuse(0, RuleFault::Empty);
    }
    let chars = expression.chars().count();
    if chars > MAX_EXPRESSION_CHARS {
        return refuse(MAX_EXPRESSION_CHARS, RuleFault::TooLong { chars });
    }
    let (mut depth, mut signs) = (0_usize, 0_usize);
    for (index, character) in expression.chars().enumerate() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        signs = if matches!(character, '!' | '-') { signs + 1 } else { 0 };
        if depth > MAX_DEPTH || signs > MAX_DEPTH {
            return refuse(index, RuleFault::TooDeep);
        }
    }
    Ok(())
}

fn syntax_error(errors: &cel::ParseErrors) -> RuleError {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let message = first.map_or_else(|| "unknown".into(), |error| error.msg.clone());
    RuleError {
        position: Position { line: line.max(1) as usize, column: column.max(1) as usize },
        fault: RuleFault::Syntax { message },
    }
}
