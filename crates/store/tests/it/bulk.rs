//! Bulk acts: one step of undo each, exact inverses, and nothing that somebody changed in the meantime is overwritten.

use muster_domain::{
    annotation::{Annotation, Decision},
    field::{FieldType, FieldValue, UserField},
    id::{AnnotationId, OperationId},
    origin::Origin,
};
use muster_store::{
    StoreError,
    annotation::AnnotationFilter,
    mark::{Act, Marked, Verdict, Which},
};
use uuid::Uuid;

use crate::common::{Bench, capture_id, create, edit, operation_id};

fn act(bench: &Bench, title: &str) -> Act {
    Act { operation_id: operation_id(), project_id: bench.project, person_id: bench.person, title: title.into() }
}

async fn rows(bench: &Bench) -> Vec<u32> {
    bench.library.row_keys(0, 1_000).await.unwrap()
}

fn id(number: u128) -> AnnotationId {
    AnnotationId(Uuid::from_u128(number))
}

/// Two proposals a capture, of which one was drawn over by nobody.
async fn with_proposals(captures: u32) -> Bench {
    let bench = Bench::new(captures).await;
    let mut proposals = Vec::new();
    for capture in 0..captures as usize {
        let number = capture as u128 * 2 + 1;
        proposals.push(create(bench.proposed(number, capture, 0.25)));
        proposals.push(create(bench.proposed(number + 1, capture, 0.75)));
    }
    bench.library.apply(bench.machine(proposals)).await.unwrap();
    bench
}

/// Every annotation without its version.
async fn content(bench: &Bench) -> Vec<Annotation> {
    let filter = AnnotationFilter { with_deleted: true, ..AnnotationFilter::main(bench.project) };
    let all = bench.library.annotations_of(&rows(bench).await, &filter).await.unwrap();
    let all = all.into_iter().flat_map(|capture| capture.annotations);
    all.map(|annotation| Annotation { version: 0, ..annotation }).collect()
}

async fn decisions(bench: &Bench) -> (i64, i64, i64) {
    let undecided = bench.count("SELECT count(*) FROM v_annotation WHERE decision = 'undecided'").await;
    let accepted = bench.count("SELECT count(*) FROM v_annotation WHERE decision = 'accepted'").await;
    (undecided, accepted, bench.count("SELECT count(*) FROM v_annotation WHERE decision = 'rejected'").await)
}

#[tokio::test]
async fn accepting_what_a_selection_of_captures_holds_is_one_step_both_ways() {
    let bench = with_proposals(10).await;
    let library = &bench.library;
    let before = content(&bench).await;
    let keys = rows(&bench).await;
    let marked = library.decide(&act(&bench, "Accept 14"), Which::UndecidedOn(&keys[..7]), Verdict::Accept).await;
    let marked = marked.unwrap();
    assert_eq!((marked.changed, marked.passed_over), (14, 0));
    assert_eq!(decisions(&bench).await, (6, 14, 0));
    assert_eq!(bench.annotation(1).await.version, 2);
    let after = content(&bench).await;

    for _ in 0..3 {
        let undone = library.undo(bench.project, bench.person).await.unwrap().unwrap();
        assert_eq!((undone.title.as_str(), undone.applied.changed), ("Accept 14", 14));
        assert_eq!(undone.applied.captures.len(), 7);
        assert_eq!(content(&bench).await, before);
        let redone = library.redo(bench.project, bench.person).await.unwrap().unwrap();
        assert_eq!(redone.applied.changed, 14);
        assert_eq!(content(&bench).await, after);
    }
}

#[tokio::test]
async fn a_class_for_many_sets_who_gave_it_and_gives_back_who_did_before() {
    let mut bench = with_proposals(3).await;
    let other = edit(&bench.annotation(2).await, |annotation| {
        annotation.class_id = Some(bench.classes[1]);
        annotation.field_origins.class = Origin::Rule { rule: "schema_merge".into() };
    });
    bench.library.apply(bench.act("Give a class", vec![other])).await.unwrap();
    let before = content(&bench).await;
    let ids: Vec<AnnotationId> = (1..=6).map(id).chain([id(99)]).collect();
    let verdict = Verdict::Class(bench.classes[0]);
    let marked = bench.library.decide(&act(&bench, "Person"), Which::Annotations(&ids), verdict).await.unwrap();
    assert_eq!((marked.changed, marked.passed_over), (6, 1), "the seventh is nobody's");
    for number in 1..=6 {
        let annotation = bench.annotation(number).await;
        assert_eq!(annotation.class_id, Some(bench.classes[0]));
        assert_eq!(annotation.field_origins.class, Origin::Person { person_id: bench.person });
        assert!(matches!(annotation.origin, Origin::Model { .. }));
        assert_eq!(annotation.decision, Decision::Accepted);
        assert_eq!(annotation.schema_version, 2);
    }
    bench.reopen().await;
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(content(&bench).await, before);
    let unknown = Verdict::Class(muster_domain::id::ClassId(Uuid::nil()));
    let unknown = bench.library.decide(&act(&bench, "?"), Which::Annotations(&ids), unknown).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown { .. }), "{unknown:?}");
}

#[tokio::test]
async fn undo_leaves_alone_what_was_edited_since() {
    let bench = with_proposals(2).await;
    let library = &bench.library;
    let ids: Vec<AnnotationId> = (1..=4).map(id).collect();
    library.decide(&act(&bench, "Reject"), Which::Annotations(&ids), Verdict::Reject).await.unwrap();
    // A job of somebody else's hands: an edit that is not on this person's list.
    let other = muster_domain::id::PersonId(Uuid::from_u128(0xb0b));
    let person = muster_domain::schema::Person { person_id: other, name: "Bob".into() };
    library.add_person(&person).await.unwrap();
    let moved = edit(&bench.annotation(3).await, |annotation| annotation.decision = Decision::Accepted);
    let moved = muster_domain::operation::Operation {
        actor: muster_domain::operation::Actor::Person { person_id: other },
        ..bench.act("Accept after all", vec![moved])
    };
    library.apply(moved).await.unwrap();
    let undone = library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!((undone.applied.changed, undone.applied.passed_over), (3, 1));
    assert_eq!(decisions(&bench).await, (3, 1, 0));
    let redone = library.redo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!((redone.applied.changed, redone.applied.passed_over), (3, 0));
    assert_eq!(decisions(&bench).await, (0, 1, 3));

    // When nothing is left as the act left it, it is out of reach and blocks nothing below.
    for number in [1, 2, 4] {
        let change = edit(&bench.annotation(number).await, |annotation| annotation.decision = Decision::Accepted);
        let change = muster_domain::operation::Operation {
            actor: muster_domain::operation::Actor::Person { person_id: other },
            ..bench.act("Accept after all", vec![change])
        };
        library.apply(change).await.unwrap();
    }
    let stuck = library.undo(bench.project, bench.person).await.unwrap_err();
    assert!(matches!(stuck, StoreError::OutOfReach { .. }), "{stuck:?}");
    assert_ne!(library.undo_depth(bench.project, bench.person).await.unwrap().undo.as_deref(), Some("Reject"));
}

#[tokio::test]
async fn tags_by_row_key_and_on_annotations_take_back_what_they_did() {
    let bench = with_proposals(5).await;
    let library = &bench.library;
    let keys = rows(&bench).await;
    library.tag_rows(&act(&bench, "Tag night"), &keys[..2], "night", true).await.unwrap();
    let marked = library.tag_rows(&act(&bench, "Tag night"), &keys, "night", true).await.unwrap();
    assert_eq!((marked.changed, marked.passed_over), (3, 2));
    assert_eq!(bench.count("SELECT count(*) FROM v_capture_tag WHERE tag = 'night'").await, 5);
    library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(bench.count("SELECT count(*) FROM v_capture_tag WHERE tag = 'night'").await, 2);
    let nothing = library.tag_rows(&act(&bench, "Remove tag day"), &keys, "day", false).await.unwrap();
    assert_eq!(nothing, Marked { passed_over: 5, ..Marked::default() });

    let ids: Vec<AnnotationId> = (1..=4).map(id).collect();
    let seq = library.change_seq().await.unwrap();
    library.tag_annotations(&act(&bench, "Tag hard"), &ids[..1], "hard", true).await.unwrap();
    let marked = library.tag_annotations(&act(&bench, "Tag hard"), &ids, "hard", true).await.unwrap();
    assert_eq!((marked.changed, marked.passed_over), (3, 1));
    assert!(library.change_seq().await.unwrap() > seq);
    library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(library.annotation_tags(id(1)).await.unwrap(), ["hard"]);
    assert!(library.annotation_tags(id(2)).await.unwrap().is_empty());
    library.redo(bench.project, bench.person).await.unwrap().unwrap();
    library.tag_annotations(&act(&bench, "Remove tag hard"), &ids, "hard", false).await.unwrap();
    assert!(library.annotation_tags(id(1)).await.unwrap().is_empty());
    library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(bench.count("SELECT count(*) FROM v_annotation_tag").await, 4);
}

#[tokio::test]
async fn a_field_and_a_note_on_many_are_acts() {
    let mut bench = Bench::new(4).await;
    let keys = rows(&bench).await;
    let field = UserField { name: "score".into(), field_type: FieldType::Number, on_annotation: false };
    bench.library.define_field(&field).await.unwrap();
    let number = |number: f64| Some(FieldValue::Number(number));
    let each = vec![(capture_id(1).0, number(0.1 + 0.2)), (capture_id(2).0, number(-0.0)), (Uuid::nil(), number(1.0))];
    let marked =
        bench.library.set_fields(&act(&bench, "Set score"), false, vec![("score".into(), each)]).await.unwrap();
    assert_eq!((marked.changed, marked.passed_over), (2, 1));
    let seven = FieldValue::Number(7.0);
    let marked = bench.library.set_field_on_rows(&act(&bench, "Seven"), "score", &keys, Some(&seven)).await.unwrap();
    assert_eq!(marked.changed, 4);
    bench.library.set_field_on_rows(&act(&bench, "Clear"), "score", &keys[..1], None).await.unwrap();
    assert!(bench.library.capture_fields(capture_id(1)).await.unwrap().is_empty());
    bench.reopen().await;
    for _ in 0..2 {
        bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    }
    let fields = bench.library.capture_fields(capture_id(1)).await.unwrap();
    assert_eq!(fields["score"], FieldValue::Number(0.1 + 0.2), "to the last bit");
    assert!(bench.library.capture_fields(capture_id(3)).await.unwrap().is_empty());
    let text = FieldValue::Text("high".into());
    let wrong = bench.library.set_field_on_rows(&act(&bench, "?"), "score", &keys, Some(&text)).await.unwrap_err();
    assert!(matches!(wrong, StoreError::FieldType { .. }), "{wrong:?}");
    let bad = UserField { name: "not a name".into(), ..field };
    let bad = bench.library.define_field(&bad).await.unwrap_err();
    assert!(matches!(bad, StoreError::FieldName { .. }), "{bad:?}");

    let note = async |text| bench.library.set_note(&act(&bench, "Note"), &bench.captures[..2], text).await;
    note(Some("  blurred by rain ")).await.unwrap();
    note(Some("second thoughts")).await.unwrap();
    let row = bench.library.rows(bench.project, &keys[..1]).await.unwrap();
    assert_eq!(row[0].text, ["second thoughts"]);
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(bench.library.note(capture_id(2)).await.unwrap().unwrap().text, "blurred by rain");
    note(None).await.unwrap();
    assert_eq!(bench.library.note(capture_id(2)).await.unwrap(), None);
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    let titles: Vec<(String, bool)> = bench
        .library
        .acts_on(capture_id(1), 3)
        .await
        .unwrap()
        .into_iter()
        .map(|line| (line.title, line.undone))
        .collect();
    let expected = [("Note", true), ("Note", true), ("Note", false)];
    assert_eq!(titles, expected.map(|(title, undone)| (title.to_owned(), undone)));
    // What a note said goes with its capture, from the operations too.
    bench.library.erase(&[capture_id(1)], "test").await.unwrap();
    assert_eq!(bench.count("SELECT count(*) FROM operation WHERE diff LIKE '%second thoughts%'").await, 0);
    assert_eq!(bench.count("SELECT count(*) FROM capture_note").await, 1);
}

#[tokio::test]
async fn joined_parts_are_taken_back_and_repeated_together() {
    let bench = Bench::new(3).await;
    let library = &bench.library;
    let first = bench.act("Import labels", vec![create(bench.drawn(1, 0, 1.0))]);
    let first_id: OperationId = first.operation_id;
    library.apply(first).await.unwrap();
    for part in 2..=3 {
        let capture = part as usize - 1;
        let more = bench.act("Import labels, more", vec![create(bench.drawn(part, capture, 1.0))]);
        library.apply_joined(more, first_id).await.unwrap();
    }
    let own = bench.act("Draw", vec![create(bench.drawn(4, 0, 1.0))]);
    library.apply(own).await.unwrap();
    let shown = || bench.count("SELECT count(*) FROM v_annotation");
    assert_eq!(shown().await, 4);
    library.undo(bench.project, bench.person).await.unwrap().unwrap();
    let depth = library.undo_depth(bench.project, bench.person).await.unwrap();
    assert_eq!(depth.undo.as_deref(), Some("Import labels"));
    let undone = library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!((undone.title.as_str(), undone.applied.changed, shown().await), ("Import labels", 3, 0));
    let redone = library.redo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!((redone.title.as_str(), redone.applied.changed, shown().await), ("Import labels", 3, 3));
    assert_eq!(library.redo(bench.project, bench.person).await.unwrap().unwrap().title, "Draw");
    library.undo(bench.project, bench.person).await.unwrap().unwrap();

    // One part cannot go back: then none does, and the whole is out of reach.
    let other = muster_domain::id::PersonId(Uuid::from_u128(0xb0b));
    library.add_person(&muster_domain::schema::Person { person_id: other, name: "Bob".into() }).await.unwrap();
    let change = edit(&bench.annotation(1).await, |annotation| annotation.z = 7);
    let change = muster_domain::operation::Operation {
        actor: muster_domain::operation::Actor::Person { person_id: other },
        ..bench.act("Accept after all", vec![change])
    };
    library.apply(change).await.unwrap();
    let stuck = library.undo(bench.project, bench.person).await.unwrap_err();
    assert!(matches!(stuck, StoreError::OutOfReach { .. }), "{stuck:?}");
    assert_eq!(shown().await, 3);
    let depth = library.undo_depth(bench.project, bench.person).await.unwrap();
    assert_eq!(depth.undo.as_deref(), Some("Make classes"));
}

#[tokio::test]
async fn an_act_of_several_parts_is_one_step() {
    // Parts hold 100,000 each; what is tested here is their joining, at the smallest size that has two.
    let captures = 2_000;
    let bench = Bench::new(captures).await;
    let keys = rows_of(&bench).await;
    let many: Vec<u32> = keys.iter().copied().cycle().take(muster_store::mark::PART + keys.len()).collect();
    let marked = bench.library.tag_rows(&act(&bench, "Tag all"), &many, "all", true).await.unwrap();
    assert_eq!(marked.changed, captures);
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(bench.count("SELECT count(*) FROM capture_tag").await, 0);
}

async fn rows_of(bench: &Bench) -> Vec<u32> {
    bench.library.row_keys(0, 10_000).await.unwrap()
}

#[tokio::test]
async fn a_site_keeps_a_time_zone_and_its_captures_change_with_it() {
    let bench = Bench::new(4).await;
    let seq = bench.library.change_seq().await.unwrap();
    bench.library.set_time_zone("depot-1", Some("Europe/Berlin")).await.unwrap();
    let sites = bench.library.sites().await.unwrap();
    let zones: Vec<_> = sites.iter().map(|site| (site.name.as_str(), site.time_zone.as_deref())).collect();
    assert_eq!(zones, [("depot-0", None), ("depot-1", Some("Europe/Berlin"))]);
    let changed = bench.library.changed_rows(bench.project, seq, 10).await.unwrap();
    assert_eq!(changed.rows.len(), 2);
    assert!(bench.library.set_time_zone("nowhere", None).await.is_err());
}
