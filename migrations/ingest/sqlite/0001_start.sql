-- The ingest service's first schema. Times are UTC microseconds since 1970, UUIDs 16-byte blobs, digests 32-byte blobs.

-- One row: who this service is. The feed epoch changes when the feed starts anew, so that old cursors are refused.
CREATE TABLE service (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    service_id BLOB NOT NULL CHECK (length(service_id) = 16),
    feed_epoch INTEGER NOT NULL,
    created_at_micros INTEGER NOT NULL
) STRICT;

-- Present and former receipt keys; the private halves are files.
CREATE TABLE receipt_key (
    key_id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    created_at_micros INTEGER NOT NULL
) STRICT;

-- Enrolment tokens of devices (N uses, one site) and API tokens of people; only the BLAKE3 hash is kept.
CREATE TABLE token (
    token_key INTEGER PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('device', 'annotator')),
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    site TEXT,
    uses_left INTEGER CHECK (uses_left >= 0),
    created_at_micros INTEGER NOT NULL,
    expires_at_micros INTEGER NOT NULL,
    revoked_at_micros INTEGER,
    CHECK ((role = 'device') = (uses_left IS NOT NULL))
) STRICT;

CREATE TABLE device (
    device_key INTEGER PRIMARY KEY,
    device_id BLOB NOT NULL UNIQUE CHECK (length(device_id) = 16),
    public_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    site TEXT NOT NULL,
    agent_version TEXT NOT NULL,
    token_key INTEGER NOT NULL REFERENCES token (token_key),
    enrolled_at_micros INTEGER NOT NULL,
    revoked_at_micros INTEGER
) STRICT;

-- The last report of each device, with the service's own check of its ledger.
CREATE TABLE device_report (
    device_key INTEGER PRIMARY KEY REFERENCES device (device_key),
    received_at_micros INTEGER NOT NULL,
    clock_offset_micros INTEGER NOT NULL,
    ledger_agrees INTEGER NOT NULL CHECK (ledger_agrees IN (0, 1)),
    report TEXT NOT NULL
) STRICT;

-- Captures that were offered and not yet committed.
CREATE TABLE offer (
    capture_id BLOB PRIMARY KEY CHECK (length(capture_id) = 16),
    device_key INTEGER NOT NULL REFERENCES device (device_key),
    offered_at_micros INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Committed captures. Manifest and receipt are the exact texts that were hashed and signed.
CREATE TABLE capture (
    capture_key INTEGER PRIMARY KEY,
    capture_id BLOB NOT NULL UNIQUE CHECK (length(capture_id) = 16),
    device_key INTEGER NOT NULL REFERENCES device (device_key),
    device TEXT NOT NULL,
    site TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    captured_at_micros INTEGER NOT NULL,
    uncertainty_micros INTEGER NOT NULL,
    offered_at_micros INTEGER NOT NULL,
    committed_at_micros INTEGER NOT NULL,
    root_hash BLOB NOT NULL CHECK (length(root_hash) = 32),
    manifest TEXT NOT NULL,
    receipt_body TEXT NOT NULL,
    receipt_signature TEXT NOT NULL
) STRICT;

-- The loss ledger counts a device's captures at its watermark. Not unique: two machines with one identity keep their data.
CREATE INDEX capture_by_seq ON capture (device_key, epoch, seq);

CREATE TABLE asset (
    capture_key INTEGER NOT NULL REFERENCES capture (capture_key),
    ordinal INTEGER NOT NULL,
    blake3 BLOB NOT NULL CHECK (length(blake3) = 32),
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    PRIMARY KEY (capture_key, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX asset_by_digest ON asset (blake3);

-- The outbox. One writer assigns positions, so they are dense and in commit order.
CREATE TABLE feed (
    position INTEGER PRIMARY KEY,
    capture_key INTEGER NOT NULL REFERENCES capture (capture_key),
    event TEXT NOT NULL CHECK (event IN ('capture'))
) STRICT;

-- What happened to a capture. A payload can be erased; its salted hash stays.
CREATE TABLE ledger (
    ledger_key INTEGER PRIMARY KEY,
    capture_id BLOB NOT NULL CHECK (length(capture_id) = 16),
    event TEXT NOT NULL CHECK (event IN ('offered', 'committed', 'erased')),
    at_micros INTEGER NOT NULL,
    payload TEXT,
    payload_salt BLOB,
    payload_hash BLOB CHECK (length(payload_hash) = 32)
) STRICT;

CREATE INDEX ledger_by_capture ON ledger (capture_id, at_micros);
