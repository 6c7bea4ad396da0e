//! Field values from CSV and Parquet.

use std::{fs::File, path::PathBuf, sync::Arc};

use insta::assert_snapshot;
use muster_domain::field::{FieldType, FieldValue};
use muster_formats::values::{self, Subject, ValueError, ValueTable};
use parquet::{
    column::writer::ColumnWriter,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use tempfile::TempDir;

fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// The library knows `score`, a number on captures.
fn known(name: &str, on_annotation: bool) -> Option<FieldType> {
    (name == "score" && !on_annotation).then_some(FieldType::Number)
}

fn read(name: &str, bytes: &[u8]) -> Result<ValueTable, ValueError> {
    let (_folder, path) = file(name, bytes);
    values::read(&path, &known)
}

fn problems(table: &ValueTable) -> String {
    table.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn types_are_said_known_or_read_off_the_values() {
    let text = "capture_id,score,day,wet,weather,code:text\n\
        a,1e3,2026-11-20,yes,\"rain, heavy\",007\n\
        b,,2024-02-29,False,,12\n\n\
        c,0.1,,TRUE,2026,\n";
    let table = read("values.csv", text.as_bytes()).unwrap();
    assert_eq!(table.subject, Subject::CaptureId);
    assert_eq!(table.subjects, [(2, "a".to_owned()), (3, "b".to_owned()), (5, "c".to_owned())]);
    let types: Vec<(&str, FieldType)> =
        table.columns.iter().map(|column| (column.name.as_str(), column.field_type)).collect();
    let expected = [
        ("score", FieldType::Number),
        ("day", FieldType::Date),
        ("wet", FieldType::Boolean),
        ("weather", FieldType::Text),
        ("code", FieldType::Text),
    ];
    assert_eq!(types, expected);
    assert_eq!(table.columns[0].values, [(0, FieldValue::Number(1000.0)), (2, FieldValue::Number(0.1))]);
    assert_eq!(table.columns[3].values[0], (0, FieldValue::Text("rain, heavy".into())));
    assert_eq!(table.columns[4].values[0], (0, FieldValue::Text("007".into())));
    assert_eq!((table.problems.len(), table.problem_count), (0, 0));
}

#[test]
fn what_is_wrong_has_its_line_and_the_rest_counts() {
    let text = b"score;path;seen:boolean\n\
        1;a.jpg;yes\n\
        high;b.jpg;no\n\
        2;;no\n\
        3;c.jpg\n\
        4;\xff.jpg;no\n\
        5;d.jpg;maybe\n";
    let table = read("values.csv", text).unwrap();
    assert_eq!(table.subject, Subject::Path);
    assert_eq!(table.columns[0].values.len(), 2);
    assert_snapshot!(problems(&table), @r#"
    line 4: there is no path
    line 5: 2 cells where the header has 3
    line 6: this is not UTF-8
    line 3, score: "high" is not a number
    line 7, seen: "maybe" is not a boolean
    "#);
    let many = format!("capture_id,score\n{}", "x,y\n".repeat(5_000));
    let table = read("values.csv", many.as_bytes()).unwrap();
    assert_eq!((table.problems.len(), table.problem_count), (values::MAX_PROBLEMS, 5_000));
}

#[test]
fn a_file_that_makes_no_sense_is_refused_whole() {
    let refused = |name: &str, text: &str| {
        let (folder, path) = file(name, text.as_bytes());
        let error = values::read(&path, &known).unwrap_err().to_string();
        error.replace(&format!("{}/", folder.path().display()), "")
    };
    let all = [
        refused("a.csv", "x\n"),
        refused("b.csv", "name,score\nx,1\n"),
        refused("c.csv", "capture_id,path,score\nx,y,1\n"),
        refused("d.csv", "capture_id,score:text\nx,y\n"),
        refused("e.csv", "capture_id,size:big\nx,y\n"),
        refused("f.csv", "capture_id,a,a\nx,1,2\n"),
        refused("g.csv", "capture_id,\nx,1\n"),
        refused("h.json", "{}"),
        refused("i.parquet", "not parquet at all"),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    a.csv: one column must be called capture_id, path or annotation_id; the columns are: x
    b.csv: one column must be called capture_id, path or annotation_id; the columns are: name, score
    c.csv: one column must be called capture_id, path or annotation_id; the columns are: capture_id, path, score
    d.csv, column "score:text": the field exists already and holds a number
    e.csv, column "size:big": the type after the colon is number, text, boolean or date
    f.csv, column "a": there are two columns of this name
    g.csv, column "": a column of values needs a name
    h.json is neither CSV nor Parquet; name it *.csv, *.tsv or *.parquet
    i.parquet is damaged: Parquet error: Invalid Parquet file. Corrupt footer
    "#);
}

#[test]
fn spreadsheets_and_queries_write_it_their_way() {
    let table = read("values.csv", "\u{feff}capture_id\tfield.score\nx\t1\n".as_bytes()).unwrap();
    assert_eq!(table.columns[0].name, "score");
    let table = read("values.tsv", b"annotation_id\tannotation.score\nx\t1\n").unwrap();
    assert!(table.subject.on_annotation());
    assert_eq!((table.columns[0].name.as_str(), table.columns[0].field_type), ("score", FieldType::Number));
}

#[test]
fn parquet_keeps_its_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.parquet");
    let schema = "message values {
        required binary capture_id (UTF8); optional double score; required int32 day (DATE); required boolean wet;
        required float share; required binary note (UTF8);
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(File::create(&path).unwrap(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut texts = [vec!["a".into(), " ".into(), "c".into()], vec!["x".into(), "y".into(), "z".into()]].into_iter();
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(typed) => {
                typed.write_batch(&texts.next().unwrap(), None, None).unwrap();
            }
            ColumnWriter::DoubleColumnWriter(typed) => {
                typed.write_batch(&[0.1 + 0.2, f64::NAN], Some(&[1, 0, 1]), None).unwrap();
            }
            ColumnWriter::Int32ColumnWriter(typed) => {
                typed.write_batch(&[0, -1, 20_777], None, None).unwrap();
            }
            ColumnWriter::BoolColumnWriter(typed) => {
                typed.write_batch(&[true, false, true], None, None).unwrap();
            }
            ColumnWriter::FloatColumnWriter(typed) => {
                typed.write_batch(&[0.1, 0.2, 0.3], None, None).unwrap();
            }
            _ => unreachable!(),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();

    let table = values::read(&path, &known).unwrap();
    assert_eq!(table.subjects, [(1, "a".to_owned()), (3, "c".to_owned())]);
    assert_eq!(problems(&table), "line 2: there is no capture_id");
    let column = |name: &str| table.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(column("score").values, [(0, FieldValue::Number(0.1 + 0.2))], "NaN and null say nothing");
    assert_eq!(column("day").field_type, FieldType::Date);
    let day = |text: &str| FieldValue::Text(text.into());
    assert_eq!(column("day").values, [(0, day("1970-01-01")), (1, day("2026-11-20"))]);
    assert_eq!(column("wet").values[0], (0, FieldValue::Boolean(true)));
    assert_eq!(column("share").values[1], (1, FieldValue::Number(0.3)), "as it was written, not its nearest double");
}
