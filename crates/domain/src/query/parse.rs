//! The parser: recursive descent over the text, with positions in its errors. The grammar is in [`super`].

use std::ops::Range;

use super::{
    ast::{Expr, Level, OneOf, Predicate, Query},
    display::{Name, Quoted},
    error::{ParseError, ParseErrorKind as Kind},
    external::{Nearest, Sample, SetTest},
    fields::{Field, KeywordField, ValueField, field_named, fields},
    text::{Pattern, Words, nearest},
    value::{self, Item},
};

/// The longest text, bytes.
const LONGEST: usize = 64 * 1024;
/// The most levels of parentheses and negations.
const DEEPEST: usize = 64;

/// Reads a query. The empty text is the query that every capture matches.
pub fn parse(text: &str) -> Result<Query, ParseError> {
    let mut parser = Parser { text, at: 0, depth: 0, clauses: Clauses::default() };
    if text.len() > LONGEST {
        return Err(parser.error(0..text.len(), Kind::TooLong { limit: LONGEST }, None));
    }
    parser.skip_spaces();
    if parser.peek().is_none() {
        return Ok(Query::everything());
    }
    let (root, several) = parser.alternatives()?;
    if parser.peek().is_some() {
        let at = parser.at;
        return Err(parser.error(at..at + 1, Kind::StrayParenthesis, None));
    }
    parser.whole(root, several)
}

/// True when a value needs no quotes after a colon.
pub(super) fn is_plain_value(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['!', '<', '>', '='])
        && !text.contains("..")
        && !text.contains(|character: char| ends_value(character) || matches!(character, '*' | ':' | '\\'))
}

/// True when words need no quotes.
pub(super) fn is_plain_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && operator(text).is_none()
        && text.chars().all(|character| character.is_alphanumeric() || "_-./".contains(character))
}

/// True for characters that a field's name may have without quotes.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}

fn ends_value(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | '(' | ')' | '"')
}

fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')' | '"')
}

fn operator(word: &str) -> Option<&'static str> {
    ["AND", "OR", "NOT"].into_iter().find(|operator| *operator == word)
}

pub(super) type Parsed<T> = Result<T, ParseError>;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    clauses: Clauses,
}

/// What is said about the result as a whole.
#[derive(Default)]
struct Clauses {
    /// Where the first of them stands.
    first: Option<Range<usize>>,
    nearest: Option<Nearest>,
    sample: Option<(u32, Range<usize>)>,
    seed: Option<(u64, Range<usize>)>,
}

impl<'a> Parser<'a> {
    pub(super) fn error(&self, bytes: Range<usize>, kind: Kind, suggestion: Option<String>) -> ParseError {
        let start = self.text[..bytes.start].chars().count();
        let chars = start..start + self.text[bytes.clone()].chars().count();
        ParseError { kind, bytes, chars, suggestion }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// The characters up to the first that ends the run.
    fn run(&self, ends: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    /// The operator that stands here, if one does, without taking it.
    fn operator_here(&self) -> Option<&'static str> {
        operator(self.run(ends_word))
    }

    fn take_operator(&mut self, wanted: &'static str) -> bool {
        let found = self.operator_here() == Some(wanted);
        if found {
            self.at += wanted.len();
            self.skip_spaces();
        }
        found
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEEPEST {
            return Err(self.error(self.at..self.text.len(), Kind::TooDeep { limit: DEEPEST }, None));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// `conjunction (OR conjunction)*`; the flag tells whether there was an `OR`.
    fn alternatives(&mut self) -> Parsed<(Expr, bool)> {
        let mut parts = vec![self.conjunction()?];
        while self.take_operator("OR") {
            parts.push(self.conjunction_after("OR")?);
        }
        let several = parts.len() > 1;
        Ok((Expr::or(parts), several))
    }

    fn conjunction_after(&mut self, operator: &'static str) -> Parsed<Expr> {
        self.operand(operator)?;
        self.conjunction()
    }

    /// An operand must follow here.
    fn operand(&self, operator: &'static str) -> Parsed<()> {
        let missing = matches!(self.peek(), None | Some(')')) || matches!(self.operator_here(), Some("AND" | "OR"));
        if missing {
            let start = self.text[..self.at].rfind(operator).unwrap_or(self.at);
            return Err(self.error(start..start + operator.len(), Kind::MissingOperand { operator }, None));
        }
        Ok(())
    }

    /// `term (AND? term)*`
    fn conjunction(&mut self) -> Parsed<Expr> {
        if let Some(operator @ ("AND" | "OR")) = self.operator_here() {
            return Err(self.error(self.at..self.at + operator.len(), Kind::MissingOperand { operator }, None));
        }
        let mut parts = vec![self.term()?];
        loop {
            self.skip_spaces();
            if self.take_operator("AND") {
                self.operand("AND")?;
            } else if matches!(self.peek(), None | Some(')')) || self.operator_here() == Some("OR") {
                return Ok(Expr::and(parts));
            }
            parts.push(self.term()?);
        }
    }

    /// `(NOT | -) term | ( alternatives ) | test`
    fn term(&mut self) -> Parsed<Expr> {
        if self.take_operator("NOT") {
            self.operand("NOT")?;
            return self.deeper(Self::term).map(Expr::negate);
        }
        match self.peek() {
            Some('-') => {
                self.at += 1;
                if self.peek().is_none_or(|next| next.is_whitespace() || next == ')') {
                    return Err(self.error(self.at - 1..self.at, Kind::MissingOperand { operator: "-" }, None));
                }
                self.deeper(Self::term).map(Expr::negate)
            }
            Some('!') => Err(self.error(self.at..self.at + 1, Kind::StrayBang, Some("-".to_owned()))),
            Some('(') => self.deeper(Self::parentheses),
            _ => {
                let start = self.at;
                let clause = self.field_here().and_then(|name| field_named(&name.to_lowercase()));
                if let Some(field @ (Field::Similar | Field::Described | Field::Sample | Field::Seed)) = clause {
                    self.clause(start, field)?;
                    return Ok(Expr::Everything);
                }
                self.test().map(Expr::Is)
            }
        }
    }

    /// `similar:`, `text:`, `sample:` and `seed:` speak of the whole result, so they stand at the top and once.
    fn clause(&mut self, start: usize, field: Field) -> Parsed<()> {
        let name = self.field_here().unwrap_or_default();
        self.at += name.len() + 1;
        let (negated, items) = self.values(name)?;
        let bytes = start..self.at;
        let [item] = items.as_slice() else {
            return Err(self.error(bytes, Kind::OneValue { field: name.to_owned() }, None));
        };
        if self.depth > 0 || negated {
            return Err(self.error(bytes, Kind::NotAtTop { field: name.to_owned() }, None));
        }
        let number = |kind: Kind| item.text.parse::<u64>().map_err(|_| self.error(item.bytes.clone(), kind, None));
        let twice = match field {
            Field::Similar | Field::Described => {
                let nearest = if field == Field::Described {
                    Some(Nearest::Described(item.text.clone())).filter(|_| !item.text.trim().is_empty())
                } else {
                    Nearest::parse(&item.text)
                };
                let wrong = || match field {
                    Field::Described => self.nothing_to_find(item),
                    _ => self.error(item.bytes.clone(), Kind::NotAnId { text: item.text.clone() }, None),
                };
                let nearest = nearest.ok_or_else(wrong)?;
                self.clauses.nearest.replace(nearest).is_some()
            }
            Field::Sample => {
                let size = number(Kind::NotASize { text: item.text.clone() })?;
                let size = u32::try_from(size).unwrap_or(u32::MAX);
                self.clauses.sample.replace((size, bytes.clone())).is_some()
            }
            _ => {
                let seed = number(Kind::NotASize { text: item.text.clone() })?;
                self.clauses.seed.replace((seed, bytes.clone())).is_some()
            }
        };
        if twice {
            return Err(self.error(bytes, Kind::Twice { field: name.to_owned() }, None));
        }
        self.clauses.first.get_or_insert(bytes);
        Ok(())
    }

    /// The query of a text that was read to its end.
    fn whole(self, root: Expr, several: bool) -> Parsed<Query> {
        if let (true, Some(bytes)) = (several, self.clauses.first.clone()) {
            let field = self.text[bytes.clone()].split(':').next().unwrap_or_default().to_owned();
            return Err(self.error(bytes, Kind::NotAtTop { field }, None));
        }
        let sample = match (&self.clauses.sample, &self.clauses.seed) {
            (None, Some((_, bytes))) => {
                let suggestion = format!("sample:500 {}", &self.text[bytes.clone()]);
                return Err(self.error(bytes.clone(), Kind::SeedWithoutSample, Some(suggestion)));
            }
            (None, None) => None,
            (Some((size, _)), seed) => Some(Sample { size: *size, seed: seed.as_ref().map_or(0, |(seed, _)| *seed) }),
        };
        Ok(Query { root, nearest: self.clauses.nearest, sample })
    }

    fn parentheses(&mut self) -> Parsed<Expr> {
        let open = self.at;
        self.at += 1;
        self.skip_spaces();
        match self.peek() {
            Some(')') => return Err(self.error(open..self.at + 1, Kind::EmptyParentheses, None)),
            None => return Err(self.error(open..open + 1, Kind::UnclosedParenthesis, None)),
            Some(_) => {}
        }
        let (inner, several) = self.alternatives()?;
        if !self.take(')') {
            return Err(self.error(open..open + 1, Kind::UnclosedParenthesis, None));
        }
        Ok(if several { inner } else { Expr::group(inner) })
    }

    /// The field's name, if one stands here.
    fn field_here(&self) -> Option<&'a str> {
        let name = self.run(|character| !is_name_character(character));
        let begins_a_name = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
        let after = self.rest()[name.len()..].chars().next();
        let named = after == Some(':') || (after == Some('"') && name.ends_with('.'));
        (begins_a_name && named).then_some(name)
    }

    /// `field:values`, `count(…):values`, or words.
    fn test(&mut self) -> Parsed<Predicate> {
        let start = self.at;
        if self.peek() == Some('"') {
            let item = self.item(ends_word)?;
            return self.words(&item);
        }
        let word = self.run(ends_word);
        if word == "count" && self.text[start + word.len()..].starts_with('(') {
            self.at += word.len();
            return self.deeper(Self::count);
        }
        if let Some(name) = self.field_here() {
            return self.field(name);
        }
        let item = self.item(ends_word)?;
        self.words(&item)
    }

    fn words(&self, item: &Item) -> Parsed<Predicate> {
        Words::new(&item.text, item.star).map(Predicate::Words).ok_or_else(|| self.nothing_to_find(item))
    }

    fn nothing_to_find(&self, item: &Item) -> ParseError {
        let suggestion = match item.text.as_str() {
            "|" | "||" => Some("OR".to_owned()),
            "&" | "&&" => Some("AND".to_owned()),
            _ => None,
        };
        let text = self.text[item.bytes.clone()].to_owned();
        self.error(item.bytes.clone(), Kind::NothingToFind { text }, suggestion)
    }

    fn field(&mut self, typed: &str) -> Parsed<Predicate> {
        let start = self.at;
        self.at += typed.len();
        let lower = typed.to_lowercase();
        if let Some((owner, name)) = typed.split_once('.')
            && let Some(owner) = ValueField::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(owner))
        {
            return self.named_value(start, owner, name.to_owned());
        }
        let Some(field) = field_named(&lower) else {
            let known = fields().iter().map(|info| info.name.trim_end_matches('.'));
            let suggestion = nearest(&lower, known).map(|name| match name {
                "signal" | "field" => format!("{name}."),
                "count" => "count(person)".to_owned(),
                name => name.to_owned(),
            });
            let kind = Kind::UnknownField { name: typed.to_owned() };
            return Err(self.error(start..start + typed.len(), kind, suggestion));
        };
        self.at += 1;
        let (negated, items) = self.values(typed)?;
        self.field_test(start, field, negated, items)
    }

    fn field_test(&self, start: usize, field: Field, negated: bool, items: Vec<Item>) -> Parsed<Predicate> {
        let no_other = |field: &'static str| {
            let bytes = start..self.at;
            let suggestion = format!("-{}", self.text[bytes.clone()].replacen('!', "", 1));
            self.error(bytes, Kind::NoOther { field }, Some(suggestion))
        };
        Ok(match field {
            Field::Keyword(field) => Predicate::Keyword { field, test: value::names(self, field, negated, items)? },
            Field::Number(field) => {
                Predicate::Number { field, test: value::numbers(self, field.name(), negated, &items)? }
            }
            Field::Time(field) => Predicate::Time { field, test: value::times(self, negated, &items)? },
            Field::After => value::bound(self, start, "after", negated, &items)?,
            Field::Before => value::bound(self, start, "before", negated, &items)?,
            Field::Text(field) if negated => return Err(no_other(field.name())),
            Field::Id(field) if negated => return Err(no_other(field.name())),
            Field::Pick if negated => return Err(no_other("pick")),
            Field::Duplicate if negated => return Err(no_other("duplicate")),
            Field::Map if negated => return Err(no_other("map")),
            Field::Pick => Predicate::Set(SetTest::Pick(items.iter().map(Item::pattern).collect())),
            Field::Duplicate => Predicate::Set(SetTest::Duplicate(value::duplicates(self, &items)?)),
            Field::Map => Predicate::Set(SetTest::Map(value::polygon(self, start, &items)?)),
            // Read as clauses at the top; elsewhere (inside `count(…)`) they count nothing.
            Field::Similar | Field::Described | Field::Sample | Field::Seed => {
                return Err(self.error(start..self.at, Kind::NotCountable, None));
            }
            Field::Text(field) => {
                let words = |item: &Item| Words::new(&item.text, item.star).ok_or_else(|| self.nothing_to_find(item));
                Predicate::Text { field, any: items.iter().map(words).collect::<Parsed<_>>()? }
            }
            Field::Id(field) => Predicate::Id { field, any: value::ids(self, &items)? },
        })
    }

    /// After `signal.`, `field.` or `annotation.`: the rest of the name, perhaps quoted, and the values.
    fn named_value(&mut self, start: usize, field: ValueField, mut name: String) -> Parsed<Predicate> {
        if name.is_empty() && self.peek() == Some('"') {
            name = self.quoted()?;
        } else if name.is_empty() {
            return Err(self.error(start..self.at, Kind::MissingName { field: field.name() }, None));
        }
        let typed = format!("{}.{}", field.name(), Name(&name));
        if !self.take(':') {
            return Err(self.error(start..self.at, Kind::MissingValue { field: typed }, None));
        }
        let (negated, items) = self.values(&typed)?;
        let any = items.into_iter().map(|item| value::any_type(self, &item)).collect::<Parsed<_>>()?;
        Ok(Predicate::Value { field, name, test: OneOf { negated, any } })
    }

    fn count(&mut self) -> Parsed<Predicate> {
        let open = self.at;
        self.at += 1;
        self.skip_spaces();
        let mut of = Vec::new();
        while self.peek() != Some(')') {
            if self.peek().is_none() {
                return Err(self.error(open..open + 1, Kind::UnclosedParenthesis, None));
            }
            of.push(self.counted()?);
            self.skip_spaces();
        }
        self.at += 1;
        // `count(*)`, `count(class:*)` and `count()` all count every annotation.
        if let [Predicate::Keyword { field: KeywordField::Class, test }] = of.as_slice()
            && *test == OneOf::any(vec![Pattern::beginning("")])
        {
            of.clear();
        }
        let start = open - "count".len();
        let typed = self.text[start..self.at].to_owned();
        if !self.take(':') {
            return Err(self.error(start..self.at, Kind::MissingValue { field: typed }, None));
        }
        let (negated, items) = self.values(&typed)?;
        Ok(Predicate::Count { of, test: value::numbers(self, "count", negated, &items)? })
    }

    /// One test in `count(…)`; without a field it is a class.
    fn counted(&mut self) -> Parsed<Predicate> {
        let start = self.at;
        if self.field_here().is_none() {
            let (negated, items) = self.values("count")?;
            let test = value::names(self, KeywordField::Class, negated, items)?;
            return Ok(Predicate::Keyword { field: KeywordField::Class, test });
        }
        let predicate = self.test()?;
        if predicate.level() != Level::Annotation {
            return Err(self.error(start..self.at, Kind::NotCountable, None));
        }
        Ok(predicate)
    }

    /// `!? ( item (, item)* | "(" item ((,|OR) item)* ")" )`
    fn values(&mut self, field: &str) -> Parsed<(bool, Vec<Item>)> {
        let start = self.at;
        let negated = self.take('!');
        let missing = |parser: &Self| {
            let kind = Kind::MissingValue { field: field.to_owned() };
            parser.error(start.saturating_sub(1)..parser.at, kind, None)
        };
        let open = self.at;
        if !self.take('(') {
            let mut items = Vec::new();
            loop {
                if self.peek().is_none_or(|next| next != '"' && ends_value(next)) {
                    return Err(missing(self));
                }
                items.push(self.item(ends_value)?);
                if !self.take(',') {
                    return Ok((negated, items));
                }
            }
        }
        let mut items = Vec::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                None => return Err(self.error(open..open + 1, Kind::UnclosedParenthesis, None)),
                Some(')' | ',' | '(') => return Err(missing(self)),
                Some(_) => items.push(self.item(ends_value)?),
            }
            self.skip_spaces();
            if self.take(')') {
                return Ok((negated, items));
            }
            if !self.take(',') && !self.take_operator("OR") && self.peek().is_some() {
                return Err(self.error(self.at..self.at + self.run(ends_word).len(), Kind::MissingComma, None));
            }
        }
    }

    /// A quoted or a plain value, and the star behind it.
    fn item(&mut self, ends: impl Fn(char) -> bool) -> Parsed<Item> {
        let start = self.at;
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            let star = self.take('*');
            return Ok(Item { text, quoted: true, star, bytes: start..self.at });
        }
        let run = self.run(ends);
        self.at += run.len();
        let (text, star) = run.strip_suffix('*').map_or((run, false), |text| (text, true));
        if text.contains('*') {
            let suggestion = Quoted(run).to_string();
            return Err(self.error(start..self.at, Kind::StarInside, Some(suggestion)));
        }
        Ok(Item { text: text.to_owned(), quoted: false, star, bytes: start..self.at })
    }

    fn quoted(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut text = String::new();
        let mut escaped = false;
        for (place, character) in self.rest().char_indices().skip(1) {
            match character {
                _ if escaped => {
                    escaped = false;
                    text.push(character);
                }
                '\\' => escaped = true,
                '"' => {
                    self.at = start + place + 1;
                    return Ok(text);
                }
                other => text.push(other),
            }
        }
        let suggestion = format!("{}\"", &self.text[start..]);
        Err(self.error(start..self.text.len(), Kind::UnclosedQuote, Some(suggestion)))
    }
}
