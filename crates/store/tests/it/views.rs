//! The views that other programs read: what they say, and that Python reads them while the library is written.

use std::{path::Path, process::Command};

use muster_domain::field::{FieldType, FieldValue, UserField};
use muster_store::mark::{Act, Verdict, Which};

use crate::common::{Bench, capture_id, create, operation_id};

/// A row of `v_signal`: its name, number, text and truth.
type Signal = (String, Option<f64>, Option<String>, Option<bool>);

const VIEWS: [&str; 16] = [
    "v_annotation",
    "v_annotation_field",
    "v_annotation_tag",
    "v_asset",
    "v_capture",
    "v_capture_field",
    "v_capture_tag",
    "v_class",
    "v_model_run",
    "v_operation",
    "v_pick",
    "v_pick_capture",
    "v_signal",
    "v_site",
    "v_slice",
    "v_submission",
];

#[tokio::test]
async fn every_view_is_there_answers_and_is_documented() {
    let bench = Bench::new(2).await;
    let mut connection = bench.connect().await;
    let found: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let ours: Vec<&String> = found.iter().filter(|name| VIEWS.contains(&name.as_str())).collect();
    assert_eq!(ours.len(), VIEWS.len(), "{found:?}");
    let documented = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sql.md")).unwrap();
    for view in &found {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
            .bind(view)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert!(documented.contains(&format!("## {view}")), "docs/sql.md does not tell of {view}");
        let section = documented.split(&format!("## {view}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for column in columns {
            assert!(section.contains(&format!("`{column}`")), "docs/sql.md: {view} has a column {column}");
        }
    }
}

#[tokio::test]
async fn views_say_what_rows_say() {
    let bench = Bench::new(3).await;
    let library = &bench.library;
    library
        .apply(bench.machine(vec![create(bench.proposed(1, 0, 0.25)), create(bench.proposed(2, 1, 0.5))]))
        .await
        .unwrap();
    library.apply(bench.act("Draw", vec![create(bench.drawn(3, 0, 1.0))])).await.unwrap();
    library.apply(bench.tag("night", &bench.captures[..2], &[])).await.unwrap();
    let act =
        Act { operation_id: operation_id(), project_id: bench.project, person_id: bench.person, title: "Note".into() };
    library.set_note(&act, &[capture_id(1)], Some("blurred")).await.unwrap();
    library.set_time_zone("depot-1", Some("Europe/Berlin")).await.unwrap();

    let mut connection = bench.connect().await;
    let row: (String, String, String, String, String, String, i64, i64, String, i64) = sqlx::query_as(
        "SELECT capture_id, site, time_zone, tags, note, submission, annotations, undecided, captured_at, width_px
         FROM v_capture ORDER BY capture_key LIMIT 1",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let expected = (
        capture_id(1).to_string(),
        "depot-1".to_owned(),
        "Europe/Berlin".to_owned(),
        "[\"night\"]".to_owned(),
        "blurred".to_owned(),
        "none".to_owned(),
        2,
        1,
        "2026-09-21T14:13:21.000Z".to_owned(),
        640,
    );
    assert_eq!(row, expected);
    let classes: Vec<(String, String, Option<f64>, String)> =
        sqlx::query_as("SELECT class, decision, confidence, capture_id FROM v_annotation ORDER BY annotation_id")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let of = |class: &str, decision: &str, confidence, capture| {
        (class.to_owned(), decision.to_owned(), confidence, capture_id(capture).to_string())
    };
    let expected = [
        of("truck", "undecided", Some(0.25), 1),
        of("truck", "undecided", Some(0.5), 2),
        of("person", "accepted", None, 1),
    ];
    assert_eq!(classes, expected);
    let signals: Vec<Signal> =
        sqlx::query_as("SELECT name, number, text, boolean FROM v_signal WHERE capture_key = 1 ORDER BY name")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let expected = [
        ("door".to_owned(), None, None, Some(false)),
        ("shift".to_owned(), None, Some("late".to_owned()), None),
        ("weight".to_owned(), Some(1.0 / 3.0), None, None),
    ];
    assert_eq!(signals, expected);
}

/// Runs the committed example again and again while the library is written, as a notebook beside the window does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_python_example_reads_while_the_library_is_written() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/examples/read_library.py");
    let Ok(version) = Command::new("python3").arg("--version").output() else {
        println!("SKIPPED: the Python example, there is no python3");
        return;
    };
    assert!(version.status.success());
    let bench = Bench::new(50).await;
    let field = UserField { name: "weather".into(), field_type: FieldType::Text, on_annotation: false };
    bench.library.define_field(&field).await.unwrap();
    let proposals = (1..=50).map(|number| create(bench.proposed(number, number as usize - 1, 0.5))).collect();
    bench.library.apply(bench.machine(proposals)).await.unwrap();
    let keys = bench.library.row_keys(0, 100).await.unwrap();
    let rain = FieldValue::Text("rain".into());
    let act = |title: &str| Act {
        operation_id: operation_id(),
        project_id: bench.project,
        person_id: bench.person,
        title: title.into(),
    };
    bench.library.set_field_on_rows(&act("Weather"), "weather", &keys[..20], Some(&rain)).await.unwrap();
    let folder = bench.folder.path().to_owned();
    let reader = tokio::task::spawn_blocking(move || {
        (0..5).map(|_| Command::new("python3").arg(&script).arg(&folder).output().unwrap()).collect::<Vec<_>>()
    });
    let mut writes = 0;
    while !reader.is_finished() {
        bench.library.tag_rows(&act("Tag"), &keys, "night", writes % 2 == 0).await.unwrap();
        bench.library.decide(&act("Accept"), Which::UndecidedOn(&keys), Verdict::Accept).await.unwrap();
        bench.library.undo(bench.project, bench.person).await.unwrap();
        writes += 1;
    }
    assert!(writes > 5, "the library was written meanwhile: {writes}");
    for output in reader.await.unwrap() {
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("50 captures") && said.contains("weather=rain: 20"), "{said}");
    }
}
