//! Pre-labelling with the real default model.

use muster_app::{
    annotate::{Decision, Edit, OriginKind},
    capture,
    error::ErrorCode,
    export::ExportMedia,
    import::ImportMedia,
    job::JobState,
    prelabel::{self, PrelabelRequest},
    project,
};

use crate::fixture::{World, test_data};

fn request(query: &str) -> PrelabelRequest {
    PrelabelRequest { model: "ssd-mobilenet-coco".into(), query: query.into(), capture_ids: None, min_confidence: 0.5 }
}

/// Street photos that the model knows something on.
async fn world_with_photos(count: usize) -> Option<World> {
    let photos = test_data("pre-labelling")?.join("photos/street128/images");
    let world = World::new().await;
    let folder = world.folder.path().join("street");
    std::fs::create_dir(&folder).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(photos).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names.into_iter().take(count) {
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    world.import(&folder, "images", ImportMedia::Copy).await;
    Some(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_wait_for_a_person_and_nothing_is_seen_twice() {
    let Some(world) = world_with_photos(12).await else { return };
    let first = match prelabel::start_prelabel(&world.app, request("")).await {
        Err(error) if matches!(error.code, ErrorCode::ModelMissing | ErrorCode::RuntimeMissing) => {
            eprintln!("SKIPPED: pre-labelling: {}", error.message);
            return;
        }
        started => world.end_of(started.unwrap()).await,
    };
    assert_eq!((first.state, first.done, first.failed), (JobState::Done, 12, 0), "{first:?}");
    let again = world.end_of(prelabel::start_prelabel(&world.app, request("")).await.unwrap()).await;
    assert_eq!((again.state, again.total), (JobState::Done, Some(0)), "{again:?}");
    assert_eq!(world.found("run:ssd-mobilenet-coco").await, 12);

    // Nothing answers to the model's names yet: they are counted, and follow when a class is made.
    let before = project::project(&world.app).await.unwrap();
    let person = before.unmapped.iter().find(|class| class.model_class == "person").unwrap();
    assert_eq!(person.model, "ssd-mobilenet-coco");
    let unmapped = person.count;
    let after = world.add_classes(&["Person"]).await;
    assert_eq!(after.classes[0].count, unmapped);
    assert!(after.unmapped.iter().all(|class| class.model_class != "person"));

    // A decision stays, whatever a model says later.
    let item = &world.items("class:Person decision:undecided").await[0];
    let detail = capture::capture(&world.app, item.capture_id.clone()).await.unwrap();
    assert_eq!(detail.model_runs.len(), 1);
    let proposal = detail.annotations.iter().find(|annotation| annotation.class_id.is_some()).unwrap();
    assert_eq!((proposal.origin, proposal.decision), (OriginKind::Model, Decision::Undecided));
    let reject = Edit::Update {
        annotation_id: proposal.annotation_id.clone(),
        base_version: proposal.version,
        bounds: None,
        class_id: None,
        decision: Some(Decision::Rejected),
    };
    world.edit(&item.capture_id, vec![reject]).await;
    let (export, out) = world.export("", true, ExportMedia::None).await;
    assert_eq!(export.state, JobState::Done);
    let exported = muster_formats::coco::read(&out.join("annotations.json")).unwrap();
    assert_eq!(exported.annotations.len() as u32, unmapped - 1);
    assert!(exported.annotations.iter().all(|object| object.score.is_some_and(|score| score >= 0.5)));

    // What a person accepted without giving it a class is missing in the file, which the job must say.
    let item = &world.items("decision:undecided -class:Person").await[0];
    let detail = capture::capture(&world.app, item.capture_id.clone()).await.unwrap();
    let classless = detail.annotations.iter().find(|annotation| annotation.class_id.is_none()).unwrap();
    let accept = Edit::Update {
        annotation_id: classless.annotation_id.clone(),
        base_version: classless.version,
        bounds: None,
        class_id: None,
        decision: Some(Decision::Accepted),
    };
    world.edit(&item.capture_id, vec![accept]).await;
    let (export, _) = world.export("", false, ExportMedia::None).await;
    let message = export.message.unwrap();
    assert!(
        message.contains("; left out: 1 accepted annotations without a class, 1 rejected annotations, "),
        "{message}"
    );
    assert!(export.failures[0].message.starts_with("1 accepted annotations without a class"), "{:?}", export.failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_goes_on_where_it_stopped() {
    let Some(mut world) = world_with_photos(8).await else { return };
    match prelabel::start_prelabel(&world.app, request("")).await {
        Err(error) if matches!(error.code, ErrorCode::ModelMissing | ErrorCode::RuntimeMissing) => {
            eprintln!("SKIPPED: pre-labelling: {}", error.message);
            return;
        }
        started => {
            let started = started.unwrap();
            muster_app::job::cancel_job(&world.app, started.job_id.clone()).await.unwrap();
            let ended = world.end_of(started).await;
            assert_eq!(ended.state, JobState::Cancelled, "{ended:?}");
        }
    }
    let seen = world.found("run:ssd-mobilenet-coco").await;
    world.restart().await;
    let rest = world.end_of(prelabel::start_prelabel(&world.app, request("")).await.unwrap()).await;
    assert_eq!(rest.total, Some(u64::from(8 - seen)), "{rest:?}");
    assert_eq!(world.found("run:ssd-mobilenet-coco").await, 8);
}
