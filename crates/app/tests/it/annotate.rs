//! A person's acts.

use muster_app::{
    annotate::{self, BoxDto, Decision, Edit, EditRequest, OriginKind, StatementKind, SubmitRequest, WorkDto},
    capture,
    error::ErrorCode,
    import::ImportMedia,
};
use uuid::Uuid;

use crate::fixture::World;

fn bounds(x: f64) -> BoxDto {
    BoxDto { x, y: 2.0, width: 10.0, height: 8.0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_are_taken_back_and_repeated_after_a_restart() {
    let mut world = World::new().await;
    world.import(&world.photos(1), "auto", ImportMedia::Copy).await;
    let class_id = world.add_classes(&["person"]).await.classes[0].class_id.clone();
    let capture_id = world.items("").await[0].capture_id.clone();
    let annotation_id = world.draw(&capture_id, &class_id).await;
    let moved = Edit::Update {
        annotation_id: annotation_id.clone(),
        base_version: 1,
        bounds: Some(bounds(20.5)),
        class_id: None,
        decision: None,
    };
    let result = world.edit(&capture_id, vec![moved]).await;
    assert_eq!(result.annotations[0].bounds, Some(bounds(20.5)));
    let deleted = world
        .edit(&capture_id, vec![Edit::Delete { annotation_id, base_version: result.annotations[0].version }])
        .await;
    assert!(deleted.annotations[0].deleted);
    assert_eq!(world.found("class:person").await, 0);

    world.restart().await;
    let some = || Some(capture_id.clone());
    let back = annotate::undo(&world.app, some()).await.unwrap();
    assert!(!back.annotations[0].deleted && back.can_undo && back.can_redo, "{back:?}");
    let further = annotate::undo(&world.app, some()).await.unwrap();
    assert_eq!(further.annotations[0].bounds.map(|bounds| bounds.x.to_bits()), Some(1.5_f64.to_bits()));
    assert_eq!(world.found("class:person").await, 1);
    let first = annotate::undo(&world.app, some()).await.unwrap();
    assert!(!first.can_undo, "{first:?}");
    assert_eq!(world.found("class:person").await, 0);
    world.restart().await;
    annotate::redo(&world.app, some()).await.unwrap();
    let again = annotate::redo(&world.app, some()).await.unwrap();
    assert_eq!(again.annotations[0].bounds, Some(bounds(20.5)));
    let detail = capture::capture(&world.app, capture_id.clone()).await.unwrap();
    assert_eq!(detail.annotations.len(), 1);
    assert_eq!(detail.annotations[0].origin, OriginKind::Person);
    assert_eq!(detail.annotations[0].geometry_by, "Ada");
    let acts = annotate::recent_acts(&world.app, capture_id, 10).await.unwrap();
    assert_eq!(acts.len(), 3, "{acts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_a_gesture_twice_changes_nothing_and_an_old_base_is_a_conflict() {
    let world = World::new().await;
    world.import(&world.photos(1), "auto", ImportMedia::Copy).await;
    let class_id = world.add_classes(&["person"]).await.classes[0].class_id.clone();
    let capture_id = world.items("").await[0].capture_id.clone();
    let request = EditRequest {
        operation_id: Uuid::new_v4().to_string(),
        capture_id: capture_id.clone(),
        title: "Draw".into(),
        edits: vec![Edit::Create {
            annotation_id: Uuid::new_v4().to_string(),
            asset: "photo 0.jpg".into(),
            bounds: bounds(3.0),
            class_id: class_id.clone(),
        }],
    };
    let once = annotate::apply_edits(&world.app, request.clone()).await.unwrap();
    let twice = annotate::apply_edits(&world.app, request).await.unwrap();
    assert_eq!(once.annotations, twice.annotations);
    let annotation_id = once.annotations[0].annotation_id.clone();
    let update = |base_version| Edit::Update {
        annotation_id: annotation_id.clone(),
        base_version,
        bounds: None,
        class_id: None,
        decision: Some(Decision::Rejected),
    };
    assert_eq!(world.edit(&capture_id, vec![update(1)]).await.annotations[0].decision, Decision::Rejected);
    let stale = EditRequest {
        operation_id: Uuid::new_v4().to_string(),
        capture_id: capture_id.clone(),
        title: "Stale".into(),
        edits: vec![update(1)],
    };
    assert_eq!(annotate::apply_edits(&world.app, stale).await.unwrap_err().code, ErrorCode::Conflict);
    let hostile = |edit| EditRequest {
        operation_id: Uuid::new_v4().to_string(),
        capture_id: capture_id.clone(),
        title: "Hostile".into(),
        edits: vec![edit],
    };
    for (asset, width, class) in
        [("../x", 4.0, &class_id), ("photo 0.jpg", -4.0, &class_id), ("photo 0.jpg", 4.0, &capture_id)]
    {
        let edit = Edit::Create {
            annotation_id: Uuid::new_v4().to_string(),
            asset: asset.into(),
            bounds: BoxDto { width, ..bounds(1.0) },
            class_id: class.clone(),
        };
        let error = annotate::apply_edits(&world.app, hostile(edit)).await.unwrap_err();
        assert!(matches!(error.code, ErrorCode::Invalid | ErrorCode::NotFound), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_facts_of_their_own() {
    let world = World::new().await;
    world.import(&world.photos(2), "auto", ImportMedia::Copy).await;
    let class_id = world.add_classes(&["person"]).await.classes[0].class_id.clone();
    let items = world.items("").await;
    let request = |capture_id: &str, statement, reason: Option<&str>| SubmitRequest {
        capture_id: capture_id.into(),
        statement,
        reason: reason.map(str::to_owned),
        work: WorkDto { started_at_micros: 1, ended_at_micros: 9, input_events: 3, proposals_shown: 0 },
    };
    let (first, second) = (&items[0].capture_id, &items[1].capture_id);
    let empty = annotate::submit(&world.app, request(first, StatementKind::VerifiedEmpty, None)).await.unwrap();
    assert_eq!(empty.person, "Ada");
    assert_eq!((world.found("submission:verified_empty").await, world.found("submission:none").await), (1, 1));
    world.draw(second, &class_id).await;
    let wrong = annotate::submit(&world.app, request(second, StatementKind::VerifiedEmpty, None)).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Conflict);
    let silent = annotate::submit(&world.app, request(second, StatementKind::Skipped, Some(" "))).await.unwrap_err();
    assert_eq!(silent.code, ErrorCode::Invalid);
    annotate::submit(&world.app, request(second, StatementKind::Skipped, Some("blurred"))).await.unwrap();
    assert_eq!(world.found("submission:none").await, 0);
    let detail = capture::capture(&world.app, second.clone()).await.unwrap();
    assert_eq!(detail.submission.unwrap().reason.as_deref(), Some("blurred"));
}
