//! The ledger: a chain that notices tampering and survives erasure.

use muster_domain::{ledger::LedgerEvent, time::UtcMicros};
use muster_store::ledger::NewLedgerEntry;
use serde_json::json;

use crate::common::{Bench, capture_id};

const EVENTS: [LedgerEvent; 12] = [
    LedgerEvent::Fired,
    LedgerEvent::Sealed,
    LedgerEvent::Offered,
    LedgerEvent::Uploaded,
    LedgerEvent::Committed,
    LedgerEvent::Dropped,
    LedgerEvent::Synced,
    LedgerEvent::Imported,
    LedgerEvent::ModelRun,
    LedgerEvent::Submitted,
    LedgerEvent::Exported,
    LedgerEvent::Erased,
];

async fn filled() -> Bench {
    let bench = Bench::new(2).await;
    let entries: Vec<_> = (0..)
        .zip(EVENTS)
        .map(|(i, event)| NewLedgerEntry {
            capture_id: capture_id(1 + i % 2),
            event,
            at: UtcMicros(i64::from(i)),
            payload: (i % 3 != 0).then(|| json!({ "to": "coco", "n": i })),
        })
        .collect();
    bench.library.append_ledger(&entries).await.unwrap();
    bench
}

#[tokio::test]
async fn every_event_comes_back_in_order() {
    let bench = filled().await;
    let mut events: Vec<_> = Vec::new();
    for number in [1, 2] {
        for line in bench.library.ledger(capture_id(number)).await.unwrap() {
            assert!(!line.erased);
            events.push(line.entry.event);
        }
    }
    for event in EVENTS {
        assert!(events.contains(&event), "{event:?}");
    }
    let line = bench.library.ledger(capture_id(2)).await.unwrap().remove(1);
    assert_eq!((line.entry.at, line.entry.payload), (UtcMicros(1), Some(json!({ "to": "coco", "n": 1 }))));
}

#[tokio::test]
async fn an_erased_payload_still_verifies() {
    let mut bench = filled().await;
    let before = bench.library.verify_ledger().await.unwrap();
    assert_eq!((before.entries, before.erased, before.broken.len()), (14, 0, 0));
    let erased = bench.library.erase_ledger_payloads(capture_id(2)).await.unwrap();
    assert_eq!(erased, 4);
    bench.reopen().await;
    bench.library.append_ledger(&[]).await.unwrap();
    let after = bench.library.verify_ledger().await.unwrap();
    assert_eq!((after.entries, after.erased, after.broken.len()), (14, 4, 0));
    assert!(bench.library.ledger(capture_id(2)).await.unwrap()[1].erased);
    assert_eq!(bench.count("SELECT count(*) FROM ledger WHERE salt IS NOT NULL").await, 4, "salts go with payloads");
}

#[tokio::test]
async fn tampering_is_noticed_and_refused() {
    let bench = filled().await;
    let mut connection = bench.connect().await;
    for sql in [
        "DELETE FROM ledger WHERE row_key = 5",
        "UPDATE ledger SET event = 'dropped' WHERE row_key = 5",
        "UPDATE ledger SET payload = '{}', salt = x'00000000000000000000000000000000' WHERE row_key = 4",
    ] {
        assert!(sqlx::query(sql).execute(&mut connection).await.is_err(), "{sql}");
    }
    // Somebody who takes the triggers away first.
    for trigger in ["ledger_is_never_deleted", "ledger_is_never_changed", "ledger_payload_is_only_erased"] {
        let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"));
        sqlx::query(drop).execute(&mut connection).await.unwrap();
    }
    let cases = [
        ("UPDATE ledger SET payload = replace(payload, 'coco', 'yolo') WHERE row_key = 4", 4),
        ("UPDATE ledger SET at_micros = at_micros + 1 WHERE row_key = 6", 6),
        ("UPDATE ledger SET event = 'fired' WHERE row_key = 8", 8),
        ("DELETE FROM ledger WHERE row_key = 9", 10),
    ];
    let mut expected = Vec::new();
    for (sql, key) in cases {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        expected.push(key);
        assert_eq!(bench.library.verify_ledger().await.unwrap().broken, expected, "{sql}");
    }
}
