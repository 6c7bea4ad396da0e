//! Completion of the query bar: fields, and values with the number of captures that have them.

use std::{collections::BTreeMap, ops::Range};

use muster_domain::query::{
    KeywordField, Query, Typing, ValueField, completion_at, fields_beginning, fold, quoted_name, quoted_value,
};

use crate::{error::Result, external::External, facet::FacetField, view::View};

/// What can be typed at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completions {
    /// Which bytes of the text a choice replaces.
    pub bytes: Range<usize>,
    /// What can stand there instead, best first.
    pub choices: Vec<Choice>,
}

/// One thing that can be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The text to insert, quoted where that is needed.
    pub insert: String,
    /// The text to show.
    pub label: String,
    /// What a field means; empty for values.
    pub description: &'static str,
    /// How many captures have the value; `None` for fields.
    pub count: Option<u64>,
}

impl View {
    /// The values of a field whose folded name begins as typed, most frequent first; then those that only contain it.
    pub fn complete(&self, field: KeywordField, typed: &str, limit: usize) -> Result<Vec<(String, u64)>> {
        let everything = self.matching(&Query::everything(), &External::default())?;
        let mut values = self.facet(&everything, &FacetField::Keyword(field))?.values;
        for known in field.values() {
            if !values.iter().any(|(value, _)| value == known) {
                values.push(((*known).to_owned(), 0));
            }
        }
        let typed = fold(typed);
        let rank = |value: &str| {
            let folded = fold(value);
            if folded.starts_with(&typed) { Some(0) } else { folded.contains(&typed).then_some(1) }
        };
        let mut ranked: Vec<(u8, (String, u64))> =
            values.into_iter().filter_map(|value| rank(&value.0).map(|rank| (rank, value))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(ranked.into_iter().map(|(_, value)| value).take(limit).collect())
    }

    /// What can be typed at a place (a byte position) in an unfinished query.
    pub fn complete_at(&self, text: &str, cursor: usize, limit: usize) -> Result<Completions> {
        let completion = completion_at(text, cursor);
        let mut choices = match completion.typing {
            Typing::Other => Vec::new(),
            Typing::FieldName => fields_beginning(&completion.typed).map(field_choice).collect(),
            Typing::Value(field) => {
                self.complete(field, &completion.typed, limit)?.into_iter().map(value_choice).collect()
            }
            Typing::ValueName(field) => self.value_names(field, &completion.typed)?,
        };
        choices.truncate(limit);
        Ok(Completions { bytes: completion.bytes, choices })
    }

    /// Names of signals or user fields.
    fn value_names(&self, field: ValueField, typed: &str) -> Result<Vec<Choice>> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        self.checked(|| {
            for part in &self.parts {
                let names = &part.columns.values(field)?.names.names;
                for (name, docs) in names.values.iter().zip(&names.docs) {
                    *counts.entry(name.clone()).or_default() += docs.len() - docs.intersection_len(&part.dead);
                }
            }
            Ok(())
        })?;
        let typed = fold(typed);
        let fitting = counts.into_iter().filter(|(name, count)| *count > 0 && fold(name).starts_with(&typed));
        Ok(fitting
            .map(|(name, count)| Choice {
                insert: format!("{}:", quoted_name(&name)),
                label: name,
                description: "",
                count: Some(count),
            })
            .collect())
    }
}

fn field_choice(info: &muster_domain::query::FieldInfo) -> Choice {
    let insert = match info.name {
        "count" => "count(".to_owned(),
        name if name.ends_with('.') => name.to_owned(),
        name => format!("{name}:"),
    };
    Choice { insert, label: info.name.to_owned(), description: info.description, count: None }
}

fn value_choice((value, count): (String, u64)) -> Choice {
    Choice { insert: quoted_value(&value), label: value, description: "", count: Some(count) }
}
