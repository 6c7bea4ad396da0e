//! Grid, facets and the library's tables agree after every kind of edit.

use std::collections::BTreeMap;

use muster_app::{
    annotate::{self, Decision, Edit, StatementKind, SubmitRequest, WorkDto},
    import::ImportMedia,
    marks::{self, Selection},
    project,
    search::{self, SortSpec},
};
use muster_store::{Library, annotation::AnnotationFilter};

use crate::fixture::World;

fn risk() -> SortSpec {
    SortSpec { by: "risk".into(), descending: false }
}

/// Counts captures by class and by decision, straight from the library's tables by another handle.
async fn tables(world: &World) -> BTreeMap<(String, String), u32> {
    let library = Library::open(&world.library()).await.unwrap();
    let project_id = library.projects().await.unwrap()[0].project_id;
    let schema = library.schema(project_id).await.unwrap();
    let keys = library.row_keys(0, 1_000).await.unwrap();
    let mut counts = BTreeMap::new();
    for capture in library.annotations_of(&keys, &AnnotationFilter::main(project_id)).await.unwrap() {
        let mut values: Vec<(String, String)> = Vec::new();
        for annotation in capture.annotations {
            let class = annotation.class_id.and_then(|class_id| schema.class(class_id)).map(|class| class.name.clone());
            values.push(("class".into(), class.or(annotation.model_class).unwrap()));
            values.push(("decision".into(), annotation.decision.name().into()));
        }
        values.sort();
        values.dedup();
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    library.close().await;
    counts
}

async fn check(world: &World, after: &str) {
    let result = search::search(&world.app, String::new(), Some(risk()), None).await.unwrap();
    let facets = search::facets(&world.app, result.search_id).await.unwrap();
    let counted: BTreeMap<(String, String), u32> = facets
        .iter()
        .filter(|facet| ["class", "decision"].contains(&facet.field.as_str()))
        .flat_map(|facet| facet.values.iter().map(|value| ((facet.field.clone(), value.value.clone()), value.count)))
        .collect();
    assert_eq!(counted, tables(world).await, "facets after {after}");
    for ((field, value), count) in counted {
        assert_eq!(world.found(&format!("{field}:\"{value}\"")).await, count, "search after {after}");
    }
    let layout = search::grid_layout(&world.app, result.search_id).await.unwrap();
    assert_eq!(layout.len() as u32, 2 * result.total);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_in_use_outlives_those_that_nobody_asks_for() {
    let world = World::new().await;
    world.import(&world.photos(2), "auto", ImportMedia::Copy).await;
    let search = async || search::search(&world.app, String::new(), Some(risk()), None).await.unwrap().search_id;
    let (in_use, idle) = (search().await, search().await);
    for _ in 0..20 {
        search().await;
        assert_eq!(search::grid_page(&world.app, in_use, 0, 9).await.unwrap().len(), 2);
    }
    assert!(search::grid_page(&world.app, idle, 0, 9).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_agree_after_every_kind_of_edit() {
    let world = World::new().await;
    world.import(&world.photos(6), "auto", ImportMedia::Copy).await;
    check(&world, "the import").await;
    let classes = world.add_classes(&["person", "traffic light"]).await.classes;
    let items = world.items("").await;
    assert_eq!(items.len(), 6);
    let mut drawn = Vec::new();
    for (place, item) in items.iter().enumerate().take(4) {
        drawn.push((item.capture_id.clone(), world.draw(&item.capture_id, &classes[place % 2].class_id).await));
        check(&world, "a drawing").await;
    }
    let update = |place: usize, class_id: Option<String>, decision| Edit::Update {
        annotation_id: drawn[place].1.clone(),
        base_version: 1,
        bounds: None,
        class_id,
        decision,
    };
    world.edit(&drawn[0].0, vec![update(0, Some(classes[1].class_id.clone()), None)]).await;
    check(&world, "a change of class").await;
    world.edit(&drawn[1].0, vec![update(1, None, Some(Decision::Rejected))]).await;
    check(&world, "a rejection").await;
    let delete = Edit::Delete { annotation_id: drawn[2].1.clone(), base_version: 1 };
    world.edit(&drawn[2].0, vec![delete]).await;
    check(&world, "a deletion").await;
    annotate::undo(&world.app, None).await.unwrap();
    check(&world, "an undo").await;
    let ids: Vec<String> = items.iter().map(|item| item.capture_id.clone()).collect();
    let three = Selection::Captures { capture_ids: ids[..3].to_vec() };
    marks::tag_selection(&world.app, three, "night".into(), true).await.unwrap();
    assert_eq!(world.found("tag:night").await, 3);
    annotate::undo(&world.app, None).await.unwrap();
    assert_eq!(world.found("tag:night").await, 0);
    let request = SubmitRequest {
        capture_id: ids[5].clone(),
        statement: StatementKind::VerifiedEmpty,
        reason: None,
        work: WorkDto { started_at_micros: 0, ended_at_micros: 1, input_events: 1, proposals_shown: 0 },
    };
    annotate::submit(&world.app, request).await.unwrap();
    check(&world, "a statement").await;
    let present = project::project(&world.app).await.unwrap();
    assert_eq!(present.classes.iter().map(|class| class.count).sum::<u32>(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_a_picture_of_its_moment() {
    let world = World::new().await;
    let photos = world.photos(3);
    world.import(&photos, "auto", ImportMedia::Copy).await;
    let before = search::search(&world.app, String::new(), None, None).await.unwrap();
    crate::fixture::picture(&photos.join("later.jpg"), 30, 60, 99);
    world.import(&photos, "auto", ImportMedia::Copy).await;
    assert_eq!(search::new_matches(&world.app, before.search_id).await.unwrap(), 1);
    let page = search::grid_page(&world.app, before.search_id, 1, 500).await.unwrap();
    assert_eq!(page.iter().map(|item| item.index).collect::<Vec<_>>(), [1, 2]);
    let place = search::index_of(&world.app, before.search_id, page[1].capture_id.clone()).await.unwrap();
    assert_eq!(place, Some(2));
    let picked = search::resolve_selection(&world.app, before.search_id, vec![2, 1, 77]).await.unwrap();
    assert_eq!(picked, [page[1].capture_id.clone(), page[0].capture_id.clone()]);
    let wrong = search::search(&world.app, "class:".into(), Some(risk()), None).await.unwrap_err();
    assert!(wrong.position.is_some(), "{wrong:?}");
    let completions = search::complete_query(&world.app, "ha".into(), 2).await.unwrap();
    assert!(completions.iter().any(|completion| completion.insert == "has:"), "{completions:?}");
}
