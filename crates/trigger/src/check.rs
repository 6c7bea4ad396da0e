//! Checks a parsed rule and replaces what it reads by variables, so that CEL only has to do the arithmetic.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};

use crate::{
    MAX_COST, MAX_DEPTH, MAX_WINDOW, Position, RuleError, RuleFault,
    read::{Function, Read, parse_duration},
};

/// The largest compiled pattern.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

/// What is known of a value before the rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Number,
    Text,
    /// A signal: known only when it comes.
    Any,
}

impl Kind {
    fn may_be(self, other: Self) -> bool {
        self == Self::Any || other == Self::Any || self == other
    }
}

/// The name of the variable that stands for the read with this index.
pub(crate) fn variable(index: usize) -> String {
    format!("r{index}")
}

/// Checks the tree, rewrites it in place, and gives what it reads.
pub(crate) fn check(text: &str, info: &SourceInfo, tree: &mut IdedExpr) -> Result<Vec<Read>, RuleError> {
    let mut checker = Checker { text, info, reads: Vec::new(), cost: 0 };
    let kind = checker.visit(tree, 1)?;
    if !kind.may_be(Kind::Boolean) {
        return Err(checker.error(tree, RuleFault::NotABoolean));
    }
    if checker.cost > MAX_COST {
        return Err(checker.error(tree, RuleFault::TooCostly { cost: checker.cost }));
    }
    Ok(checker.reads)
}

struct Checker<'a> {
    text: &'a str,
    info: &'a SourceInfo,
    reads: Vec<Read>,
    cost: u32,
}

impl Checker<'_> {
    fn error(&self, node: &IdedExpr, fault: RuleFault) -> RuleError {
        let at = leftmost(node, self.info);
        RuleError { position: Position::of(self.text, at), fault }
    }

    fn visit(&mut self, node: &mut IdedExpr, depth: usize) -> Result<Kind, RuleError> {
        if depth > MAX_DEPTH {
            return Err(self.error(node, RuleFault::TooDeep));
        }
        self.cost += 1;
        if let Some(signal) = signal_name(&node.expr) {
            self.replace(node, signal.clone(), signal, Function::Latest);
            return Ok(Kind::Any);
        }
        let what = match &mut node.expr {
            Expr::Literal(_) => return self.literal(node),
            Expr::Call(call) if is_operator(&call.func_name) => return self.operator(node, depth),
            Expr::Call(_) => return self.function(node),
            Expr::Comprehension(_) => {
                return Err(
                    self.error(node, RuleFault::Macro { name: "a comprehension (all, exists, map, filter)".into() })
                );
            }
            Expr::Select(select) if select.test => {
                return Err(self.error(node, RuleFault::Macro { name: "has()".into() }));
            }
            Expr::Select(_) => "a field of something that is not a signal",
            Expr::List(_) => "a list (except behind `in`)",
            Expr::Map(_) | Expr::Struct(_) => "a map or a message",
            Expr::Ident(_) | Expr::Unspecified => "an empty expression",
        };
        Err(self.error(node, RuleFault::Unsupported { what }))
    }

    /// Numbers become `f64`, so that `motion > 1` and `motion * 2 > 1` mean what they say.
    fn literal(&self, node: &mut IdedExpr) -> Result<Kind, RuleError> {
        let unsupported = match &mut node.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => return Ok(Kind::Boolean),
                LiteralValue::String(_) => return Ok(Kind::Text),
                LiteralValue::Double(_) => return Ok(Kind::Number),
                LiteralValue::Int(int) => {
                    *literal = LiteralValue::Double((*int.inner() as f64).into());
                    return Ok(Kind::Number);
                }
                LiteralValue::UInt(int) => {
                    *literal = LiteralValue::Double((*int.inner() as f64).into());
                    return Ok(Kind::Number);
                }
                LiteralValue::Bytes(_) => "a bytes literal",
                LiteralValue::Null => "null",
            },
            _ => "anything but a constant",
        };
        Err(self.error(node, RuleFault::Unsupported { what: unsupported }))
    }

    fn operator(&mut self, node: &mut IdedExpr, depth: usize) -> Result<Kind, RuleError> {
        let Expr::Call(call) = &mut node.expr else { return Ok(Kind::Any) };
        let name = call.func_name.clone();
        if name == operators::IN {
            return self.membership(call, depth);
        }
        let mut kinds = Vec::with_capacity(call.args.len());
        for argument in &mut call.args {
            kinds.push(self.visit(argument, depth + 1)?);
        }
        let (wanted, result) = signature(&name, &kinds);
        match wanted {
            None => Ok(result),
            Some(wanted) => {
                let operator = spelling(&name);
                Err(self.error(node, RuleFault::Mismatch { operator, wanted }))
            }
        }
    }

    /// `x in ['a', 'b']`: the list holds constants only.
    fn membership(&mut self, call: &mut CallExpr, depth: usize) -> Result<Kind, RuleError> {
        let [element, list] = call.args.as_mut_slice() else { return Ok(Kind::Boolean) };
        self.visit(element, depth + 1)?;
        let Expr::List(constants) = &mut list.expr else {
            let wanted = "a list of constants on its right, such as ['a', 'b']";
            return Err(self.error(list, RuleFault::Mismatch { operator: "in".into(), wanted }));
        };
        for constant in &mut constants.elements {
            self.cost += 1;
            self.literal(constant)?;
        }
        Ok(Kind::Boolean)
    }

    fn function(&mut self, node: &mut IdedExpr) -> Result<Kind, RuleError> {
        let Expr::Call(call) = &node.expr else { return Ok(Kind::Any) };
        let name = call.func_name.clone();
        if MACROS.contains(&name.as_str()) {
            return Err(self.error(node, RuleFault::Macro { name: format!("{name}()") }));
        }
        if let Some(what) = other_operator(&name) {
            return Err(self.error(node, RuleFault::Unsupported { what }));
        }
        // CEL lets size(x) stand for x.size().
        let (target, arguments) = match (&call.target, call.args.as_slice()) {
            (Some(target), arguments) => (target.as_ref(), arguments),
            (None, [target, rest @ ..]) if name == "size" => (target, rest),
            (None, _) => return Err(self.error(node, RuleFault::UnknownFunction { name })),
        };
        let function = self.signal_function(node, &name, arguments)?;
        let Some(signal) = signal_name(&target.expr) else {
            return Err(self.error(target, RuleFault::NotASignal { name }));
        };
        let kind = match function {
            Function::Latest => Kind::Any,
            Function::Max(_)
            | Function::Min(_)
            | Function::Mean(_)
            | Function::Step
            | Function::Delta(_)
            | Function::Size => Kind::Number,
            _ => Kind::Boolean,
        };
        let label = format!("{signal}.{name}({})", argument_label(arguments));
        self.replace(node, signal, label, function);
        Ok(kind)
    }

    fn signal_function(&self, node: &IdedExpr, name: &str, arguments: &[IdedExpr]) -> Result<Function, RuleError> {
        let bare = |function: Function| match arguments {
            [] => Ok(function),
            _ => Err(self.arguments(node, name, "no argument")),
        };
        let span = || match arguments {
            [span] => self.span(span, name),
            _ => Err(self.arguments(node, name, "one duration, such as duration('5s')")),
        };
        let text = || match arguments {
            [IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }] => Ok(text.inner().to_owned()),
            _ => Err(self.arguments(node, name, "one constant text")),
        };
        match name {
            "rise" => bare(Function::Rise),
            "fall" => bare(Function::Fall),
            "size" => bare(Function::Size),
            "max" => span().map(Function::Max),
            "min" => span().map(Function::Min),
            "mean" => span().map(Function::Mean),
            "delta" if arguments.is_empty() => Ok(Function::Step),
            "delta" => span().map(Function::Delta),
            "contains" => text().map(Function::Contains),
            "startsWith" => text().map(Function::StartsWith),
            "endsWith" => text().map(Function::EndsWith),
            "matches" => regex::RegexBuilder::new(&text()?)
                .size_limit(MAX_PATTERN_BYTES)
                .build()
                .map(Function::Matches)
                .map_err(|error| self.error(node, RuleFault::Pattern { message: error.to_string() })),
            _ => Err(self.error(node, RuleFault::UnknownFunction { name: name.into() })),
        }
    }

    fn span(&self, node: &IdedExpr, name: &str) -> Result<std::time::Duration, RuleError> {
        let Some(text) = duration_text(node) else {
            return Err(self.arguments(node, name, "one constant duration, such as duration('5s')"));
        };
        match parse_duration(text) {
            Some(span) if span >= std::time::Duration::from_millis(1) && span <= MAX_WINDOW => Ok(span),
            _ => Err(self.error(node, RuleFault::Duration { text: text.into() })),
        }
    }

    fn arguments(&self, node: &IdedExpr, name: &str, wanted: &'static str) -> RuleError {
        self.error(node, RuleFault::Arguments { name: name.into(), wanted })
    }

    /// Puts a variable in the place of a read; equal reads share one.
    fn replace(&mut self, node: &mut IdedExpr, signal: String, label: String, function: Function) {
        let index = self.reads.iter().position(|read| read.label == label).unwrap_or_else(|| {
            self.cost += function.cost();
            self.reads.push(Read { label, signal, function });
            self.reads.len() - 1
        });
        node.expr = Expr::Ident(variable(index));
    }
}

const MACROS: [&str; 6] =
    [operators::ALL, operators::EXISTS, operators::EXISTS_ONE, operators::MAP, operators::FILTER, operators::HAS];

/// What stops an operator from taking operands of these kinds (if anything), and what it gives.
fn signature(name: &str, kinds: &[Kind]) -> (Option<&'static str>, Kind) {
    let all = |kind: Kind| kinds.iter().all(|given| given.may_be(kind));
    let refuse_unless = |fits: bool, wanted: &'static str| (!fits).then_some(wanted);
    match name {
        operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT => {
            (refuse_unless(all(Kind::Boolean), "true or false on each side"), Kind::Boolean)
        }
        operators::EQUALS | operators::NOT_EQUALS => {
            (refuse_unless(kinds[0].may_be(kinds[1]), "two values of one kind"), Kind::Boolean)
        }
        operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => {
            let fits = all(Kind::Number) || all(Kind::Text);
            (refuse_unless(fits, "two numbers or two texts"), Kind::Boolean)
        }
        operators::CONDITIONAL => {
            let fits = kinds[0].may_be(Kind::Boolean) && kinds[1].may_be(kinds[2]);
            let kind = if kinds[1] == Kind::Any { kinds[2] } else { kinds[1] };
            (refuse_unless(fits, "a condition and two values of one kind"), kind)
        }
        _ => (refuse_unless(all(Kind::Number), "numbers"), Kind::Number),
    }
}

/// What an operator of CEL that rules do not have is called.
fn other_operator(name: &str) -> Option<&'static str> {
    match name {
        operators::MODULO => Some("the remainder %"),
        operators::INDEX | operators::OPT_INDEX => Some("an index"),
        operators::OPT_SELECT => Some("an optional field"),
        _ => None,
    }
}

fn is_operator(name: &str) -> bool {
    const KNOWN: [&str; 16] = [
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::EQUALS,
        operators::NOT_EQUALS,
        operators::LESS,
        operators::LESS_EQUALS,
        operators::GREATER,
        operators::GREATER_EQUALS,
        operators::ADD,
        operators::SUBSTRACT,
        operators::MULTIPLY,
        operators::DIVIDE,
        operators::NEGATE,
        operators::CONDITIONAL,
        operators::IN,
    ];
    KNOWN.contains(&name)
}

fn spelling(name: &str) -> String {
    name.trim_matches('_').replace("_:_", ":").replace('@', "")
}

/// The dotted name that an expression spells: `cam0.motion`.
fn signal_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", signal_name(&select.operand.expr)?, select.field))
        }
        _ => None,
    }
}

/// The text inside `duration('…')`.
fn duration_text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Call(call) if call.func_name == "duration" && call.target.is_none() => match call.args.as_slice() {
            [IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }] => Some(text.inner()),
            _ => None,
        },
        _ => None,
    }
}

fn argument_label(arguments: &[IdedExpr]) -> String {
    match arguments {
        [IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }] => format!("{:?}", text.inner()),
        [span] => duration_text(span).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// Where an expression begins: the parser's offset of an operator is that of its sign, not of its left side.
fn leftmost(node: &IdedExpr, info: &SourceInfo) -> usize {
    info.offset_for(node.id).map_or(0, |(start, _)| start as usize)
}
