//! Embeddings by the real default model: similar captures, near duplicates, the map.

use std::path::{Path, PathBuf};

use muster_app::{
    embed::{self, EmbedRequest},
    error::ErrorCode,
    import::ImportMedia,
    job::{JobDto, JobState},
    map::{self, MapView},
    search,
    similar::{self, DedupeRequest, SimilarRequest},
};

use crate::fixture::{World, test_data};

/// Street photos `00.jpg` and so on; every fourth has a smaller copy of itself, `00-small.jpg`.
async fn world_with_photos(count: usize) -> Option<World> {
    let photos = test_data("embeddings")?.join("photos/street128/images");
    let world = World::new().await;
    if embed::embedding_state(&world.app).await.unwrap().model.is_none() {
        eprintln!("SKIPPED: embeddings: no embedding model is installed; run `make setup`");
        return None;
    }
    add_photos(&world, &photos, 0..count).await;
    Some(world)
}

async fn add_photos(world: &World, photos: &Path, which: std::ops::Range<usize>) {
    let folder = world.folder.path().join("street");
    std::fs::create_dir_all(&folder).unwrap();
    let mut names: Vec<PathBuf> = std::fs::read_dir(photos).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for (place, path) in names.iter().enumerate().skip(which.start).take(which.len()) {
        std::fs::copy(path, folder.join(format!("{place:02}.jpg"))).unwrap();
        if place % 4 == 0 {
            let picture = image::open(path).unwrap().into_rgb8();
            let (width, height) = (picture.width() * 2 / 3, picture.height() * 2 / 3);
            let small = image::imageops::resize(&picture, width, height, image::imageops::Triangle);
            small.save(folder.join(format!("{place:02}-small.jpg"))).unwrap();
        }
    }
    world.import(&folder, "images", ImportMedia::Copy).await;
}

async fn embedded(world: &World, request: EmbedRequest) -> Option<JobDto> {
    match embed::start_embed(&world.app, request).await {
        Err(error) if matches!(error.code, ErrorCode::ModelMissing | ErrorCode::RuntimeMissing) => {
            eprintln!("SKIPPED: embeddings: {}", error.message);
            None
        }
        started => Some(world.end_of(started.unwrap()).await),
    }
}

async fn id_of(world: &World, name: &str) -> String {
    world.items(&format!("path:\"{name}\"")).await[0].capture_id.clone()
}

async fn names_like(world: &World, request: SimilarRequest) -> Vec<String> {
    let found = similar::similar(&world.app, request).await.unwrap();
    found.into_iter().map(|capture| capture.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn similar_captures_are_found_and_nothing_is_embedded_twice() {
    let Some(world) = world_with_photos(12).await else { return };
    let request =
        SimilarRequest { capture: Some(id_of(&world, "00.jpg").await), limit: 3, ..SimilarRequest::default() };
    let early = similar::similar(&world.app, request.clone()).await.unwrap_err();
    assert!(early.remedy.is_some_and(|remedy| remedy.contains("muster embed")));
    let Some(first) = embedded(&world, EmbedRequest::default()).await else { return };
    assert_eq!((first.state, first.done, first.failed), (JobState::Done, 15, 0), "{first:?}");
    let state = embed::embedding_state(&world.app).await.unwrap();
    assert_eq!((state.total, state.embedded, state.regions, state.followed), (15, 15, 0, true), "{state:?}");
    let again = embedded(&world, EmbedRequest::default()).await.unwrap();
    assert_eq!(again.message.as_deref(), Some("0 vectors of 0 captures"), "{again:?}");

    assert_eq!(names_like(&world, request.clone()).await[..2], ["00.jpg", "00-small.jpg"]);
    let filtered = SimilarRequest { query: "path:small".into(), ..request.clone() };
    let names = names_like(&world, filtered).await;
    assert!(
        names.len() == 3 && names[0] == "00-small.jpg" && names.iter().all(|name| name.contains("small")),
        "{names:?}"
    );
    let file = world.folder.path().join("street/04-small.jpg");
    let by_file = SimilarRequest { capture: None, image: Some(file.to_str().unwrap().into()), ..request.clone() };
    assert_eq!(names_like(&world, by_file).await[..2], ["04-small.jpg", "04.jpg"]);
    let two = SimilarRequest { text: Some("red".into()), ..request.clone() };
    assert_eq!(similar::similar(&world.app, two).await.unwrap_err().code, ErrorCode::Invalid);
    let text = SimilarRequest { capture: None, text: Some("a red truck".into()), ..request };
    assert_eq!(similar::similar(&world.app, text).await.unwrap_err().code, ErrorCode::ModelMissing);

    // What arrives later is embedded by the next run alone.
    let photos = test_data("embeddings").unwrap().join("photos/street128/images");
    add_photos(&world, &photos, 12..16).await;
    let later = embedded(&world, EmbedRequest::default()).await.unwrap();
    assert_eq!(later.message.as_deref(), Some("5 vectors of 5 captures"), "{later:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_are_embedded_and_followed_when_they_move() {
    let Some(world) = world_with_photos(4).await else { return };
    let class = world.add_classes(&["thing"]).await.classes[0].class_id.clone();
    let capture_id = id_of(&world, "01.jpg").await;
    let annotation_id = world.draw(&capture_id, &class).await;
    let request = EmbedRequest { regions: true, ..EmbedRequest::default() };
    let Some(first) = embedded(&world, request.clone()).await else { return };
    assert_eq!(first.message.as_deref(), Some("6 vectors of 5 captures"), "{first:?}");
    assert_eq!(embed::embedding_state(&world.app).await.unwrap().regions, 1);
    let like =
        SimilarRequest { capture: Some(format!("annotation/{annotation_id}")), limit: 5, ..SimilarRequest::default() };
    assert_eq!(names_like(&world, like).await, ["01.jpg"]);
    world.draw(&id_of(&world, "02.jpg").await, &class).await;
    let second = embedded(&world, request).await.unwrap();
    assert_eq!(second.message.as_deref(), Some("1 vectors of 1 captures"), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn near_duplicates_are_found_as_clusters() {
    let Some(world) = world_with_photos(12).await else { return };
    let none = similar::duplicates(&world.app, 10).await.unwrap();
    assert_eq!((none.similarity, none.clusters), (None, 0));
    let request = DedupeRequest { query: String::new(), similarity: 0.9 };
    assert!(similar::start_dedupe(&world.app, request.clone()).await.unwrap_err().remedy.is_some());
    if embedded(&world, EmbedRequest::default()).await.is_none() {
        return;
    }
    let job = world.end_of(similar::start_dedupe(&world.app, request).await.unwrap()).await;
    assert_eq!(job.state, JobState::Done, "{job:?}");
    let report = similar::duplicates(&world.app, 10).await.unwrap();
    assert_eq!((report.clusters, report.captures), (3, 6), "{report:?}");
    let pair = [id_of(&world, "04.jpg").await, id_of(&world, "04-small.jpg").await];
    assert!(report.largest.iter().any(|cluster| pair.iter().all(|id| cluster.capture_ids.contains(id))), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_shows_every_capture_and_an_area_selects() {
    let Some(world) = world_with_photos(20).await else { return };
    let before = map::map_state(&world.app).await.unwrap();
    assert!(!before.ready && map::map_bounds(&world.app).await.unwrap().is_none());
    let job = match map::start_map(&world.app).await {
        Err(error) if matches!(error.code, ErrorCode::ModelMissing | ErrorCode::RuntimeMissing) => {
            return eprintln!("SKIPPED: the map: {}", error.message);
        }
        started => world.end_of(started.unwrap()).await,
    };
    assert_eq!(job.state, JobState::Done, "{job:?}");
    let state = map::map_state(&world.app).await.unwrap();
    assert_eq!((state.ready, state.points, state.stale), (true, 25, 0), "{state:?}");

    let small =
        search::search(&world.app, "path:small".into(), Some(search::SortSpec::earliest()), None).await.unwrap();
    let view = MapView { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0, columns: 8, rows: 8, colour_by: None };
    let bytes = map::map_view(&world.app, small.search_id, view.clone()).await.unwrap();
    let words: Vec<u32> = bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    assert_eq!((words[0], words[1], words.len()), (0, 25, 2 + 4 * 25));
    let mut hits: Vec<u32> = words[2..].chunks_exact(4).map(|point| point[2]).filter(|hit| *hit != u32::MAX).collect();
    hits.sort_unstable();
    assert_eq!(hits, [0, 1, 2, 3, 4]);

    let everything = vec![[-0.1, -0.1], [1.1, -0.1], [1.1, 1.1], [-0.1, 1.1]];
    let all = map::select_in_polygon(&world.app, small.search_id, everything).await.unwrap();
    assert_eq!((all.ranges, all.count), (vec![[0, 4]], 5));
    let first = &words[2..6];
    let (x, y) = (f64::from(f32::from_bits(first[0])), f64::from(f32::from_bits(first[1])));
    let around = vec![[x - 1e-4, y - 1e-4], [x + 1e-4, y - 1e-4], [x + 1e-4, y + 1e-4], [x - 1e-4, y + 1e-4]];
    let whole = search::search(&world.app, String::new(), Some(search::SortSpec::earliest()), None).await.unwrap();
    assert_eq!(map::select_in_polygon(&world.app, whole.search_id, around).await.unwrap().count, 1);
    let line = map::select_in_polygon(&world.app, whole.search_id, vec![[0.0, 0.0], [1.0, 1.0]]).await;
    assert_eq!(line.unwrap_err().code, ErrorCode::Invalid);
    let turned = MapView { left: 1.0, right: 0.0, ..view };
    assert_eq!(map::map_view(&world.app, whole.search_id, turned).await.unwrap_err().code, ErrorCode::Invalid);
}
