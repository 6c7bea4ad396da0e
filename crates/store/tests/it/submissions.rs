//! Submissions and work time.

use muster_domain::{
    id::SubmissionId,
    submission::{Statement, Submission, WorkSpan},
    time::UtcMicros,
};
use uuid::Uuid;

use crate::common::Bench;

fn submission(bench: &Bench, number: u128, layer: &str, statement: Statement) -> Submission {
    Submission {
        submission_id: SubmissionId(Uuid::from_u128(number)),
        project_id: bench.project,
        layer: layer.into(),
        capture_id: bench.captures[0],
        person_id: bench.person,
        statement,
        schema_version: 2,
        classes_covered: bench.classes.clone(),
        submitted_at: UtcMicros(number as i64),
    }
}

#[tokio::test]
async fn statements_are_appended_and_the_latest_holds() {
    let mut bench = Bench::new(2).await;
    bench.library.add_layer(bench.project, "gold").await.unwrap();
    let statements = [
        submission(&bench, 1, "main", Statement::Skipped { reason: "blurred".into() }),
        submission(&bench, 2, "main", Statement::VerifiedEmpty),
        submission(&bench, 3, "gold", Statement::Escalated { reason: "which?".into() }),
    ];
    for statement in &statements {
        let seq = bench.library.submit(statement).await.unwrap();
        assert_eq!(bench.library.submit(statement).await.unwrap(), seq, "twice is once");
    }
    bench.reopen().await;
    let stored = bench.library.submissions(bench.project, bench.captures[0]).await.unwrap();
    assert_eq!(stored, statements);
    let latest = bench.library.latest_submissions(bench.project, "main", &[2, 1]).await.unwrap();
    assert_eq!(latest, [statements[1].clone()]);
    let rows = bench.library.rows(bench.project, &[1, 2]).await.unwrap();
    assert_eq!((rows[0].submission, rows[1].submission), ("verified_empty", "none"));
    assert_eq!(bench.library.captures_page(bench.project, &[1]).await.unwrap()[0].submission, "verified_empty");
    let mut connection = bench.connect().await;
    for sql in ["UPDATE submission SET statement = 'submitted', reason = NULL", "DELETE FROM submission"] {
        assert!(sqlx::query(sql).execute(&mut connection).await.is_err(), "{sql}");
    }
    let unknown_layer = submission(&bench, 4, "silver", Statement::Submitted);
    assert!(bench.library.submit(&unknown_layer).await.is_err());
}

#[tokio::test]
async fn work_time_is_raw() {
    let bench = Bench::new(1).await;
    let span = |started: i64, ended: i64| WorkSpan {
        person_id: bench.person,
        project_id: bench.project,
        capture_id: bench.captures[0],
        started_at: UtcMicros(started),
        ended_at: UtcMicros(ended),
        input_events: 12,
        proposals_shown: 3,
    };
    for span in [span(10, 20), span(20, 35)] {
        bench.library.add_work_span(&span).await.unwrap();
    }
    assert_eq!(bench.library.work_spans(bench.project, UtcMicros(0)).await.unwrap(), [span(10, 20), span(20, 35)]);
    assert_eq!(bench.library.work_spans(bench.project, UtcMicros(20)).await.unwrap(), [span(20, 35)]);
    // A clock that was set back in between leaves a span of no length.
    bench.library.add_work_span(&span(50, 40)).await.unwrap();
    assert_eq!(bench.library.work_spans(bench.project, UtcMicros(35)).await.unwrap(), [span(50, 50)]);
}
