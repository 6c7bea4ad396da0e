//! What can be typed at a place in an unfinished query.

use std::ops::Range;

use super::{
    fields::{Field, FieldInfo, KeywordField, ValueField, field_named, fields},
    parse::is_name_character,
    text::fold,
};

/// What a person is typing at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typing {
    /// A field's name, or a word.
    FieldName,
    /// A value of a field that holds names.
    Value(KeywordField),
    /// The name of a signal or user field, after the dot.
    ValueName(ValueField),
    /// Something that cannot be completed: a number, a time, quoted text, an id.
    Other,
}

/// The unfinished word at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What it is.
    pub typing: Typing,
    /// What was typed of it, without quotes.
    pub typed: String,
    /// Which bytes a choice replaces.
    pub bytes: Range<usize>,
}

/// What the text up to the cursor (a byte position; moved back to a character's border) leaves unfinished.
pub fn completion_at(text: &str, cursor: usize) -> Completion {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let head = &text[..cursor];
    let term = term_start(head);
    let begin = term + head[term..].len() - head[term..].trim_start_matches(['-', '!']).len();
    let unfinished = &head[begin..];
    let name_length = unfinished.find(|next| !is_name_character(next)).unwrap_or(unfinished.len());
    let name = &unfinished[..name_length];
    if let Some(class) = unfinished.strip_prefix("count(")
        && !class.contains([':', ')', ' '])
    {
        return value_at(head, cursor - class.len(), Typing::Value(KeywordField::Class));
    }
    if !unfinished[name_length..].starts_with(':') {
        let whole = name_length == unfinished.len();
        return match value_name(name) {
            Some((field, typed)) if whole => completed(Typing::ValueName(field), typed, cursor - typed.len()..cursor),
            _ if whole => completed(Typing::FieldName, name, begin..cursor),
            _ => completed(Typing::Other, unfinished, begin..cursor),
        };
    }
    let values = begin + name_length + 1;
    match field_named(&name.to_lowercase()) {
        Some(Field::Keyword(field)) => value_at(head, values, Typing::Value(field)),
        _ => completed(Typing::Other, &head[values..], values..cursor),
    }
}

fn completed(typing: Typing, typed: &str, bytes: Range<usize>) -> Completion {
    Completion { typing, typed: typed.to_owned(), bytes }
}

fn value_name(name: &str) -> Option<(ValueField, &str)> {
    let (owner, typed) = name.split_once('.')?;
    let field = ValueField::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(owner))?;
    Some((field, typed))
}

/// The last value of a set that begins at `values`.
fn value_at(head: &str, values: usize, typing: Typing) -> Completion {
    let mut start = values;
    let mut quoted = false;
    for (place, character) in head[values..].char_indices() {
        match character {
            '"' => quoted = !quoted,
            '!' if place == 0 => start = values + 1,
            ',' | '(' if !quoted => start = values + place + 1,
            _ => {}
        }
    }
    let typed = head[start..].trim_start();
    let start = head.len() - typed.len();
    completed(typing, &typed.replace(['"', '\\'], ""), start..head.len())
}

/// Where the term at the end of the text begins. A set in parentheses belongs to its field.
fn term_start(head: &str) -> usize {
    let (mut start, mut quoted, mut escaped, mut set) = (0, false, false, false);
    let mut before = ' ';
    for (place, character) in head.char_indices() {
        let end = place + character.len_utf8();
        match character {
            _ if quoted && escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' if before == ':' || (before == '!' && head[start..place].ends_with(":!")) => set = true,
            '(' if head[start..place].eq("count") => {}
            ')' if set => set = false,
            _ if set => {}
            '(' | ')' => start = end,
            space if space.is_whitespace() => start = end,
            _ => {}
        }
        before = character;
    }
    start
}

/// The fields whose name or alias begins so, in the order of the table.
pub fn fields_beginning(typed: &str) -> impl Iterator<Item = &'static FieldInfo> {
    let typed = fold(typed);
    fields()
        .iter()
        .filter(move |info| info.name.starts_with(&typed) || info.alias.is_some_and(|alias| alias.starts_with(&typed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_typed() {
        use KeywordField::{Class, Device, Site};
        for (text, typing, typed, start) in [
            ("", Typing::FieldName, "", 0),
            ("cla", Typing::FieldName, "cla", 0),
            ("site:a -cla", Typing::FieldName, "cla", 8),
            ("(cla", Typing::FieldName, "cla", 1),
            ("class:per", Typing::Value(Class), "per", 6),
            ("class:!per", Typing::Value(Class), "per", 7),
            ("class:person,c", Typing::Value(Class), "c", 13),
            ("class:(person, c", Typing::Value(Class), "c", 15),
            ("class:(person, c) dev", Typing::FieldName, "dev", 18),
            ("site:\"depot 1", Typing::Value(Site), "depot 1", 5),
            ("\"a b:\" device:", Typing::Value(Device), "", 14),
            ("count(per", Typing::Value(Class), "per", 6),
            ("signal.mo", Typing::ValueName(ValueField::Signal), "mo", 7),
            ("conf:>0", Typing::Other, ">0", 5),
            ("\"no en", Typing::Other, "\"no en", 0),
            ("näh", Typing::FieldName, "näh", 0),
        ] {
            let expected = Completion { typing, typed: typed.to_owned(), bytes: start..text.len() };
            assert_eq!(completion_at(text, text.len()), expected, "{text}");
        }
        assert_eq!(completion_at("ä", 1).bytes, 0..0);
        assert_eq!(fields_beginning("confi").map(|info| info.name).collect::<Vec<_>>(), ["conf"]);
    }
}
