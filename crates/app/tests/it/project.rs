//! Project, settings and where the person left off.

use muster_app::{
    error::ErrorCode,
    project::{self, SaveClassesRequest},
    settings::{self, Theme},
    start::{self, UiState},
};

use crate::fixture::World;

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_state_come_back() {
    let mut world = World::new().await;
    let mut changed = settings::settings(&world.app).await.unwrap();
    changed.person_name = "Grace".into();
    changed.theme = Theme::Light;
    changed.keys.insert("annotate.accept".into(), "Shift+A".into());
    settings::save_settings(&world.app, changed.clone()).await.unwrap();
    let state = UiState { last_query: "class:person".into(), last_view: Some("annotate".into()), ..UiState::default() };
    start::save_ui_state(&world.app, state.clone()).await.unwrap();
    world.restart().await;
    assert_eq!(settings::settings(&world.app).await.unwrap(), changed);
    let restored = start::start_state(&world.app).await.unwrap();
    assert_eq!(restored.restore, state);
    assert_eq!(restored.person.unwrap().name, "Grace");
    assert_eq!(restored.recent.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_follow_their_version_and_their_rules() {
    let world = World::new().await;
    let first = world.add_classes(&["person"]).await;
    let stale = SaveClassesRequest { base_version: first.schema_version - 1, classes: Vec::new() };
    assert_eq!(project::save_classes(&world.app, stale).await.unwrap_err().code, ErrorCode::Conflict);
    let second = world.add_classes(&["car"]).await;
    assert_eq!(second.classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>(), ["person", "car"]);
    assert_eq!(second.classes[0].class_id, first.classes[0].class_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_library_everything_says_so() {
    let world = World::new().await;
    world.app.close().await;
    assert_eq!(settings::settings(&world.app).await.unwrap_err().code, ErrorCode::NoLibrary);
    let empty = world.folder.path().join("empty");
    assert_eq!(muster_app::open::open(&world.app, &empty, false).await.unwrap_err().code, ErrorCode::NotALibrary);
    assert!(start::start_state(&world.app).await.unwrap().library.is_none());
}
