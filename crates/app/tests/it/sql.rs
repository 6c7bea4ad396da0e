//! Search, grid, groups, facets, histograms and annotations against plain SQL over the same file, after every step of
//! random work.

use muster_app::{
    annotate::{self, Decision, Edit, StatementKind, SubmitRequest, WorkDto},
    import::ImportMedia,
    marks::{self, Selection},
    search::{self, GroupBy},
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sqlx::{AssertSqlSafe, Row, SqlitePool, sqlite::SqliteConnectOptions};

use crate::fixture::World;

const STEPS: u32 = 80;
const QUERIES_A_STEP: u32 = 4;

/// The same question in both languages.
struct Question {
    query: String,
    /// The row keys of the captures.
    captures: String,
    /// What the annotations that are meant pass.
    annotations: String,
}

#[derive(Default)]
struct Work {
    drawn: Vec<Drawn>,
    undone: usize,
}

struct Drawn {
    capture_id: String,
    annotation_id: String,
}

/// Predicates on annotations that stand side by side bind to one annotation; a minus speaks of the whole capture.
fn ask(rng: &mut StdRng, classes: &[(String, String)]) -> Question {
    let (mut query, mut conditions) = (Vec::new(), vec!["1".to_owned()]);
    let of_class = |id: &str| format!("label_class_key = (SELECT row_key FROM label_class WHERE class_id = x'{id}')");
    let some = |tests: &[String]| {
        let tests = tests.join(" AND ");
        format!("EXISTS (SELECT 1 FROM annotation WHERE capture_key = c.row_key AND NOT deleted AND {tests})")
    };
    let mut bound = Vec::new();
    if rng.random_bool(0.6) {
        let (name, id) = classes.choose(rng).unwrap();
        query.push(format!("class:\"{name}\""));
        bound.push(of_class(id));
    }
    if rng.random_bool(0.6) {
        let (code, name) = [(1, "accepted"), (2, "rejected")].choose(rng).copied().unwrap();
        query.push(format!("decision:{name}"));
        bound.push(format!("decision = {code}"));
    }
    if !bound.is_empty() {
        conditions.push(some(&bound));
    }
    if rng.random_bool(0.3) {
        let (name, id) = classes.choose(rng).unwrap();
        query.push(format!("-class:\"{name}\""));
        conditions.push(format!("NOT {}", some(&[of_class(id)])));
    }
    if rng.random_bool(0.3) {
        query.push("tag:night".into());
        let tagged = "SELECT capture_key FROM capture_tag JOIN tag ON tag.row_key = tag_key WHERE name = 'night'";
        conditions.push(format!("row_key IN ({tagged})"));
    }
    if rng.random_bool(0.3) {
        let statement = ["none", "submitted", "skipped"].choose(rng).copied().unwrap();
        query.push(format!("submission:{statement}"));
        let latest = "SELECT statement FROM submission WHERE capture_key = c.row_key ORDER BY row_key DESC LIMIT 1";
        conditions.push(format!("coalesce(({latest}), 'none') = '{statement}'"));
    }
    bound.push("NOT deleted".to_owned());
    let captures = format!("SELECT row_key FROM capture AS c WHERE {}", conditions.join(" AND "));
    Question { query: query.join(" "), captures, annotations: bound.join(" AND ") }
}

async fn number(pool: &SqlitePool, sql: &str) -> i64 {
    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(pool).await.unwrap().get(0)
}

/// Search, grid, groups, facets, histogram and annotations say what SQL says. Returns how many captures that is.
async fn check(world: &World, pool: &SqlitePool, question: &Question, when: &str) -> i64 {
    let Question { query, captures, annotations } = question;
    let counted = number(pool, &format!("SELECT count(*) FROM ({captures})")).await;
    let found = search::search(&world.app, query.clone(), None, Some(GroupBy::Day)).await.unwrap();
    assert_eq!(i64::from(found.total), counted, "{when}: {query}\n{captures}");
    assert_eq!(search::grid_layout(&world.app, found.search_id).await.unwrap().len() as i64, 2 * counted, "{when}");
    let groups = search::grid_groups(&world.app, found.search_id).await.unwrap();
    assert_eq!(groups.iter().map(|group| i64::from(group.count)).sum::<i64>(), counted, "{when}: days of {query}");
    let times = search::histogram(&world.app, found.search_id, "captured".into(), 7).await.unwrap();
    let spread: u32 = times.bins.iter().sum();
    assert_eq!(i64::from(spread + times.missing), counted, "{when}: times of {query}");
    let facets = search::facets(&world.app, found.search_id).await.unwrap();
    let decisions = facets.iter().find(|facet| facet.field == "decision").unwrap();
    for (code, name) in [(0, "undecided"), (1, "accepted"), (2, "rejected")] {
        let sql = format!(
            "SELECT count(DISTINCT capture_key) FROM annotation
             WHERE NOT deleted AND decision = {code} AND capture_key IN ({captures})"
        );
        let value = decisions.values.iter().find(|value| value.value == name);
        let shown = value.map_or(0, |value| i64::from(value.count));
        assert_eq!(shown, number(pool, &sql).await, "{when}: {name} of {query}");
    }
    let meant = search::search_annotations(&world.app, query.clone(), None).await.unwrap();
    let sql = format!("SELECT count(*) FROM annotation WHERE {annotations} AND capture_key IN ({captures})");
    assert_eq!(i64::from(meant.total), number(pool, &sql).await, "{when}: annotations of {query}\n{sql}");
    let page = search::annotation_page(&world.app, meant.search_id, 0, 500).await.unwrap();
    assert_eq!(page.len() as u32, meant.total.min(500), "{when}: a page of annotations of {query}");
    counted
}

async fn act(rng: &mut StdRng, world: &World, captures: &[String], classes: &[String], work: &mut Work) {
    let capture_id = captures.choose(rng).unwrap().clone();
    match rng.random_range(0..10) {
        0..4 => {
            let annotation_id = world.draw(&capture_id, classes.choose(rng).unwrap()).await;
            work.drawn.push(Drawn { capture_id, annotation_id });
        }
        4..7 => change(rng, world, classes, &work.drawn).await,
        7 => {
            let present = rng.random_bool(0.7);
            let selection = Selection::Captures { capture_ids: vec![capture_id] };
            marks::tag_selection(&world.app, selection, "night".into(), present).await.unwrap();
        }
        8 => {
            let skipped = rng.random_bool(0.5);
            let request = SubmitRequest {
                capture_id,
                statement: if skipped { StatementKind::Skipped } else { StatementKind::Submitted },
                reason: skipped.then(|| "blurred".to_owned()),
                work: WorkDto { started_at_micros: 0, ended_at_micros: 1, input_events: 1, proposals_shown: 0 },
            };
            annotate::submit(&world.app, request).await.unwrap();
        }
        // Never so often that the classes themselves are taken back.
        _ if work.undone < work.drawn.len() => {
            annotate::undo(&world.app, None).await.unwrap();
            work.undone += 1;
        }
        _ => (),
    }
}

/// Changes a drawn annotation as it stands now; one that an undo took away is left alone.
async fn change(rng: &mut StdRng, world: &World, classes: &[String], drawn: &[Drawn]) {
    let Some(Drawn { capture_id, annotation_id }) = drawn.choose(rng) else { return };
    let detail = muster_app::capture::capture(&world.app, capture_id.clone()).await.unwrap();
    let Some(now) = detail.annotations.iter().find(|one| one.annotation_id == *annotation_id) else { return };
    if now.deleted {
        return;
    }
    let (annotation_id, base_version) = (annotation_id.clone(), now.version);
    let update = |class_id, decision| Edit::Update {
        annotation_id: annotation_id.clone(),
        base_version,
        bounds: None,
        class_id,
        decision,
    };
    let edit = match rng.random_range(0..4) {
        0 => Edit::Delete { annotation_id: annotation_id.clone(), base_version },
        1 => update(Some(classes.choose(rng).unwrap().clone()), None),
        2 => update(None, Some(Decision::Rejected)),
        _ => update(None, Some(Decision::Accepted)),
    };
    world.edit(capture_id, vec![edit]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_equals_plain_sql_after_every_step() {
    let seed = std::env::var("MUSTER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("seed {seed} (MUSTER_SEED repeats the run)");
    let mut rng = StdRng::seed_from_u64(seed);
    let world = World::new().await;
    world.import(&world.photos(12), "auto", ImportMedia::Copy).await;
    let project = world.add_classes(&["person", "traffic light", "Größe"]).await;
    let ids: Vec<String> = project.classes.iter().map(|class| class.class_id.clone()).collect();
    let hex = |id: &String| id.replace('-', "");
    let names: Vec<_> = project.classes.iter().map(|class| (class.name.clone(), hex(&class.class_id))).collect();
    let captures: Vec<String> = world.items("").await.into_iter().map(|item| item.capture_id).collect();
    let file = SqliteConnectOptions::new().filename(world.library().join("library.db")).read_only(true);
    let pool = SqlitePool::connect_with(file).await.unwrap();

    let (mut work, mut hits) = (Work::default(), 0);
    for step in 0..STEPS {
        act(&mut rng, &world, &captures, &ids, &mut work).await;
        for _ in 0..QUERIES_A_STEP {
            let question = ask(&mut rng, &names);
            hits += check(&world, &pool, &question, &format!("seed {seed}, step {step}")).await;
        }
    }
    assert!(hits > 0, "no question ever found anything: the test proves nothing");
}
