//! Several processes on one library, and processes that die.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use muster_domain::{
    id::{AnnotationId, OperationId},
    operation::Operation,
};
use muster_store::{Library, annotation::AnnotationFilter, check::BlobCheck};
use uuid::Uuid;

use crate::common::{Bench, create, operation_id};

const FOLDER: &str = "MUSTER_STORE_TEST_FOLDER";

/// Not a test of its own: the child that the tests below start and kill. It applies the operations that the parent
/// wrote down, keeps a blob with each, and says what was acknowledged.
#[tokio::test]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let library = Library::open(folder).await.unwrap();
    let operations = std::fs::read(folder.join("operations.json")).unwrap();
    let operations: Vec<Operation> = serde_json::from_slice(&operations).unwrap();
    for operation in operations {
        let operation_id = operation.operation_id;
        let blob = library.blobs().put(operation_id.as_bytes().repeat(3000).as_slice()).await.unwrap();
        library.apply(operation).await.unwrap();
        println!("\nacknowledged {operation_id} {blob}");
    }
}

fn spawn(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["processes::child", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn write_operations(bench: &Bench, first: u128, count: u128) {
    let operations: Vec<Operation> =
        (first..first + count).map(|number| bench.act("Draw", vec![create(bench.drawn(number, 0, 1.0))])).collect();
    let json = serde_json::to_vec(&operations).unwrap();
    std::fs::write(bench.folder.path().join("operations.json"), json).unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let mut bench = Bench::new(1).await;
    let mut acknowledged: Vec<(OperationId, String)> = Vec::new();
    for (round, kill_after) in [0_usize, 3, 11, 26].into_iter().enumerate() {
        write_operations(&bench, 1 + round as u128 * 1000, 1000);
        bench.library.close().await;
        let mut child = spawn(bench.folder.path());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = 0;
        for line in lines {
            if let Some(words) = line.strip_prefix("acknowledged ") {
                let (id, blob) = words.split_once(' ').unwrap();
                acknowledged.push((id.parse().unwrap(), blob.to_owned()));
                seen += 1;
            }
            // What the child still says between the kill and its end was acknowledged too.
            if seen > kill_after {
                child.kill().unwrap();
            }
        }
        let status = child.wait().unwrap();
        assert!(!status.success(), "it was killed in the middle");
        bench.reopen().await;
        for (operation_id, blob) in &acknowledged {
            assert!(bench.library.operation(*operation_id).await.unwrap().is_some(), "{operation_id} is lost");
            assert!(bench.library.blobs().read_verified(&blob.parse().unwrap()).await.unwrap().is_some());
        }
        let report = bench.library.check(BlobCheck::All).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert!(report.counts.annotations >= acknowledged.len() as u64);
    }
    assert!(acknowledged.len() > 40);
    bench.library.sweep().await.unwrap();
    assert!(bench.library.check(BlobCheck::All).await.unwrap().orphan_files.is_empty());
}

#[tokio::test]
async fn two_processes_write_at_once() {
    let bench = Bench::new(1).await;
    write_operations(&bench, 1, 60);
    let mut child = spawn(bench.folder.path());
    // This process writes to the same library meanwhile.
    for number in 10_000..10_060_u128 {
        bench.library.apply(bench.act("Draw", vec![create(bench.drawn(number, 0, 1.0))])).await.unwrap();
    }
    let output = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(output.matches("acknowledged ").count(), 60);
    let filter = AnnotationFilter::main(bench.project);
    assert_eq!(bench.library.annotations(bench.captures[0], &filter).await.unwrap().len(), 120);
    assert!(bench.library.check(BlobCheck::Sizes).await.unwrap().is_sound());
}

#[tokio::test]
async fn two_libraries_in_one_process_never_lose_an_act() {
    let bench = Bench::new(1).await;
    let other = Library::open(bench.folder.path()).await.unwrap();
    bench.library.apply(bench.act("Draw", vec![create(bench.drawn(1, 0, 1.0))])).await.unwrap();
    let id = AnnotationId(Uuid::from_u128(1));
    // Both raise the same box; whoever comes late reads again.
    let raise = async |library: &Library| {
        let mut raised = 0;
        while raised < 25 {
            let read = library.annotation(id).await.unwrap().unwrap();
            let change = crate::common::edit(&read, |annotation| annotation.z += 1);
            match library.apply(bench.act("Raise", vec![change])).await {
                Ok(_) => raised += 1,
                Err(muster_store::StoreError::Conflict { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    tokio::join!(raise(&bench.library), raise(&other));
    let last = other.annotation(id).await.unwrap().unwrap();
    assert_eq!((last.z, last.version), (50, 51));
}

#[tokio::test]
async fn many_open_and_start_at_once() {
    let folder = tempfile::tempdir().unwrap();
    Library::create(folder.path()).await.unwrap().close().await;
    let start = async || {
        let library = Library::open(folder.path()).await.unwrap();
        library.first_start("Ada", "Carts").await.unwrap()
    };
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    assert!(a == b && b == c && c == d, "all agree on the first person and project");
    let library = Library::open(folder.path()).await.unwrap();
    let missing = library.operation(operation_id()).await.unwrap();
    assert!(missing.is_none());
}
