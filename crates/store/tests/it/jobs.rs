//! Jobs: lease, heartbeat, take-over, cancel.

use std::time::Duration;

use muster_domain::id::JobId;
use muster_store::{
    Library, StoreError,
    job::{JobEnd, JobState, NewJob, Progress},
};
use serde_json::json;
use uuid::Uuid;

use crate::common::Bench;

const LEASE: Duration = Duration::from_secs(30);

async fn queue(library: &Library, number: u128, kind: &str) -> JobId {
    let job_id = JobId(Uuid::from_u128(number));
    let job = NewJob { job_id, kind: kind.into(), parameters: json!({ "query": "site:depot-1" }) };
    library.queue_job(&job).await.unwrap();
    library.queue_job(&job).await.unwrap();
    job_id
}

#[tokio::test]
async fn the_oldest_job_of_a_kind_is_claimed_once() {
    let bench = Bench::new(0).await;
    let first = queue(&bench.library, 1, "prelabel").await;
    let second = queue(&bench.library, 2, "prelabel").await;
    queue(&bench.library, 3, "export").await;
    let claimed = bench.library.claim_job(&["prelabel"], "a", LEASE).await.unwrap().unwrap();
    assert_eq!((claimed.job_id, claimed.state, claimed.owner.as_deref()), (first, JobState::Running, Some("a")));
    assert_eq!(claimed.parameters, json!({ "query": "site:depot-1" }));
    assert_eq!(bench.library.claim_job(&["prelabel"], "b", LEASE).await.unwrap().unwrap().job_id, second);
    assert!(bench.library.claim_job(&["prelabel"], "c", LEASE).await.unwrap().is_none());
    assert_eq!(bench.library.jobs(10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_orphaned_job_is_taken_over_at_its_cursor() {
    let bench = Bench::new(0).await;
    let job_id = queue(&bench.library, 1, "prelabel").await;
    bench.library.claim_job_by_id(job_id, "a", LEASE).await.unwrap().unwrap();
    let progress = Progress { done: 40, total: Some(100), cursor: Some(json!({ "after": 40 })) };
    assert!(!bench.library.heartbeat(job_id, "a", LEASE, &progress).await.unwrap());
    bench.clock.advance(29_000_000);
    assert!(bench.library.claim_job_by_id(job_id, "b", LEASE).await.unwrap().is_none(), "its lease still runs");
    bench.clock.advance(2_000_000);
    let taken = bench.library.claim_job(&["prelabel"], "b", LEASE).await.unwrap().unwrap();
    assert_eq!((taken.done, taken.total, taken.cursor), (40, Some(100), Some(json!({ "after": 40 }))));
    let lost = bench.library.heartbeat(job_id, "a", LEASE, &Progress::default()).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost:?}");
    let lost = bench.library.finish_job(job_id, "a", &JobEnd::Cancelled).await.unwrap_err();
    assert!(matches!(lost, StoreError::LeaseLost { .. }), "{lost:?}");
    bench.library.finish_job(job_id, "b", &JobEnd::Done(json!({ "captures": 100 }))).await.unwrap();
    let done = bench.library.job(job_id).await.unwrap().unwrap();
    assert_eq!((done.state, done.outcome, done.owner), (JobState::Done, Some(json!({ "captures": 100 })), None));
}

#[tokio::test]
async fn cancelling_reaches_waiting_running_and_orphaned_jobs() {
    let bench = Bench::new(0).await;
    let (running, waiting) = (queue(&bench.library, 1, "x").await, queue(&bench.library, 2, "x").await);
    bench.library.claim_job_by_id(running, "a", LEASE).await.unwrap().unwrap();
    for job_id in [running, waiting] {
        bench.library.cancel_job(job_id).await.unwrap();
    }
    assert_eq!(bench.library.job(waiting).await.unwrap().unwrap().state, JobState::Cancelled);
    assert_eq!(bench.library.job(running).await.unwrap().unwrap().state, JobState::Running);
    assert!(bench.library.heartbeat(running, "a", LEASE, &Progress::default()).await.unwrap());
    bench.clock.advance(31_000_000);
    bench.library.cancel_job(running).await.unwrap();
    assert_eq!(bench.library.job(running).await.unwrap().unwrap().state, JobState::Cancelled);
    let failing = queue(&bench.library, 3, "x").await;
    bench.library.claim_job(&["x"], "a", LEASE).await.unwrap().unwrap();
    bench.library.finish_job(failing, "a", &JobEnd::Failed("no model".into())).await.unwrap();
    let failed = bench.library.job(failing).await.unwrap().unwrap();
    assert_eq!((failed.state, failed.error.as_deref()), (JobState::Failed, Some("no model")));
    let unknown = bench.library.cancel_job(JobId(Uuid::nil())).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown { .. }), "{unknown:?}");
}
