//! Importing folders.

use std::{fs, time::Duration};

use muster_app::{
    error::ErrorCode,
    event::AppEvent,
    import::{self, ImportMedia},
    job::{self, JobState},
    picture,
};
use muster_domain::id::JobId;
use muster_store::{Library, job::NewJob};
use uuid::Uuid;

use crate::fixture::World;

#[tokio::test(flavor = "multi_thread")]
async fn importing_twice_changes_nothing() {
    let world = World::new().await;
    let photos = world.photos(5);
    let first = world.import(&photos, "auto", ImportMedia::Copy).await;
    assert_eq!((first.state, first.done, first.failed), (JobState::Done, 5, 0), "{first:?}");
    let before: Vec<String> = world.items("").await.into_iter().map(|item| item.capture_id).collect();
    assert_eq!(before.len(), 5);
    let preview = import::preview_import(&world.app, photos.to_str().unwrap().into(), "auto".into()).await.unwrap();
    assert_eq!((preview.images, preview.new, preview.matched), (5, 0, 5));
    let second = world.import(&photos, "images", ImportMedia::Copy).await;
    assert_eq!(second.message.as_deref(), Some("0 new captures, 5 were there already"));
    // A folder inside the root is part of the root, not another one.
    world.import(&photos.join("more"), "images", ImportMedia::Copy).await;
    let after: Vec<String> = world.items("").await.into_iter().map(|item| item.capture_id).collect();
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_listed_and_the_rest_comes_in() {
    let world = World::new().await;
    let photos = world.photos(3);
    let whole = fs::read(photos.join("photo 0.jpg")).unwrap();
    fs::write(photos.join("cut.jpg"), &whole[..40]).unwrap();
    fs::write(photos.join("notes.txt"), "not a picture").unwrap();
    let copy = photos.join("Zweite Kopie ☃.jpg");
    fs::write(&copy, &whole).unwrap();
    let job = world.import(&photos, "auto", ImportMedia::Copy).await;
    assert_eq!(job.state, JobState::Done, "{job:?}");
    assert_eq!(job.failures.iter().map(|failure| failure.subject.as_str()).collect::<Vec<_>>(), ["cut.jpg"]);
    // Equal bytes at two paths are two captures.
    assert_eq!(world.found("").await, 4);
    assert_eq!(world.found("path:Kopie").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn referenced_pictures_stay_where_they_are() {
    let world = World::new().await;
    let photos = world.photos(1);
    world.import(&photos, "auto", ImportMedia::Reference).await;
    let items = world.items("").await;
    let capture_id = &items[0].capture_id;
    let thumbnail = picture::thumbnail(&world.app, capture_id, 100).await.unwrap();
    assert!(thumbnail.bytes.starts_with(&[0xff, 0xd8]));
    let full = picture::picture(&world.app, capture_id, "photo 0.jpg").await.unwrap();
    assert_eq!(full.bytes, fs::read(photos.join("photo 0.jpg")).unwrap());
    fs::remove_dir_all(&photos).unwrap();
    let gone = picture::picture(&world.app, capture_id, "photo 0.jpg").await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::UnreadableFile);
    // The thumbnail was kept.
    assert_eq!(picture::thumbnail(&world.app, capture_id, 100).await.unwrap(), thumbnail);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_import_is_said() {
    let world = World::new().await;
    let empty = world.folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let job = world.import(&empty, "auto", ImportMedia::Copy).await;
    assert_eq!(job.state, JobState::Failed);
    assert!(job.message.unwrap().contains("no picture or video"));
    let nowhere = world.folder.path().join("nowhere").to_str().unwrap().to_owned();
    let error = import::preview_import(&world.app, nowhere, "auto".into()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnreadableFile);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_process_died_is_taken_over_and_the_window_hears_of_it() {
    let mut world = World::new().await;
    let photos = world.photos(3);
    let library = Library::open(&world.library()).await.unwrap();
    let job_id = JobId(Uuid::new_v4());
    let parameters = serde_json::json!({
        "work": "import", "path": photos, "format": "auto", "media": "copy", "createClasses": false,
        "onExisting": "merge", "skipDuplicates": false,
    });
    library.queue_job(&NewJob { job_id, kind: "import".into(), parameters }).await.unwrap();
    let claimed = library.claim_job_by_id(job_id, "a process that died", Duration::ZERO).await.unwrap();
    assert!(claimed.is_some());
    library.close().await;

    world.restart_as(true).await;
    let mut events = world.app.events();
    let ended = job::wait(&world.app, &job_id.to_string(), |_| {}).await.unwrap();
    assert_eq!((ended.state, ended.done), (JobState::Done, 3), "{ended:?}");
    assert_eq!(world.found("").await, 3);
    let mut new_captures = 0;
    while new_captures < 3 {
        if let AppEvent::LibraryChanged(changed) = events.recv().await.unwrap() {
            new_captures += changed.new_captures;
        }
    }
    world.app.close().await;
}
