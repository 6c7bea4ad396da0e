//! undo(do(x)) = x, over random acts with restarts in between, and the edges of it.

use std::collections::{BTreeMap, BTreeSet};

use muster_domain::{
    annotation::{Annotation, Decision},
    geometry::{BoundingBox, Geometry},
    id::{CaptureId, PersonId},
    schema::Person,
};
use muster_store::{StoreError, annotation::AnnotationFilter};
use proptest::prelude::*;
use uuid::Uuid;

use crate::common::{Bench, class, create, edit, operation_id, with_classes};

const CAPTURES: usize = 3;

/// What a person can see: the annotations without their versions, the tags, the classes.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    annotations: BTreeMap<Uuid, Annotation>,
    tags: BTreeSet<(CaptureId, String)>,
    classes: Vec<String>,
}

async fn see(bench: &Bench) -> Seen {
    let keys: Vec<u32> = (1..=CAPTURES as u32).collect();
    let filter = AnnotationFilter::main(bench.project);
    let annotations = bench.library.annotations_of(&keys, &filter).await.unwrap();
    let annotations = annotations.into_iter().flat_map(|of| of.annotations);
    let captures = bench.library.captures(&keys).await.unwrap();
    let tags =
        captures.iter().flat_map(|stored| stored.tags.iter().map(|tag| (stored.capture.capture_id, tag.clone())));
    let schema = bench.library.schema(bench.project).await.unwrap();
    Seen {
        annotations: annotations
            .map(|annotation| (annotation.annotation_id.0, Annotation { version: 0, ..annotation }))
            .collect(),
        tags: tags.collect(),
        classes: schema.classes.iter().map(|class| class.name.clone()).collect(),
    }
}

#[derive(Debug, Clone)]
enum Step {
    Draw { capture: usize, x: f64, count: usize },
    Move { which: usize, x: f64 },
    Decide { which: usize, accept: bool },
    Delete { which: usize },
    All { z: i32 },
    Tag { tag: usize, on: Vec<usize>, off: Vec<usize> },
    Class { name: u32 },
    Undo,
    Redo,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let captures = || proptest::collection::vec(0..CAPTURES, 0..=CAPTURES);
    prop_oneof![
        4 => (0..CAPTURES, -1e6..1e6, 1_usize..4).prop_map(|(capture, x, count)| Step::Draw { capture, x, count }),
        3 => (0_usize..9, -1e6..1e6).prop_map(|(which, x)| Step::Move { which, x }),
        2 => (0_usize..9, any::<bool>()).prop_map(|(which, accept)| Step::Decide { which, accept }),
        2 => (0_usize..9).prop_map(|which| Step::Delete { which }),
        1 => (-5..5).prop_map(|z| Step::All { z }),
        2 => (0_usize..2, captures(), captures()).prop_map(|(tag, on, off)| Step::Tag { tag, on, off }),
        1 => (0_u32..1000).prop_map(|name| Step::Class { name }),
        6 => Just(Step::Undo),
        4 => Just(Step::Redo),
        1 => Just(Step::Restart),
    ]
}

/// States that the person went through, and where they stand: what undo and redo must bring back.
struct History {
    states: Vec<Seen>,
    place: usize,
    next_id: u128,
}

async fn take(bench: &mut Bench, history: &mut History, step: Step) {
    let library = bench.library.clone();
    match &step {
        Step::Undo => {
            let undone = library.undo(bench.project, bench.person).await.unwrap();
            // The act of making the classes is older than the first state.
            if history.place > 0 {
                assert!(undone.is_some());
                history.place -= 1;
            } else if undone.is_some() {
                library.redo(bench.project, bench.person).await.unwrap().unwrap();
            }
            return;
        }
        Step::Redo => {
            let redone = library.redo(bench.project, bench.person).await.unwrap();
            assert_eq!(redone.is_some(), history.place + 1 < history.states.len());
            history.place += usize::from(redone.is_some());
            return;
        }
        Step::Restart => return bench.reopen().await,
        _ => {}
    }
    let before = see(bench).await;
    let Some(operation) = operation(bench, history, step, &before).await else { return };
    library.apply(operation).await.unwrap();
    let after = see(bench).await;
    // An act that changed nothing is nothing to take back.
    if after != before {
        history.states.truncate(history.place + 1);
        history.states.push(after);
        history.place += 1;
    }
}

async fn operation(
    bench: &Bench,
    history: &mut History,
    step: Step,
    before: &Seen,
) -> Option<muster_domain::operation::Operation> {
    let mut live = Vec::new();
    for id in before.annotations.keys() {
        live.push(bench.annotation(id.as_u128()).await);
    }
    let chosen = |which: usize| (!live.is_empty()).then(|| live[which % live.len()].clone());
    let changes = match step {
        Step::Draw { capture, x, count } => {
            let first = history.next_id;
            history.next_id += count as u128;
            (first..history.next_id).map(|number| create(bench.drawn(number, capture, x))).collect()
        }
        Step::Move { which, x } => vec![edit(&chosen(which)?, |annotation| {
            annotation.geometry = Geometry::Box(BoundingBox { x, y: x / 3.0, width: 0.1, height: 0.2 });
        })],
        Step::Decide { which, accept } => vec![edit(&chosen(which)?, |annotation| {
            annotation.decision = if accept { Decision::Accepted } else { Decision::Rejected };
        })],
        Step::Delete { which } => vec![edit(&chosen(which)?, |annotation| annotation.deleted = true)],
        Step::All { z } => live.iter().map(|annotation| edit(annotation, |annotation| annotation.z = z)).collect(),
        Step::Tag { tag, on, off } => {
            let ids = |places: Vec<usize>| places.into_iter().map(|place| bench.captures[place]).collect::<Vec<_>>();
            let on = ids(on);
            let off: Vec<_> = ids(off).into_iter().filter(|id| !on.contains(id)).collect();
            return Some(bench.tag(["night", "rain"][tag], &on, &off));
        }
        Step::Class { name } => {
            let schema = bench.library.schema(bench.project).await.unwrap();
            let mut classes = schema.classes.clone();
            classes[0].name = format!("name {name}");
            let operation = muster_domain::operation::Diff::Schema {
                before: Box::new(schema.clone()),
                after: Box::new(with_classes(&schema, classes.clone())),
            };
            if classes == schema.classes {
                return None;
            }
            return Some(muster_domain::operation::Operation { diff: operation, ..bench.act("Rename", Vec::new()) });
        }
        Step::Undo | Step::Redo | Step::Restart => unreachable!("these are no acts"),
    };
    Some(bench.act("Act", changes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn undo_brings_back_what_was(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::new(CAPTURES as u32).await;
            let first = see(&bench).await;
            let mut history = History { states: vec![first], place: 0, next_id: 1 };
            for step in steps {
                take(&mut bench, &mut history, step).await;
                assert_eq!(see(&bench).await, history.states[history.place]);
            }
            // To the beginning, through a restart, and to the end again.
            for place in (0..history.place).rev() {
                bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
                assert_eq!(see(&bench).await, history.states[place]);
            }
            bench.reopen().await;
            for state in &history.states[1..] {
                bench.library.redo(bench.project, bench.person).await.unwrap().unwrap();
                assert_eq!(&see(&bench).await, state);
            }
            assert!(bench.library.redo(bench.project, bench.person).await.unwrap().is_none());
        });
    }
}

#[tokio::test]
async fn people_take_back_their_own_acts_alone() {
    let bench = Bench::new(1).await;
    let bo = PersonId(Uuid::from_u128(0xb0));
    bench.library.add_person(&Person { person_id: bo, name: "Bo".into() }).await.unwrap();
    bench.library.apply(bench.act("Draw by Ada", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let moved = edit(&bench.annotation(1).await, |annotation| annotation.z = 4);
    let mut by_bo = bench.act("Raise by Bo", vec![moved]);
    by_bo.actor = muster_domain::operation::Actor::Person { person_id: bo };
    bench.library.apply(by_bo).await.unwrap();

    let stuck = bench.library.undo(bench.project, bench.person).await.unwrap_err();
    assert!(matches!(&stuck, StoreError::OutOfReach { title, .. } if title == "Draw by Ada"), "{stuck:?}");
    assert_eq!(bench.annotation(1).await.z, 4, "what Bo did stays");
    let undone = bench.library.undo(bench.project, bo).await.unwrap().unwrap();
    assert_eq!(undone.title, "Raise by Bo");
    assert!(bench.library.undo(bench.project, bo).await.unwrap().is_none());
    let depth = bench.library.undo_depth(bench.project, bench.person).await.unwrap();
    assert_eq!(depth.undo.as_deref(), Some("Make classes"), "the act out of reach blocks nothing");
    let lines = bench.library.recent_operations(Some(bench.project), None, 10).await.unwrap();
    assert_eq!(lines[0].title, "Undo Raise by Bo");
    assert_eq!(lines[0].undoes, Some(lines[1].operation_id));
    assert!(lines[1].undone && !lines[2].undone);
}

#[tokio::test]
async fn an_act_on_one_capture_is_taken_back_whatever_came_after_elsewhere() {
    let bench = Bench::new(2).await;
    let (library, project, person) = (&bench.library, bench.project, bench.person);
    let [here, there] = [bench.captures[0], bench.captures[1]];
    library.apply(bench.act("Draw here", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    library.apply(bench.act("Draw there", vec![create(bench.drawn(2, 1, 1.0))])).await.unwrap();
    library.apply(bench.tag("night", &[here, there], &[])).await.unwrap();

    let undone = library.undo_on(project, person, here).await.unwrap().unwrap();
    assert_eq!((undone.title.as_str(), undone.applied.captures), ("Draw here", vec![here]));
    assert!(bench.annotation(1).await.deleted && !bench.annotation(2).await.deleted);
    assert!(library.undo_on(project, person, here).await.unwrap().is_none());
    assert!(library.redo_on(project, person, there).await.unwrap().is_none());
    let redone = library.redo_on(project, person, here).await.unwrap().unwrap();
    assert_eq!(redone.title, "Draw here");
    assert!(!bench.annotation(1).await.deleted);
}

#[tokio::test]
async fn an_act_on_several_captures_is_not_taken_back_from_one_of_them() {
    let bench = Bench::new(2).await;
    let (library, project, person) = (&bench.library, bench.project, bench.person);
    let here = bench.captures[0];
    library.apply(bench.act("Draw here", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let both = vec![create(bench.drawn(2, 0, 1.0)), create(bench.drawn(3, 1, 1.0))];
    library.apply(bench.act("Import labels", both)).await.unwrap();

    let depth = library.undo_depth_on(project, person, here).await.unwrap();
    assert_eq!((depth.undo.as_deref(), depth.redo), (Some("Draw here"), None));
    assert_eq!(library.undo_on(project, person, here).await.unwrap().unwrap().title, "Draw here");
    assert!(library.undo_on(project, person, here).await.unwrap().is_none());
    assert!(!bench.annotation(2).await.deleted && !bench.annotation(3).await.deleted);

    assert_eq!(library.redo_on(project, person, here).await.unwrap().unwrap().title, "Draw here");
    assert_eq!(library.undo(project, person).await.unwrap().unwrap().title, "Import labels");
    assert!(library.redo_on(project, person, here).await.unwrap().is_none());
    let depth = library.undo_depth_on(project, person, here).await.unwrap();
    assert_eq!((depth.undo.as_deref(), depth.redo), (Some("Draw here"), None));
    assert_eq!(library.redo(project, person).await.unwrap().unwrap().title, "Import labels");
}

#[tokio::test]
async fn what_is_taken_back_stays_so_in_the_list_when_it_can_no_longer_be_repeated() {
    let bench = Bench::new(1).await;
    let undone_titles = async || {
        let lines = bench.library.recent_operations(Some(bench.project), None, 20).await.unwrap();
        lines.into_iter().filter(|line| line.undone).map(|line| line.title).collect::<Vec<_>>()
    };
    bench.library.apply(bench.act("One", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(undone_titles().await, ["One"]);
    bench.library.redo(bench.project, bench.person).await.unwrap().unwrap();
    assert!(undone_titles().await.is_empty());
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    bench.library.apply(bench.act("Two", vec![create(bench.drawn(2, 0, 1.0))])).await.unwrap();
    assert_eq!(undone_titles().await, ["One"]);
}

#[tokio::test]
async fn a_new_act_ends_what_can_be_repeated() {
    let bench = Bench::new(1).await;
    bench.library.apply(bench.act("One", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    let depth = bench.library.undo_depth(bench.project, bench.person).await.unwrap();
    assert_eq!(depth.redo.as_deref(), Some("One"));
    bench.library.apply(bench.act("Two", vec![create(bench.drawn(2, 0, 1.0))])).await.unwrap();
    assert!(bench.library.redo(bench.project, bench.person).await.unwrap().is_none());
    let redo_of_redo = bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    assert_eq!(redo_of_redo.title, "Two");
}

#[tokio::test]
async fn accepting_a_proposal_is_taken_back_to_the_very_proposal() {
    let bench = Bench::new(1).await;
    bench.library.apply(bench.machine(vec![create(bench.proposed(1, 0, 0.75))])).await.unwrap();
    let before = bench.annotation(1).await;
    let accept = edit(&before, |annotation| annotation.decision = Decision::Accepted);
    bench.library.apply(bench.act("Accept", vec![accept])).await.unwrap();
    bench.library.undo(bench.project, bench.person).await.unwrap().unwrap();
    let after = bench.annotation(1).await;
    assert!(after.is_proposal());
    assert_eq!(Annotation { version: before.version, ..after }, before);
}

#[tokio::test]
async fn a_class_that_came_into_use_cannot_be_taken_back() {
    let bench = Bench::new(1).await;
    let schema = bench.library.schema(bench.project).await.unwrap();
    let mut classes = schema.classes.clone();
    classes.push(class(3, "bottle"));
    let added = with_classes(&schema, classes);
    bench.library.save_schema(operation_id(), bench.person, &added, "Add bottle").await.unwrap();
    let bottle = Annotation { class_id: Some(class(3, "bottle").class_id), ..bench.proposed(1, 0, 0.5) };
    bench.library.apply(bench.machine(vec![create(bottle)])).await.unwrap();
    let stuck = bench.library.undo(bench.project, bench.person).await.unwrap_err();
    assert!(matches!(stuck, StoreError::OutOfReach { .. }), "{stuck:?}");
    assert_eq!(bench.library.schema(bench.project).await.unwrap().classes.len(), 3);
}
