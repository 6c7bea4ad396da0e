//! Full text: the tokenizer that cuts as the query language does, and the documents that hold given words.

use std::collections::HashMap;

use muster_domain::query::{Words, words_of};
use roaring::RoaringBitmap;
use tantivy::{
    DocSet, InvertedIndexReader, SegmentReader, TERMINATED, Term,
    postings::{Postings, SegmentPostings, TermInfo},
    query::{EnableScoring, PhraseQuery, Query},
    schema::{Field, IndexRecordOption},
    tokenizer::{Token, TokenStream, Tokenizer},
};

use crate::names::Bits;

/// The name under which the tokenizer is registered.
pub(crate) const TOKENIZER: &str = "muster_words";

/// Cuts texts with [`words_of`], so that the index and row evaluation agree.
#[derive(Clone, Default)]
pub(crate) struct WordTokenizer;

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        WordStream { words: words_of(text).into_iter(), next: 0, token: Token::default() }
    }
}

/// The words of one text.
pub(crate) struct WordStream {
    words: std::vec::IntoIter<String>,
    next: usize,
    token: Token,
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else {
            return false;
        };
        self.token.text = word;
        self.token.position = self.next;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// The documents of a segment in whose `field` one text holds the words one after the other.
pub(crate) fn docs_with(reader: &SegmentReader, field: Field, words: &Words) -> tantivy::Result<RoaringBitmap> {
    let (last, before) = match words.words() {
        [before @ .., last] if words.open_ended() => (last, before),
        exact => return docs_with_phrase(reader, field, exact),
    };
    let index = reader.inverted_index(field)?;
    let mut docs = Bits::new(reader.max_doc());
    if before.is_empty() {
        for_each_beginning(&index, last, IndexRecordOption::Basic, |postings, _| {
            docs.set(postings.doc());
            Ok(())
        })?;
        return Ok(docs.into_bitmap());
    }
    follow_phrase(reader, &index, field, (before, last), |doc, _| docs.set(doc))?;
    Ok(docs.into_bitmap())
}

/// Calls `found` with the documents in which a word that begins so follows the phrase, and how often, word by word.
///
/// The engine's own query of this kind reserves two kilobytes for each word that begins so; a star after one letter would
/// cost hundreds of megabytes. Few of those words stand where the phrase does, so positions are read for those alone.
fn follow_phrase(
    reader: &SegmentReader,
    index: &InvertedIndexReader,
    field: Field,
    (before, last): (&[String], &str),
    mut found: impl FnMut(u32, u32),
) -> tantivy::Result<()> {
    let candidates = docs_with_phrase(reader, field, before)?;
    if candidates.is_empty() {
        return Ok(());
    }
    let mut wanted = vec![false; reader.max_doc() as usize];
    candidates.iter().for_each(|doc| wanted[doc as usize] = true);
    let mut near: Vec<(TermInfo, u32)> = Vec::new();
    for_each_beginning(index, last, IndexRecordOption::Basic, |postings, info| {
        if wanted[postings.doc() as usize] {
            near.push((info.clone(), postings.doc()));
        }
        Ok(())
    })?;
    let both: RoaringBitmap = near.iter().map(|(_, doc)| *doc).collect();
    let ends = ends_of_phrase(index, field, before, both)?;
    let mut positions = Vec::new();
    for same in near.chunk_by(|left, right| left.0 == right.0) {
        let mut postings = index.read_postings_from_terminfo(&same[0].0, IndexRecordOption::WithFreqsAndPositions)?;
        for (_, doc) in same {
            let Some(wanted) = ends.get(doc) else { continue };
            if postings.doc() < *doc {
                postings.seek(*doc);
            }
            postings.positions(&mut positions);
            let count = positions.iter().filter(|position| wanted.contains(position)).count();
            if count > 0 {
                found(*doc, count as u32);
            }
        }
    }
    Ok(())
}

/// Calls `found` at every document of every word that begins so.
fn for_each_beginning(
    index: &InvertedIndexReader,
    beginning: &str,
    option: IndexRecordOption,
    mut found: impl FnMut(&mut SegmentPostings, &TermInfo) -> tantivy::Result<()>,
) -> tantivy::Result<()> {
    let mut terms = index.terms().range().ge(beginning).into_stream()?;
    while terms.advance() && terms.key().starts_with(beginning.as_bytes()) {
        let mut postings = index.read_postings_from_terminfo(terms.value(), option)?;
        while postings.doc() != TERMINATED {
            found(&mut postings, terms.value())?;
            postings.advance();
        }
    }
    Ok(())
}

fn docs_with_phrase(reader: &SegmentReader, field: Field, words: &[String]) -> tantivy::Result<RoaringBitmap> {
    if let [word] = words {
        let mut docs = Bits::new(reader.max_doc());
        let term = Term::from_field_text(field, word);
        if let Some(mut postings) = reader.inverted_index(field)?.read_postings(&term, IndexRecordOption::Basic)? {
            while postings.doc() != TERMINATED {
                docs.set(postings.doc());
                postings.advance();
            }
        }
        return Ok(docs.into_bitmap());
    }
    let terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(field, word)).collect();
    let weight = PhraseQuery::new(terms).weight(EnableScoring::disabled_from_schema(reader.schema()))?;
    let mut found = weight.scorer(reader, 1.0)?;
    let mut docs = RoaringBitmap::new();
    while found.doc() != TERMINATED {
        docs.insert(found.doc());
        found.advance();
    }
    Ok(docs)
}

/// Calls `found` with the documents that hold the words one after the other, and how often.
pub(crate) fn count_words(
    reader: &SegmentReader,
    field: Field,
    words: &Words,
    found: &mut dyn FnMut(u32, u32),
) -> tantivy::Result<()> {
    let index = reader.inverted_index(field)?;
    let (last, before) = match words.words() {
        [before @ .., last] if words.open_ended() => (Some(last), before),
        [word] => {
            let term = Term::from_field_text(field, word);
            if let Some(mut postings) = index.read_postings(&term, IndexRecordOption::WithFreqs)? {
                while postings.doc() != TERMINATED {
                    found(postings.doc(), postings.term_freq());
                    postings.advance();
                }
            }
            return Ok(());
        }
        exact => (None, exact),
    };
    let Some(last) = last else {
        let candidates = docs_with(reader, field, words)?;
        let ends = ends_of_phrase(&index, field, before, candidates)?;
        for (doc, ends) in ends {
            found(doc, ends.len() as u32);
        }
        return Ok(());
    };
    if before.is_empty() {
        return for_each_beginning(&index, last, IndexRecordOption::WithFreqs, |postings, _| {
            found(postings.doc(), postings.term_freq());
            Ok(())
        });
    }
    follow_phrase(reader, &index, field, (before, last), found)
}

/// The positions right after the phrase, in those of the documents that hold it.
fn ends_of_phrase(
    index: &InvertedIndexReader,
    field: Field,
    words: &[String],
    mut docs: RoaringBitmap,
) -> tantivy::Result<HashMap<u32, Vec<u32>>> {
    let mut ends: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut positions = Vec::new();
    for word in words {
        let term = Term::from_field_text(field, word);
        let Some(mut postings) = index.read_postings(&term, IndexRecordOption::WithFreqsAndPositions)? else {
            return Ok(HashMap::new());
        };
        let mut remaining = RoaringBitmap::new();
        for doc in docs {
            if postings.doc() < doc {
                postings.seek(doc);
            }
            if postings.doc() != doc {
                ends.remove(&doc);
                continue;
            }
            postings.positions(&mut positions);
            match ends.get_mut(&doc) {
                None => {
                    ends.insert(doc, positions.iter().map(|position| position + 1).collect());
                }
                Some(after) => {
                    after.retain(|end| positions.contains(end));
                    for end in after {
                        *end += 1;
                    }
                }
            }
            remaining.insert(doc);
        }
        docs = remaining;
    }
    Ok(ends)
}
