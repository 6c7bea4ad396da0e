//! The document of a capture: one per row, its annotations and values in columns side by side.
//!
//! Columns of one *table* (annotations, signals, user fields) hold the same number of values in every document, so
//! that the n-th values of all of them belong together. That is what binds predicates to the same annotation.

use muster_domain::query::{
    AnnotationRow, CaptureRow, KeywordField, Level, NumberField, TextField, TimeField, ValueField, annotation_name,
    annotation_number, capture_number, keyword_values, number_key, of_micros, risk,
};
use tantivy::{
    TantivyDocument,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
    },
};

use crate::{
    rows::{NamedValue, named_values},
    words::TOKENIZER,
};

/// Grows when documents change their form. Each version has a directory of its own.
pub(crate) const VERSION: u32 = 2;

/// Stands in a name column of a table where there is no name.
pub(crate) const MISSING: &str = "\0";

/// The longest text that a column keeps, bytes: the engine cuts longer ones, perhaps inside a character.
const LONGEST_TEXT: usize = 60_000;

/// Names of the columns.
pub(crate) mod column {
    use super::{KeywordField, NumberField, TimeField, ValueField};

    pub(crate) const ROW_KEY: &str = "row_key";
    pub(crate) const RISK: &str = "risk";
    pub(crate) const CONTENT: &str = "content";
    pub(crate) const TIME_ZONE: &str = "time_zone";
    pub(crate) const ID: [&str; 2] = ["id_high", "id_low"];
    pub(crate) const ANNOTATION_ID: [&str; 2] = ["annotation_id_high", "annotation_id_low"];
    pub(crate) const ANNOTATION_TEXT: &str = "annotation_text";
    pub(crate) const ANNOTATION_FIELD_OWNER: &str = "annotation_field_owner";

    pub(crate) fn keyword(field: KeywordField) -> String {
        format!("name_{}", field.name())
    }

    pub(crate) fn number(field: NumberField) -> String {
        format!("number_{}", field.name())
    }

    pub(crate) fn time(field: TimeField) -> &'static str {
        field.name()
    }

    /// Name, number and text of a table of values.
    pub(crate) fn values(field: ValueField) -> [String; 3] {
        ["name", "number", "text"].map(|part| format!("{}_value_{part}", field.name()))
    }
}

/// The engine's name of a text field.
pub(crate) fn text_column(field: TextField) -> &'static str {
    field.name()
}

/// The fields of the schema by their meaning.
#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    pub(crate) row_key: Field,
    risk: Field,
    content: Field,
    time_zone: Field,
    id: [Field; 2],
    times: [(TimeField, Field); 2],
    keywords: Vec<(KeywordField, Field)>,
    numbers: Vec<(NumberField, Field)>,
    pub(crate) texts: [Field; 3],
    annotation_id: [Field; 2],
    annotation_text: Field,
    values: [(ValueField, [Field; 3]); 3],
    annotation_field_owner: Field,
}

impl Fields {
    pub(crate) fn new() -> Self {
        let mut builder = Schema::builder();
        let number = |builder: &mut SchemaBuilder, name: &str| builder.add_u64_field(name, NumericOptions::from(FAST));
        let row_key = builder.add_u64_field(column::ROW_KEY, FAST | INDEXED);
        let risk = number(&mut builder, column::RISK);
        let content = number(&mut builder, column::CONTENT);
        let id = column::ID.map(|name| number(&mut builder, name));
        let times =
            [TimeField::Captured, TimeField::Received].map(|time| (time, number(&mut builder, column::time(time))));
        let name_options = || TextOptions::default().set_fast("raw");
        let time_zone = builder.add_text_field(column::TIME_ZONE, name_options());
        let keywords = KeywordField::ALL
            .map(|field| (field, builder.add_text_field(&column::keyword(field), name_options())))
            .to_vec();
        let numbers = NumberField::ALL.map(|field| (field, number(&mut builder, &column::number(field)))).to_vec();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let searched = TextOptions::default().set_indexing_options(indexing);
        let texts = TextField::ALL.map(|field| builder.add_text_field(text_column(field), searched.clone()));
        let annotation_id = column::ANNOTATION_ID.map(|name| number(&mut builder, name));
        let annotation_text = builder.add_text_field(column::ANNOTATION_TEXT, name_options());
        let values = ValueField::ALL.map(|field| {
            let [name, value, text] = column::values(field);
            let columns = [
                builder.add_text_field(&name, name_options()),
                number(&mut builder, &value),
                builder.add_text_field(&text, name_options()),
            ];
            (field, columns)
        });
        let annotation_field_owner = number(&mut builder, column::ANNOTATION_FIELD_OWNER);
        Self {
            schema: builder.build(),
            row_key,
            risk,
            content,
            time_zone,
            id,
            times,
            keywords,
            numbers,
            texts,
            annotation_id,
            annotation_text,
            values,
            annotation_field_owner,
        }
    }

    /// The document of a row.
    pub(crate) fn document(&self, row: &CaptureRow) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(self.row_key, u64::from(row.row_key));
        if let Some(risk) = risk(row) {
            document.add_u64(self.risk, risk);
        }
        if let Some(content) = row.content {
            document.add_u64(self.content, content);
        }
        if let Some(zone) = &row.time_zone {
            document.add_text(self.time_zone, clipped(zone));
        }
        add_id(&mut document, self.id, row.capture_id.0);
        for (time, field) in self.times {
            let at = if time == TimeField::Captured { row.captured_at } else { row.received_at };
            document.add_u64(field, of_micros(at.0));
        }
        for &(keyword, field) in self.keywords.iter().filter(|(keyword, _)| keyword.level() == Level::Capture) {
            for name in keyword_values(row, keyword) {
                document.add_text(field, clipped(name));
            }
        }
        for (number, field) in &self.numbers {
            if let Some(key) = capture_number(row, *number).and_then(number_key) {
                document.add_u64(*field, key);
            }
        }
        self.add_texts(&mut document, row);
        for &(owner, columns) in &self.values {
            for value in named_values(row, owner) {
                self.add_value(&mut document, owner, columns, &value);
            }
        }
        for annotation in &row.annotations {
            self.add_annotation(&mut document, annotation);
        }
        document
    }

    fn add_texts(&self, document: &mut TantivyDocument, row: &CaptureRow) {
        let [path, note, caption] = self.texts;
        for text in &row.paths {
            document.add_text(path, text);
        }
        for text in &row.text {
            document.add_text(note, text);
        }
        for text in row.annotations.iter().filter_map(|annotation| annotation.text.as_deref()) {
            document.add_text(caption, text);
        }
    }

    fn add_value(
        &self,
        document: &mut TantivyDocument,
        owner: ValueField,
        columns: [Field; 3],
        value: &NamedValue<'_>,
    ) {
        let [name, number, text] = columns;
        document.add_text(name, value.name);
        document.add_u64(number, value.key);
        document.add_text(text, &value.text);
        if owner == ValueField::Annotation {
            document.add_u64(self.annotation_field_owner, value.owner as u64);
        }
    }

    fn add_annotation(&self, document: &mut TantivyDocument, annotation: &AnnotationRow) {
        add_id(document, self.annotation_id, annotation.annotation_id.0);
        for &(keyword, field) in self.keywords.iter().filter(|(keyword, _)| keyword.level() == Level::Annotation) {
            document.add_text(field, clipped(annotation_name(annotation, keyword).unwrap_or(MISSING)));
        }
        for &(number, field) in self.numbers.iter().filter(|(number, _)| number.level() == Level::Annotation) {
            document.add_u64(field, annotation_number(annotation, number).and_then(number_key).unwrap_or(0));
        }
        document.add_text(self.annotation_text, clipped(annotation.text.as_deref().unwrap_or(MISSING)));
    }
}

fn add_id(document: &mut TantivyDocument, [high, low]: [Field; 2], id: uuid::Uuid) {
    let (id_high, id_low) = id.as_u64_pair();
    document.add_u64(high, id_high);
    document.add_u64(low, id_low);
}

pub(crate) fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}
