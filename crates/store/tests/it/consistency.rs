//! After every mutation the rows that an index would hold, kept up by the change sequence alone, are those of the
//! database, and counts over them are those of plain SQL.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::{Annotation, Decision},
    field::{FieldType, FieldValue, UserField},
    id::{AnnotationId, SubmissionId},
    origin::Origin,
    query::row::CaptureRow,
    submission::{Statement, Submission},
};
use muster_store::{
    Library,
    annotation::AnnotationFilter,
    model_run::{ModelOutput, ModelRun, RunStatus},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::common::{Bench, create, edit, operation_id, setting, synced};

/// What an index holds.
#[derive(Default)]
struct Mirror {
    rows: BTreeMap<u32, CaptureRow>,
    seq: u64,
}

impl Mirror {
    async fn catch_up(&mut self, library: &Library, bench: &Bench, limit: u32) {
        loop {
            let changes = library.changed_rows(bench.project, self.seq, limit).await.unwrap();
            for row in changes.rows {
                assert!(row.change_seq > self.seq && row.change_seq <= changes.max_seq);
                self.rows.insert(row.row_key, CaptureRow { change_seq: 0, ..row });
            }
            for key in changes.removed {
                self.rows.remove(&key);
            }
            self.seq = changes.max_seq;
            if !changes.more {
                assert_eq!(self.seq, library.change_seq().await.unwrap());
                return;
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Step {
    kind: u8,
    a: usize,
    b: usize,
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of mutation")]
async fn take(bench: &Bench, step: &Step, next: &mut u32) {
    let library = &bench.library;
    let capture = bench.captures[step.a % bench.captures.len()];
    let Some(row_key) = library.known(&[capture]).await.unwrap()[0].1 else { return };
    let filter = AnnotationFilter { layer: None, ..AnnotationFilter::main(bench.project) };
    let live = library.annotations(capture, &filter).await.unwrap();
    let chosen = live.get(step.b % live.len().max(1)).cloned();
    *next += 1;
    let number = u128::from(*next);
    match step.kind {
        0 => {
            let drawn = bench.drawn(number, step.a % bench.captures.len(), step.b as f64);
            library.apply(bench.act("Draw", vec![create(drawn)])).await.unwrap();
        }
        1 => {
            let place = step.a % bench.captures.len();
            let changes: Vec<_> =
                (0..step.b % 4).map(|i| create(bench.proposed(number * 10 + i as u128, place, 0.3))).collect();
            let status = match changes.len() {
                0 => RunStatus::Empty,
                count => RunStatus::Done { proposals: count as u32 },
            };
            let run = ModelRun {
                capture_id: capture,
                project_id: bench.project,
                setting: setting(),
                status,
                job_id: None,
                ran_at: library.now(),
            };
            let operation = (!changes.is_empty()).then(|| bench.machine(changes));
            library.record_runs(vec![ModelOutput { run, operation }]).await.unwrap();
        }
        2 | 3 => {
            let Some(chosen) = chosen else { return };
            let change = edit(&chosen, |annotation| {
                annotation.decision = if step.kind == 2 { Decision::Accepted } else { Decision::Rejected };
                annotation.class_id = Some(bench.classes[step.b % 2]);
                annotation.field_origins.class = Origin::Person { person_id: bench.person };
            });
            library.apply(bench.act("Decide", vec![change])).await.unwrap();
        }
        4 => {
            let Some(chosen) = chosen else { return };
            library.apply(bench.act("Delete", vec![edit(&chosen, |gone| gone.deleted = true)])).await.unwrap();
        }
        5 => {
            let tag = ["night", "rain"][step.b % 2];
            let operation = if step.b.is_multiple_of(3) {
                bench.tag(tag, &[], &[capture])
            } else {
                bench.tag(tag, &[capture], &[])
            };
            library.apply(operation).await.unwrap();
        }
        6 => {
            let value = (!step.b.is_multiple_of(3)).then_some(FieldValue::Number(step.b as f64 / 7.0));
            library.set_capture_field("score", &[(capture, value)]).await.unwrap();
        }
        7 => {
            let Some(chosen) = chosen else { return };
            let value = Some(FieldValue::Boolean(step.b.is_multiple_of(2)));
            library.set_annotation_field("checked", &[(chosen.annotation_id, value)]).await.unwrap();
        }
        8 => submit(bench, step, row_key).await,
        9 => {
            let mut schema = library.schema(bench.project).await.unwrap();
            schema.classes[step.b % 2].name = format!("class {next}");
            library.save_schema(operation_id(), bench.person, &schema, "Rename").await.unwrap();
        }
        10 => {
            let mut revised = synced((step.a % bench.captures.len()) as u32 + 1);
            revised.version = *next + 1;
            revised.capture.captured_at.0 += i64::from(*next);
            library.upsert_captures(bench.service, &[revised], None).await.unwrap();
        }
        11 => {
            // An act out of reach is refused, and that changes nothing either.
            let _ = library.undo(bench.project, bench.person).await;
        }
        12 => {
            let _ = library.redo(bench.project, bench.person).await;
        }
        13 => {
            library.forget_run(bench.project, bench.person, &setting(), Some(&[capture])).await.unwrap();
        }
        _ => {
            // Seldom: captures that are gone say nothing any more.
            if step.b.is_multiple_of(4) {
                library.erase(&[capture], "test").await.unwrap();
            }
        }
    }
}

async fn submit(bench: &Bench, step: &Step, row_key: u32) {
    let statement = match step.b % 4 {
        0 => Statement::Submitted,
        1 => Statement::VerifiedEmpty,
        2 => Statement::Skipped { reason: "blurred".into() },
        _ => Statement::Escalated { reason: "which class?".into() },
    };
    let submission = Submission {
        submission_id: SubmissionId(Uuid::new_v4()),
        project_id: bench.project,
        layer: "main".into(),
        capture_id: bench.library.captures(&[row_key]).await.unwrap()[0].capture.capture_id,
        person_id: bench.person,
        statement,
        schema_version: 2,
        classes_covered: bench.classes.clone(),
        submitted_at: bench.library.now(),
    };
    bench.library.submit(&submission).await.unwrap();
}

/// Questions with two answers: one over rows, one in SQL.
async fn compare_with_sql(bench: &Bench, rows: &BTreeMap<u32, CaptureRow>) {
    type OverRows = fn(&CaptureRow) -> usize;
    let questions: [(&'static str, OverRows); 9] = [
        ("SELECT count(*) FROM capture WHERE erased_at_micros IS NULL", |_| 1),
        (
            "SELECT count(*) FROM capture JOIN site ON site.row_key = capture.site_key
             WHERE site.name = 'depot-1' AND erased_at_micros IS NULL",
            |row| usize::from(row.site.as_deref() == Some("depot-1")),
        ),
        ("SELECT count(*) FROM annotation WHERE deleted = 0 AND decision = 1", |row| {
            row.annotations.iter().filter(|annotation| annotation.decision == Decision::Accepted).count()
        }),
        ("SELECT count(*) FROM annotation WHERE deleted = 0 AND decision = 0 AND confidence > 0.2", |row| {
            let proposal = |annotation: &&muster_domain::query::row::AnnotationRow| {
                annotation.decision == Decision::Undecided && annotation.confidence > Some(0.2)
            };
            row.annotations.iter().filter(proposal).count()
        }),
        (
            "SELECT count(*) FROM annotation WHERE deleted = 0 AND label_class_key IS NULL AND model_class = 'truck'",
            |row| row.annotations.iter().filter(|annotation| annotation.class == "truck").count(),
        ),
        ("SELECT count(*) FROM capture_tag JOIN tag ON tag.row_key = tag_key WHERE name = 'night'", |row| {
            row.tags.iter().filter(|tag| *tag == "night").count()
        }),
        ("SELECT count(*) FROM capture_field WHERE number > 0.5", |row| {
            row.user_fields.values().filter(|value| value.as_number() > Some(0.5)).count()
        }),
        (
            "SELECT count(*) FROM capture WHERE erased_at_micros IS NULL AND 'skipped' =
                 (SELECT statement FROM submission WHERE capture_key = capture.row_key ORDER BY row_key DESC LIMIT 1)",
            |row| usize::from(row.submission == "skipped"),
        ),
        ("SELECT count(*) FROM capture WHERE signals ->> '$.weight' > 1.0", |row| {
            usize::from(row.signals.get("weight").and_then(FieldValue::as_number) > Some(1.0))
        }),
    ];
    for (sql, over_rows) in questions {
        let counted: usize = rows.values().map(over_rows).sum();
        assert_eq!(bench.count(sql).await, counted as i64, "{sql}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn an_index_that_follows_the_sequence_misses_nothing(
        steps in proptest::collection::vec((0_u8..16, 0_usize..64, 0_usize..64), 1..60),
        limit in 1_u32..5,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::new(7).await;
            // A proposal out of the steps' reach keeps the classes in use, so that no undo takes them back.
            let anchor = Annotation { class_id: Some(bench.classes[0]), ..bench.proposed(1, 6, 0.1) };
            bench.library.apply(bench.machine(vec![create(anchor)])).await.unwrap();
            bench.captures.pop();
            for (name, field_type, on_annotation) in
                [("score", FieldType::Number, false), ("checked", FieldType::Boolean, true)]
            {
                bench.library.define_field(&UserField { name: name.into(), field_type, on_annotation }).await.unwrap();
            }
            let mut mirror = Mirror::default();
            let mut next = 100;
            for (i, (kind, a, b)) in steps.into_iter().enumerate() {
                take(&bench, &Step { kind, a, b }, &mut next).await;
                if i % 3 == 0 {
                    mirror.catch_up(&bench.library, &bench, limit).await;
                }
            }
            mirror.catch_up(&bench.library, &bench, limit).await;
            let keys = bench.library.row_keys(0, 1000).await.unwrap();
            let fresh = bench.library.rows(bench.project, &keys).await.unwrap();
            let fresh: BTreeMap<u32, CaptureRow> =
                fresh.into_iter().map(|row| (row.row_key, CaptureRow { change_seq: 0, ..row })).collect();
            assert_eq!(mirror.rows, fresh);
            compare_with_sql(&bench, &mirror.rows).await;
        });
    }
}

#[tokio::test]
async fn a_row_says_everything_by_name() {
    let bench = Bench::new(1).await;
    let library = &bench.library;
    library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    library.apply(bench.machine(vec![create(bench.proposed(2, 0, 0.25))])).await.unwrap();
    let mut caption = bench.proposed(3, 0, 0.5);
    caption.geometry = muster_domain::geometry::Geometry::Caption { text: "EXIT 12".into(), bounds: None };
    library.apply(bench.machine(vec![create(caption)])).await.unwrap();
    library.apply(bench.tag("night", &bench.captures, &[])).await.unwrap();
    let row = library.rows(bench.project, &[1]).await.unwrap().remove(0);
    assert_eq!(
        (row.site.as_deref(), row.device.as_deref(), row.trigger.as_deref()),
        (Some("depot-1"), Some("cart-1"), Some("motion")),
    );
    assert_eq!((row.streams, row.media, row.paths), (vec!["cam0".into()], vec!["image"], vec!["cam0.jpg".into()]));
    assert_eq!((row.width_px, row.height_px), (Some(640), Some(480)));
    assert_eq!(row.signals["door"], FieldValue::Boolean(false));
    assert_eq!((row.tags, row.submission), (vec!["night".to_owned()], "none"));
    let ids: Vec<_> = row.annotations.iter().map(|annotation| annotation.annotation_id).collect();
    assert_eq!(ids, [1, 2, 3].map(|number| AnnotationId(Uuid::from_u128(number))));
    let [drawn, proposed, caption] = row.annotations.as_slice() else { panic!("three") };
    assert_eq!((drawn.class.as_str(), drawn.origin, drawn.kind), ("person", "person", "box"));
    assert_eq!((drawn.width_px, drawn.height_px, drawn.layer.as_str()), (Some(30.2), Some(40.3), "main"));
    assert_eq!((proposed.class.as_str(), proposed.origin), ("truck", "model"));
    assert_eq!((proposed.model.as_deref(), proposed.confidence), (Some("ssd-mobilenet-coco"), Some(0.25)));
    assert_eq!((caption.kind, caption.text.as_deref()), ("caption", Some("EXIT 12")));
}
