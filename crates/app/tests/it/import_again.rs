//! Importing again, taking it back, and folders that moved.

use std::{fs, path::Path};

use muster_app::{
    annotate,
    error::ErrorCode,
    import::{self, FileState, ImportMedia, ImportOnExisting, ImportRequest},
    job::{self, JobDto, JobState},
};

use crate::fixture::{World, picture};

async fn import_with(world: &World, path: &Path, on_existing: ImportOnExisting, skip_duplicates: bool) -> JobDto {
    let request = ImportRequest {
        path: path.to_str().unwrap().to_owned(),
        format: "auto".into(),
        media: ImportMedia::Copy,
        create_classes: true,
        on_existing,
        skip_duplicates,
    };
    let started = import::start_import(&world.app, request).await.unwrap();
    let ended = world.end_of(started).await;
    assert_eq!(ended.state, JobState::Done, "{ended:?}");
    ended
}

fn labels(folder: &Path, boxes: &[(u32, f64)]) {
    let objects: Vec<String> = boxes
        .iter()
        .map(|(id, x)| format!(r#"{{"id":{id},"image_id":1,"category_id":7,"bbox":[{x},2,10,8]}}"#))
        .collect();
    let text = format!(
        r#"{{"images":[{{"id":1,"file_name":"a.jpg"}}],"categories":[{{"id":7,"name":"bottle"}}],"annotations":[{}]}}"#,
        objects.join(",")
    );
    fs::write(folder.join("labels.json"), text).unwrap();
}

async fn left_edges(world: &World) -> Vec<f64> {
    let capture_id = world.items("path:a.jpg").await[0].capture_id.clone();
    let detail = muster_app::capture::capture(&world.app, capture_id).await.unwrap();
    let mut edges: Vec<f64> = detail
        .annotations
        .iter()
        .filter(|found| !found.deleted)
        .map(|found| found.bounds.as_ref().unwrap().x)
        .collect();
    edges.sort_by(f64::total_cmp);
    edges
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_taken_back_and_repeated_as_one_act() {
    let mut world = World::new().await;
    let folder = world.folder.path().join("set");
    picture(&folder.join("a.jpg"), 64, 48, 1);
    picture(&folder.join("b.jpg"), 64, 48, 2);
    labels(&folder, &[(1, 1.0), (2, 2.0)]);
    import_with(&world, &folder, ImportOnExisting::Merge, false).await;
    assert_eq!((world.found("").await, world.found("class:bottle").await), (2, 1));
    let undone = annotate::undo(&world.app, None).await.unwrap();
    assert_eq!(undone.title.as_deref(), Some("Import 2 captures from set"));
    assert_eq!((world.found("").await, world.found("class:bottle").await), (0, 0));
    // The classes that it made went with it.
    assert!(muster_app::project::project(&world.app).await.unwrap().classes.is_empty());
    world.restart().await;
    annotate::redo(&world.app, None).await.unwrap();
    assert_eq!((world.found("").await, world.found("class:bottle").await), (2, 1));
    assert_eq!(left_edges(&world).await, [1.0, 2.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_skipped_merged_or_replaced_and_decisions_stay() {
    for (on_existing, expected) in [
        (ImportOnExisting::Skip, vec![1.0, 1.5, 2.0]),
        (ImportOnExisting::Merge, vec![1.0, 1.5, 2.0, 4.0]),
        (ImportOnExisting::Replace, vec![1.5, 4.0, 10.0]),
    ] {
        let world = World::new().await;
        let folder = world.folder.path().join("set");
        picture(&folder.join("a.jpg"), 64, 48, 1);
        labels(&folder, &[(1, 1.0), (2, 2.0)]);
        import_with(&world, &folder, ImportOnExisting::Merge, false).await;
        let class_id = muster_app::project::project(&world.app).await.unwrap().classes[0].class_id.clone();
        let capture_id = world.items("").await[0].capture_id.clone();
        world.draw(&capture_id, &class_id).await;
        labels(&folder, &[(1, 10.0), (3, 4.0)]);
        for _ in 0..2 {
            import_with(&world, &folder, on_existing, false).await;
            assert_eq!(left_edges(&world).await, expected, "{on_existing:?}");
        }
        assert_eq!(world.found("").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_left_joined_or_takes_its_place() {
    for (on_existing, captures) in
        [(ImportOnExisting::Skip, 1), (ImportOnExisting::Merge, 2), (ImportOnExisting::Replace, 1)]
    {
        let world = World::new().await;
        let folder = world.folder.path().join("set");
        picture(&folder.join("a.jpg"), 64, 48, 1);
        import_with(&world, &folder, ImportOnExisting::Merge, false).await;
        let old = world.items("").await[0].capture_id.clone();
        picture(&folder.join("a.jpg"), 96, 48, 5);
        let preview = import::preview_import(&world.app, folder.to_str().unwrap().into(), "auto".into()).await.unwrap();
        assert_eq!((preview.images, preview.changed, preview.new, preview.matched), (1, 1, 0, 0), "{preview:?}");
        import_with(&world, &folder, on_existing, false).await;
        let now: Vec<String> = world.items("").await.into_iter().map(|item| item.capture_id).collect();
        assert_eq!(now.len(), captures, "{on_existing:?}");
        assert_eq!(now.contains(&old), on_existing != ImportOnExisting::Replace);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_bytes_are_counted_and_left_out_on_request() {
    let world = World::new().await;
    let photos = world.photos(2);
    fs::copy(photos.join("photo 0.jpg"), photos.join("twin.jpg")).unwrap();
    fs::copy(photos.join("photo 0.jpg"), photos.join("more/twin.jpg")).unwrap();
    let preview = import::preview_import(&world.app, photos.to_str().unwrap().into(), "auto".into()).await.unwrap();
    assert_eq!((preview.images, preview.new, preview.duplicate), (4, 4, 2), "{preview:?}");
    let job = import_with(&world, &photos, ImportOnExisting::Merge, true).await;
    assert_eq!(world.found("").await, 2);
    assert!(job.message.unwrap().contains("2 with the same bytes"));
    let job = import_with(&world, &photos, ImportOnExisting::Merge, false).await;
    assert_eq!(world.found("").await, 4, "{job:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_is_kept_and_goes_on() {
    let world = World::new().await;
    let folder = world.folder.path().join("many");
    for number in 0..200_u8 {
        picture(&folder.join(format!("{number}.jpg")), 320, 240, number);
    }
    let request = ImportRequest {
        path: folder.to_str().unwrap().to_owned(),
        format: "auto".into(),
        media: ImportMedia::Copy,
        create_classes: true,
        on_existing: ImportOnExisting::Merge,
        skip_duplicates: false,
    };
    let started = import::start_import(&world.app, request).await.unwrap();
    job::cancel_job(&world.app, started.job_id.clone()).await.unwrap();
    let ended = world.end_of(started).await;
    assert_eq!(ended.state, JobState::Cancelled, "{ended:?}");
    let kept = world.found("").await;
    import_with(&world, &folder, ImportOnExisting::Skip, false).await;
    assert_eq!(world.found("").await, 200, "{kept} were kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_moved_is_linked_again_and_changes_are_named() {
    let world = World::new().await;
    let photos = world.photos(4);
    let job = world.import(&photos, "auto", ImportMedia::Reference).await;
    assert_eq!(job.state, JobState::Done);
    let report = import::changed_files(&world.app, "photos".into()).await.unwrap();
    assert_eq!((report.unchanged, report.changed, report.missing, report.new), (4, 0, 0, 0));
    let moved = world.folder.path().join("elsewhere");
    fs::rename(&photos, &moved).unwrap();
    assert!(!import::import_roots(&world.app).await.unwrap()[0].exists);
    assert_eq!(import::changed_files(&world.app, "photos".into()).await.unwrap().missing, 4);
    let empty = world.folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let wrong = import::relink(&world.app, "photos".into(), empty.to_str().unwrap().into()).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::NotFound);
    let unknown = import::relink(&world.app, "nothing".into(), moved.to_str().unwrap().into()).await.unwrap_err();
    assert!(unknown.remedy.unwrap().contains("photos"));
    fs::remove_file(moved.join("photo 0.jpg")).unwrap();
    picture(&moved.join("photo 2.jpg"), 64, 48, 99);
    picture(&moved.join("another.jpg"), 64, 48, 98);
    // Only its time is another one.
    let bytes = fs::read(moved.join("more/photo 1.jpg")).unwrap();
    fs::write(moved.join("more/photo 1.jpg"), bytes).unwrap();
    let report = import::relink(&world.app, "photos".into(), moved.to_str().unwrap().into()).await.unwrap();
    assert_eq!((report.unchanged, report.changed, report.missing, report.new), (2, 1, 1, 1), "{report:?}");
    let states: Vec<(&str, FileState)> = report.files.iter().map(|file| (file.path.as_str(), file.state)).collect();
    assert_eq!(
        states,
        [("photo 0.jpg", FileState::Missing), ("photo 2.jpg", FileState::Changed), ("another.jpg", FileState::New)]
    );
    let shown = world.items("path:\"photo 1.jpg\"").await[0].capture_id.clone();
    muster_app::picture::picture(&world.app, &shown, "photo 1.jpg").await.unwrap();
}
