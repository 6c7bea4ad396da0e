-- The whole schema of the ingest service, by name. Generated from the migrations; the test `schema` compares.

CREATE TABLE asset (
    capture_key INTEGER NOT NULL REFERENCES capture (capture_key),
    ordinal INTEGER NOT NULL,
    blake3 BLOB NOT NULL CHECK (length(blake3) = 32),
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    PRIMARY KEY (capture_key, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX asset_by_digest ON asset (blake3);

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

CREATE INDEX capture_by_seq ON capture (device_key, epoch, seq);

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

CREATE TABLE device_report (
    device_key INTEGER PRIMARY KEY REFERENCES device (device_key),
    received_at_micros INTEGER NOT NULL,
    clock_offset_micros INTEGER NOT NULL,
    ledger_agrees INTEGER NOT NULL CHECK (ledger_agrees IN (0, 1)),
    report TEXT NOT NULL
) STRICT;

CREATE TABLE feed (
    position INTEGER PRIMARY KEY,
    capture_key INTEGER NOT NULL REFERENCES capture (capture_key),
    event TEXT NOT NULL CHECK (event IN ('capture'))
) STRICT;

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

CREATE TABLE offer (
    capture_id BLOB PRIMARY KEY CHECK (length(capture_id) = 16),
    device_key INTEGER NOT NULL REFERENCES device (device_key),
    offered_at_micros INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_key (
    key_id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    created_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE service (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    service_id BLOB NOT NULL CHECK (length(service_id) = 16),
    feed_epoch INTEGER NOT NULL,
    created_at_micros INTEGER NOT NULL
) STRICT;

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
