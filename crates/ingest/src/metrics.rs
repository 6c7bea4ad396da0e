//! What the service counts, as `OpenMetrics` text.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// The media type of [`Page::finish`].
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A number that many tasks change.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds.
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// Takes away.
    pub fn sub(&self, by: u64) {
        self.0.fetch_sub(by, Ordering::Relaxed);
    }

    /// Reads.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted in memory, from 0 at each start.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Connections now.
    pub connections: Count,
    /// Requests in work now, long polls apart.
    pub requests_in_work: Count,
    /// Answers by HTTP status.
    pub answers: Mutex<BTreeMap<u16, u64>>,
    /// Chunks that arrived and are durable.
    pub chunks_stored: Count,
    /// Their bytes.
    pub chunk_bytes: Count,
    /// Chunks that were there before they were sent.
    pub chunks_known: Count,
    /// Offers of captures that are committed.
    pub offers_had: Count,
    /// Offers that were taken.
    pub offers_needed: Count,
    /// Offers that were refused.
    pub offers_rejected: Count,
    /// Captures committed.
    pub captures_committed: Count,
    /// Commits that were repeated.
    pub commits_repeated: Count,
    /// Device reports.
    pub reports: Count,
    /// Reports whose ledger does not add up, or counts captures that the service does not hold.
    pub ledger_mismatches: Count,
    /// Transactions of the writer.
    pub write_batches: Count,
    /// Writes in them.
    pub writes: Count,
    /// Writes that failed.
    pub writes_failed: Count,
    /// Bytes of blobs that were asked for.
    pub blob_bytes_served: Count,
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, status: u16) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }

    /// Writes everything that is counted in memory.
    pub fn write(&self, page: &mut Page) {
        page.gauge("connections", "Connections now.", self.connections.get());
        page.gauge("requests_in_work", "Requests in work now, long polls apart.", self.requests_in_work.get());
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answers: Vec<(String, u64)> = answers.into_iter().map(|(status, n)| (status.to_string(), n)).collect();
        page.counters("answers", "Answers by HTTP status.", "status", &answers);
        page.counter("chunks_stored", "Chunks that arrived and are durable.", self.chunks_stored.get());
        page.counter("chunk_bytes", "Bytes of chunks that arrived and are durable.", self.chunk_bytes.get());
        page.counter("chunks_known", "Chunks that were there before they were sent.", self.chunks_known.get());
        let offers = [("have", &self.offers_had), ("need", &self.offers_needed), ("reject", &self.offers_rejected)];
        let offers = offers.map(|(answer, count)| (answer.to_owned(), count.get()));
        page.counters("offers", "Offers by answer.", "answer", &offers);
        page.counter("captures_committed", "Captures committed.", self.captures_committed.get());
        page.counter("commits_repeated", "Commits that were repeated.", self.commits_repeated.get());
        page.counter("reports", "Device reports.", self.reports.get());
        page.counter(
            "ledger_mismatches",
            "Reports whose ledger does not add up or counts captures that the service does not hold.",
            self.ledger_mismatches.get(),
        );
        page.counter("write_batches", "Transactions of the writer.", self.write_batches.get());
        page.counter("writes", "Writes in those transactions.", self.writes.get());
        page.counter("writes_failed", "Writes that failed.", self.writes_failed.get());
        page.counter("blob_bytes_served", "Bytes of blobs that were asked for.", self.blob_bytes_served.get());
    }
}

/// A page of metrics in the making.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# TYPE muster_ingest_{name} {kind}\n# HELP muster_ingest_{name} {help}");
    }

    /// A value that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "gauge", help);
        let _ = writeln!(self.text, "muster_ingest_{name} {value}");
    }

    /// A value that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        let _ = writeln!(self.text, "muster_ingest_{name}_total {value}");
    }

    /// Values that only grow, by a label whose values need no escaping.
    pub fn counters(&mut self, name: &str, help: &str, label: &str, values: &[(String, u64)]) {
        self.head(name, "counter", help);
        for (of, value) in values {
            let _ = writeln!(self.text, "muster_ingest_{name}_total{{{label}=\"{of}\"}} {value}");
        }
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        self.text.push_str("# EOF\n");
        self.text
    }
}
