//! Selections, bulk acts, slices, picks, user fields and notes, as a window and a command line use them.

use muster_app::{
    annotate,
    error::ErrorCode,
    fields::{self, UserFieldType, UserFieldValue},
    import::ImportMedia,
    marks::{self, AnnotationAct, Decided, Selection},
    search::{self, SortSpec},
    sites, slices,
};

use crate::fixture::World;

/// Six pictures, searched in the order of their ids.
async fn six() -> (World, u32) {
    let world = World::new().await;
    let photos = world.photos(6);
    world.import(&photos, "images", ImportMedia::Copy).await;
    let search_id = all(&world).await;
    (world, search_id)
}

async fn all(world: &World) -> u32 {
    search::search(&world.app, String::new(), Some(SortSpec::earliest()), None).await.unwrap().search_id
}

fn hits(search_id: u32, ranges: &[(u32, u32)], except: &[u32]) -> Selection {
    Selection::Hits { search_id, ranges: ranges.to_vec(), except: except.to_vec() }
}

#[tokio::test]
async fn a_selection_of_places_is_tagged_and_taken_back_in_one_step() {
    let (world, search_id) = six().await;
    let selection = hits(search_id, &[(0, 3), (5, 900)], &[1]);
    let tagged = marks::tag_selection(&world.app, selection.clone(), " night ".into(), true).await.unwrap();
    assert_eq!((tagged.changed, world.found("tag:night").await), (4, 4));
    let undone = annotate::undo(&world.app, None).await.unwrap();
    assert_eq!((undone.title.as_deref(), world.found("tag:night").await), (Some("Tag night"), 0));
    annotate::redo(&world.app, None).await.unwrap();
    assert_eq!(world.found("tag:night").await, 4);
    marks::tag_selection(&world.app, selection, "night".into(), false).await.unwrap();
    assert_eq!(world.found("tag:night").await, 0);

    let gone = marks::tag_selection(&world.app, hits(9_999, &[(0, 1)], &[]), "x".into(), true).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
    let nameless = marks::tag_selection(&world.app, hits(search_id, &[(0, 1)], &[]), "  ".into(), true).await;
    assert_eq!(nameless.unwrap_err().code, ErrorCode::Invalid);
}

#[tokio::test]
async fn annotations_found_are_classified_rejected_and_tagged_together() {
    let (world, _) = six().await;
    let project = world.add_classes(&["person", "car"]).await;
    let (person, car) = (project.classes[0].class_id.clone(), project.classes[1].class_id.clone());
    let items = world.items("").await;
    for item in &items[..4] {
        world.draw(&item.capture_id, &person).await;
        world.draw(&item.capture_id, &car).await;
    }
    let found = search::search_annotations(&world.app, "class:person".into(), None).await.unwrap();
    assert_eq!(found.total, 4);
    let three = hits(found.search_id, &[(0, 2)], &[]);
    let act = AnnotationAct::Class { class: car.clone() };
    let done = marks::act_on_annotations(&world.app, three.clone(), act).await.unwrap();
    assert_eq!((done.changed, done.skipped), (3, 0));
    assert_eq!((world.found("class:person").await, world.found("count(car):2").await), (1, 3));
    let reject = AnnotationAct::Decide(Decided::Reject);
    let done = marks::act_on_annotations(&world.app, three.clone(), reject.clone()).await.unwrap();
    assert_eq!((done.changed, world.found("class:car decision:rejected").await), (3, 3));
    let again = marks::act_on_annotations(&world.app, three.clone(), reject.clone()).await.unwrap();
    assert_eq!((again.changed, again.skipped, again.operation_id), (0, 3, None));
    annotate::undo(&world.app, None).await.unwrap();
    annotate::undo(&world.app, None).await.unwrap();
    assert_eq!((world.found("class:person").await, world.found("decision:rejected").await), (4, 0));

    let tag = AnnotationAct::Tag { tag: "hard".into(), present: true };
    assert_eq!(marks::act_on_annotations(&world.app, three, tag.clone()).await.unwrap().changed, 3);
    let captures = hits(all(&world).await, &[(0, 5)], &[]);
    let wrong = marks::act_on_annotations(&world.app, captures.clone(), tag).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Invalid);
    // Of captures, a decision is about what nobody decided on: drawing was accepting.
    assert_eq!(marks::act_on_annotations(&world.app, captures, reject).await.unwrap().changed, 0);
}

#[tokio::test]
async fn slices_count_live_and_picks_stay_as_they_were() {
    let (world, search_id) = six().await;
    let slice = slices::save_slice(&world.app, "night".into(), "tag:night".into()).await.unwrap();
    assert_eq!(slice.count, 0);
    marks::tag_selection(&world.app, hits(search_id, &[(1, 2)], &[]), "night".into(), true).await.unwrap();
    assert_eq!(slices::slices(&world.app).await.unwrap()[0].count, 2);
    let renamed = slices::rename_slice(&world.app, slice.slice_id.clone(), "at night".into()).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.count), ("at night", 2));
    let replaced = slices::save_slice(&world.app, "at night".into(), "-tag:night".into()).await.unwrap();
    assert_eq!((replaced.slice_id, replaced.count), (slice.slice_id.clone(), 4));
    let wrong = slices::save_slice(&world.app, "wrong".into(), "tag:(".into()).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Query);

    let found = search::search(&world.app, "tag:night".into(), Some(SortSpec::earliest()), None).await.unwrap();
    let selection = Selection::everything(found.search_id, found.total);
    let pick = slices::save_pick(&world.app, "first round".into(), selection.clone(), Some(7.0)).await.unwrap();
    assert_eq!((pick.count, pick.query.as_str()), (2, "tag:night"));
    let taken = slices::save_pick(&world.app, "first round".into(), selection, None).await.unwrap_err();
    assert_eq!(taken.code, ErrorCode::Invalid);
    annotate::undo(&world.app, None).await.unwrap();
    assert_eq!((world.found("tag:night").await, world.found("pick:\"first round\"").await), (0, 2));
    slices::delete_pick(&world.app, pick.pick_id).await.unwrap();
    slices::delete_slice(&world.app, slice.slice_id).await.unwrap();
    assert!(slices::picks(&world.app).await.unwrap().is_empty());
    assert!(slices::slices(&world.app).await.unwrap().is_empty());
}

#[tokio::test]
async fn fields_are_set_by_hand_and_from_a_file() {
    let (world, search_id) = six().await;
    fields::define_field(&world.app, "score".into(), UserFieldType::Number, false).await.unwrap();
    let typed = Some(UserFieldValue::Text("7.5".into()));
    let set = fields::set_field(&world.app, hits(search_id, &[(0, 1)], &[]), "score".into(), typed).await.unwrap();
    assert_eq!((set.changed, world.found("field.score:>7").await), (2, 2));
    let wrong = Some(UserFieldValue::Text("high".into()));
    let wrong = fields::set_field(&world.app, hits(search_id, &[(0, 1)], &[]), "score".into(), wrong).await;
    assert_eq!(wrong.unwrap_err().code, ErrorCode::Invalid);
    let unknown = fields::set_field(&world.app, hits(search_id, &[(0, 1)], &[]), "size".into(), None).await;
    assert_eq!(unknown.unwrap_err().code, ErrorCode::NotFound);

    let file = world.folder.path().join("values.csv");
    let text =
        "path,score,weather\nphoto 0.jpg,1,rain\nmore/photo 1.jpg,2,sun\nphoto 99.jpg,3,sun\nphoto 2.jpg,x,rain\n";
    std::fs::write(&file, text).unwrap();
    let import = fields::import_fields(&world.app, file.to_str().unwrap().into()).await.unwrap();
    assert_eq!((import.rows, import.changed, import.problem_count), (4, 5, 2));
    let told: Vec<&str> = import.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(told, ["line 4: there is no capture \"photo 99.jpg\"", "line 5, score: \"x\" is not a number"]);
    assert_eq!((world.found("field.weather:rain").await, world.found("field.score:1").await), (2, 1));
    let items = world.items("field.weather:sun").await;
    let detail = muster_app::capture::capture(&world.app, items[0].capture_id.clone()).await.unwrap();
    let values: Vec<(&str, &str)> =
        detail.fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
    assert_eq!(values, [("score", "2"), ("weather", "sun")]);
    let undone = annotate::undo(&world.app, None).await.unwrap();
    assert_eq!(undone.title.as_deref(), Some("Set fields from values.csv"));
    assert_eq!((world.found("field.weather:rain").await, world.found("field.score:>7").await), (0, 2));
    fields::remove_field(&world.app, "score".into(), false).await.unwrap();
    assert_eq!(world.found("field.score:>7").await, 0);
}

#[tokio::test]
async fn notes_are_found_and_stand_in_the_history_of_their_capture() {
    let (world, _) = six().await;
    let capture_id = world.items("").await[2].capture_id.clone();
    marks::set_note(&world.app, capture_id.clone(), "Blurred by rain".into()).await.unwrap();
    assert_eq!((world.found("note:blurred").await, world.found("has:note").await), (1, 1));
    let detail = muster_app::capture::capture(&world.app, capture_id.clone()).await.unwrap();
    assert_eq!(detail.note.as_deref(), Some("Blurred by rain"));
    annotate::undo(&world.app, Some(capture_id.clone())).await.unwrap();
    assert_eq!(world.found("note:blurred").await, 0);
    let acts = annotate::recent_acts(&world.app, capture_id, 10).await.unwrap();
    assert_eq!(acts.iter().map(|act| (act.title.as_str(), act.undone)).next(), Some(("Write note", true)));
}

#[tokio::test]
async fn a_time_zone_must_be_one() {
    let world = World::new().await;
    let wrong = sites::set_time_zone(&world.app, "depot".into(), Some("Europe/Atlantis".into())).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Invalid);
    let unknown = sites::set_time_zone(&world.app, "depot".into(), Some("Europe/Berlin".into())).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
    assert!(sites::sites(&world.app).await.unwrap().is_empty());
}
