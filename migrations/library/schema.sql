-- The whole schema of the library. Made from the migrations by the store's tests: do not edit;
-- `MUSTER_BLESS=1 cargo test -p muster-store` writes it.

CREATE TABLE annotation (
    row_key INTEGER PRIMARY KEY,
    annotation_id BLOB NOT NULL UNIQUE CHECK (length(annotation_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    layer_key INTEGER NOT NULL REFERENCES layer (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    asset TEXT NOT NULL,
    frame_index INTEGER,
    kind TEXT NOT NULL CHECK (kind IN (
        'classification', 'box', 'rotated_box', 'polygon', 'polyline', 'mask', 'keypoints', 'caption', 'interval'
    )),
    -- The whole geometry as JSON; null for a box, whose bounds are its geometry.
    geometry TEXT CHECK (geometry IS NULL OR json_valid(geometry)),
    x REAL,
    y REAL,
    width REAL,
    height REAL,
    -- Null while a model's class has no counterpart in the schema; then model_class names it.
    label_class_key INTEGER REFERENCES label_class (row_key),
    model_class TEXT,
    schema_version INTEGER NOT NULL,
    attributes TEXT CHECK (attributes IS NULL OR json_valid(attributes)),
    track_id BLOB CHECK (length(track_id) = 16),
    z INTEGER NOT NULL DEFAULT 0,
    -- Who made it, with the model's confidence or the id in the imported file.
    origin_key INTEGER NOT NULL REFERENCES origin (row_key),
    confidence REAL,
    source_id TEXT,
    -- Who set each field last; null means the hand that made the annotation, with the same confidence.
    geometry_origin_key INTEGER REFERENCES origin (row_key),
    geometry_confidence REAL,
    geometry_source_id TEXT,
    class_origin_key INTEGER REFERENCES origin (row_key),
    class_confidence REAL,
    class_source_id TEXT,
    attributes_origin_key INTEGER REFERENCES origin (row_key),
    attributes_confidence REAL,
    attributes_source_id TEXT,
    -- What a person decided: 0 undecided, 1 accepted, 2 rejected. Apart from the origin.
    decision INTEGER NOT NULL CHECK (decision IN (0, 1, 2)),
    version INTEGER NOT NULL CHECK (version >= 1),
    -- The version at which each field changed last.
    geometry_version INTEGER NOT NULL,
    class_version INTEGER NOT NULL,
    attributes_version INTEGER NOT NULL,
    decision_version INTEGER NOT NULL,
    -- A tombstone.
    deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
    CHECK (kind <> 'box' OR (x IS NOT NULL AND y IS NOT NULL AND width > 0 AND height > 0)),
    CHECK ((kind = 'box') = (geometry IS NULL))
) STRICT;

CREATE TABLE annotation_count (
    project_key INTEGER NOT NULL,
    label_class_key INTEGER NOT NULL,
    model_class TEXT NOT NULL,
    origin_key INTEGER NOT NULL,
    decision INTEGER NOT NULL,
    annotations INTEGER NOT NULL CHECK (annotations >= 0),
    PRIMARY KEY (project_key, label_class_key, model_class, origin_key, decision)
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation_field (
    annotation_key INTEGER NOT NULL REFERENCES annotation (row_key),
    user_field_key INTEGER NOT NULL REFERENCES user_field (row_key),
    number REAL,
    text TEXT,
    PRIMARY KEY (annotation_key, user_field_key),
    CHECK ((number IS NULL) <> (text IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation_tag (
    annotation_key INTEGER NOT NULL REFERENCES annotation (row_key),
    tag_key INTEGER NOT NULL REFERENCES tag (row_key),
    PRIMARY KEY (annotation_key, tag_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE asset (
    row_key INTEGER PRIMARY KEY,
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    ordinal INTEGER NOT NULL,
    name TEXT NOT NULL,
    stream TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    width_px INTEGER,
    height_px INTEGER,
    duration_micros INTEGER,
    -- Null: stored (a blob, here or at the service). Otherwise referenced: a person's own file, left where it is.
    import_root_key INTEGER REFERENCES import_root (row_key),
    relative_path TEXT,
    UNIQUE (capture_key, ordinal),
    CHECK ((import_root_key IS NULL) = (relative_path IS NULL))
) STRICT;

CREATE TABLE blob (
    row_key INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    stored_at_micros INTEGER NOT NULL,
    used_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE capture (
    row_key INTEGER PRIMARY KEY AUTOINCREMENT,
    capture_id BLOB NOT NULL UNIQUE CHECK (length(capture_id) = 16),
    service_key INTEGER REFERENCES service (row_key),
    service_version INTEGER,
    device_key INTEGER REFERENCES device (row_key),
    site_key INTEGER REFERENCES site (row_key),
    import_root_key INTEGER REFERENCES import_root (row_key),
    relative_path TEXT,
    captured_at_micros INTEGER NOT NULL,
    uncertainty_micros INTEGER NOT NULL,
    received_at_micros INTEGER NOT NULL,
    trigger_rule_key INTEGER REFERENCES trigger_rule (row_key),
    trigger_values TEXT CHECK (trigger_values IS NULL OR json_valid(trigger_values)),
    erased_at_micros INTEGER,
    erased_reason TEXT, signals TEXT, withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)), latitude REAL, longitude REAL,
    CHECK ((device_key IS NULL) = (site_key IS NULL)),
    CHECK ((import_root_key IS NULL) = (relative_path IS NULL)),
    CHECK ((erased_at_micros IS NULL) = (erased_reason IS NULL)),
    CHECK (erased_at_micros IS NOT NULL OR (device_key IS NULL) <> (import_root_key IS NULL))
) STRICT;

CREATE TABLE capture_change (
    change_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    capture_key INTEGER NOT NULL UNIQUE REFERENCES capture (row_key)
) STRICT;

CREATE TABLE capture_count (
    service_key INTEGER PRIMARY KEY,
    captures INTEGER NOT NULL CHECK (captures >= 0)
) STRICT;

CREATE TABLE capture_field (
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    user_field_key INTEGER NOT NULL REFERENCES user_field (row_key),
    number REAL,
    text TEXT,
    PRIMARY KEY (capture_key, user_field_key),
    CHECK ((number IS NULL) <> (text IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE capture_manifest (
    capture_key INTEGER PRIMARY KEY REFERENCES capture (row_key),
    root_hash BLOB NOT NULL CHECK (length(root_hash) = 32),
    manifest TEXT NOT NULL,
    receipt TEXT NOT NULL
) STRICT;

CREATE TABLE capture_note (
    capture_key INTEGER PRIMARY KEY REFERENCES capture (row_key),
    text TEXT NOT NULL CHECK (text <> ''),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    written_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE capture_tag (
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    tag_key INTEGER NOT NULL REFERENCES tag (row_key),
    PRIMARY KEY (capture_key, tag_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    row_key INTEGER PRIMARY KEY,
    device_id BLOB NOT NULL UNIQUE CHECK (length(device_id) = 16),
    name TEXT NOT NULL
) STRICT;

CREATE TABLE import (
    row_key INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id BLOB NOT NULL UNIQUE CHECK (length(import_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    started_at_micros INTEGER NOT NULL,
    -- Null while it goes on. Once it has ended it stands in operation, if it brought anything.
    ended_at_micros INTEGER
) STRICT;

CREATE TABLE import_annotation (
    annotation_key INTEGER NOT NULL REFERENCES annotation (row_key) ON DELETE CASCADE,
    import_key INTEGER NOT NULL REFERENCES import (row_key),
    -- Of the content that it, or taking it back, left behind; with another content somebody has been there since.
    fingerprint INTEGER NOT NULL,
    -- What it is on the other side of an undo or redo, as JSON; null: not there.
    other TEXT CHECK (other IS NULL OR json_valid(other)),
    -- 1 while the import is taken back.
    taken_back INTEGER NOT NULL DEFAULT 0 CHECK (taken_back IN (0, 1)),
    PRIMARY KEY (annotation_key, import_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_capture (
    import_key INTEGER NOT NULL REFERENCES import (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    brought INTEGER NOT NULL CHECK (brought IN (0, 1)),
    PRIMARY KEY (import_key, capture_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_failure (
    row_key INTEGER PRIMARY KEY,
    import_key INTEGER NOT NULL REFERENCES import (row_key),
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (import_key, path)
) STRICT;

CREATE TABLE import_file (
    capture_key INTEGER PRIMARY KEY REFERENCES capture (row_key),
    modified_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE import_root (
    row_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    added_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE job (
    row_key INTEGER PRIMARY KEY,
    job_id BLOB NOT NULL UNIQUE CHECK (length(job_id) = 16),
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL CHECK (json_valid(parameters)),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    created_at_micros INTEGER NOT NULL,
    started_at_micros INTEGER,
    ended_at_micros INTEGER,
    owner TEXT,
    lease_until_micros INTEGER,
    heartbeat_at_micros INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    -- Where a taken-over job goes on.
    cursor TEXT CHECK (cursor IS NULL OR json_valid(cursor)),
    outcome TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
    error TEXT,
    CHECK ((state = 'running') = (owner IS NOT NULL AND lease_until_micros IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
) STRICT;

CREATE TABLE kept_aside (
    row_key INTEGER PRIMARY KEY,
    service_key INTEGER NOT NULL REFERENCES service (row_key),
    record_hash BLOB NOT NULL CHECK (length(record_hash) = 32),
    -- Null when not even the id could be read.
    capture_id BLOB CHECK (length(capture_id) = 16),
    record BLOB NOT NULL,
    reason TEXT NOT NULL,
    kept_at_micros INTEGER NOT NULL,
    UNIQUE (service_key, record_hash)
) STRICT;

CREATE TABLE label_class (
    row_key INTEGER PRIMARY KEY,
    class_id BLOB NOT NULL UNIQUE CHECK (length(class_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key)
) STRICT;

CREATE TABLE label_schema (
    row_key INTEGER PRIMARY KEY,
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    version INTEGER NOT NULL CHECK (version >= 1),
    made_at_micros INTEGER NOT NULL,
    UNIQUE (project_key, version)
) STRICT;

CREATE TABLE label_schema_class (
    row_key INTEGER PRIMARY KEY,
    label_schema_key INTEGER NOT NULL REFERENCES label_schema (row_key),
    ordinal INTEGER NOT NULL,
    label_class_key INTEGER NOT NULL REFERENCES label_class (row_key),
    name TEXT NOT NULL CHECK (name <> ''),
    aliases TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(aliases)),
    colour INTEGER NOT NULL CHECK (colour BETWEEN 1 AND 20),
    number_key INTEGER CHECK (number_key BETWEEN 1 AND 9),
    retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    UNIQUE (label_schema_key, ordinal),
    UNIQUE (label_schema_key, label_class_key)
) STRICT;

CREATE TABLE layer (
    row_key INTEGER PRIMARY KEY,
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    name TEXT NOT NULL CHECK (name <> ''),
    UNIQUE (project_key, name)
) STRICT;

CREATE TABLE ledger (
    row_key INTEGER PRIMARY KEY AUTOINCREMENT,
    capture_id BLOB NOT NULL CHECK (length(capture_id) = 16),
    event TEXT NOT NULL CHECK (event IN (
        'fired', 'sealed', 'offered', 'uploaded', 'committed', 'dropped', 'synced', 'imported', 'model_run',
        'submitted', 'exported', 'erased'
    )),
    at_micros INTEGER NOT NULL,
    payload TEXT,
    salt BLOB CHECK (length(salt) = 16),
    payload_hash BLOB CHECK (length(payload_hash) = 32),
    entry_hash BLOB NOT NULL CHECK (length(entry_hash) = 32),
    CHECK ((payload IS NULL) = (salt IS NULL)),
    CHECK (payload IS NULL OR payload_hash IS NOT NULL)
) STRICT;

CREATE TABLE library (
    row_key INTEGER PRIMARY KEY CHECK (row_key = 1),
    library_id BLOB NOT NULL CHECK (length(library_id) = 16),
    created_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE model_run (
    row_key INTEGER PRIMARY KEY,
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    model_setting_key INTEGER NOT NULL REFERENCES model_setting (row_key),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    status TEXT NOT NULL CHECK (status IN ('done', 'empty', 'failed')),
    proposals INTEGER NOT NULL,
    error TEXT,
    job_id BLOB CHECK (length(job_id) = 16),
    ran_at_micros INTEGER NOT NULL,
    UNIQUE (capture_key, model_setting_key, project_key),
    CHECK ((status = 'failed') = (error IS NOT NULL))
) STRICT;

CREATE TABLE model_setting (
    row_key INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    model_hash BLOB NOT NULL CHECK (length(model_hash) = 32),
    parameters_hash BLOB NOT NULL CHECK (length(parameters_hash) = 32),
    prompt TEXT
) STRICT;

CREATE TABLE offline_capture (
    offline_key INTEGER NOT NULL REFERENCES offline_set (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    PRIMARY KEY (offline_key, capture_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE offline_set (
    row_key INTEGER PRIMARY KEY,
    offline_id BLOB NOT NULL UNIQUE CHECK (length(offline_id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    query TEXT,
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    made_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE operation (
    row_key INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id BLOB NOT NULL UNIQUE CHECK (length(operation_id) = 16),
    project_key INTEGER REFERENCES project (row_key),
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('person', 'job', 'sync')),
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16),
    at_micros INTEGER NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('annotations', 'tag', 'schema', 'import', 'field', 'note', 'import')),
    changes INTEGER NOT NULL,
    -- Null for model output, whose inverse is to forget the run, and after an erasure.
    diff TEXT,
    undoes_key INTEGER REFERENCES operation (row_key)
) STRICT;

CREATE TABLE operation_capture (
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    operation_key INTEGER NOT NULL REFERENCES operation (row_key),
    PRIMARY KEY (capture_key, operation_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE origin (
    row_key INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'model', 'import', 'rule')),
    person_id BLOB CHECK (length(person_id) = 16),
    model_setting_key INTEGER REFERENCES model_setting (row_key),
    format TEXT,
    file_digest BLOB CHECK (length(file_digest) = 32),
    rule TEXT,
    CHECK ((kind = 'person') = (person_id IS NOT NULL)),
    CHECK ((kind = 'model') = (model_setting_key IS NOT NULL)),
    CHECK ((kind = 'import') = (format IS NOT NULL AND file_digest IS NOT NULL)),
    CHECK ((kind = 'rule') = (rule IS NOT NULL))
) STRICT;

CREATE TABLE person (
    row_key INTEGER PRIMARY KEY,
    person_id BLOB NOT NULL UNIQUE CHECK (length(person_id) = 16),
    name TEXT NOT NULL,
    created_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE pick (
    row_key INTEGER PRIMARY KEY,
    pick_id BLOB NOT NULL UNIQUE CHECK (length(pick_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    name TEXT NOT NULL CHECK (name <> ''),
    query TEXT NOT NULL,
    seed INTEGER,
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    made_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE pick_capture (
    pick_key INTEGER NOT NULL REFERENCES pick (row_key),
    ordinal INTEGER NOT NULL,
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    PRIMARY KEY (pick_key, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
    row_key INTEGER PRIMARY KEY,
    project_id BLOB NOT NULL UNIQUE CHECK (length(project_id) = 16),
    name TEXT NOT NULL,
    created_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE service (
    row_key INTEGER PRIMARY KEY,
    service_id BLOB NOT NULL UNIQUE CHECK (length(service_id) = 16),
    url TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    token_file TEXT,
    cursor TEXT,
    added_at_micros INTEGER NOT NULL,
    synced_at_micros INTEGER,
    removed_at_micros INTEGER
, wanted TEXT CHECK (wanted IS NULL OR json_valid(wanted))) STRICT;

CREATE TABLE setting (
    row_key INTEGER PRIMARY KEY,
    person_key INTEGER NOT NULL REFERENCES person (row_key),
    name TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    UNIQUE (person_key, name)
) STRICT;

CREATE TABLE site (
    row_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
, time_zone TEXT) STRICT;

CREATE TABLE slice (
    row_key INTEGER PRIMARY KEY,
    slice_id BLOB NOT NULL UNIQUE CHECK (length(slice_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    name TEXT NOT NULL CHECK (name <> ''),
    query TEXT NOT NULL,
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    saved_at_micros INTEGER NOT NULL,
    UNIQUE (project_key, name)
) STRICT;

CREATE TABLE submission (
    row_key INTEGER PRIMARY KEY AUTOINCREMENT,
    submission_id BLOB NOT NULL UNIQUE CHECK (length(submission_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    layer_key INTEGER NOT NULL REFERENCES layer (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    statement TEXT NOT NULL CHECK (statement IN ('submitted', 'verified_empty', 'skipped', 'escalated')),
    reason TEXT,
    schema_version INTEGER NOT NULL,
    submitted_at_micros INTEGER NOT NULL,
    CHECK ((statement IN ('skipped', 'escalated')) = (reason IS NOT NULL))
) STRICT;

CREATE TABLE submission_class (
    submission_key INTEGER NOT NULL REFERENCES submission (row_key),
    label_class_key INTEGER NOT NULL REFERENCES label_class (row_key),
    PRIMARY KEY (submission_key, label_class_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE tag (
    row_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

CREATE TABLE trigger_rule (
    row_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    expression TEXT NOT NULL,
    UNIQUE (name, version, expression)
) STRICT;

CREATE TABLE undo_entry (
    operation_key INTEGER PRIMARY KEY REFERENCES operation (row_key),
    project_key INTEGER REFERENCES project (row_key),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    state INTEGER NOT NULL CHECK (state IN (1, 2, 3)),
    -- The operation that took it back or repeated it last.
    last_key INTEGER REFERENCES operation (row_key)
, joined_key INTEGER REFERENCES operation (row_key)) STRICT;

CREATE TABLE user_field (
    row_key INTEGER PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    field_type TEXT NOT NULL CHECK (field_type IN ('number', 'text', 'boolean', 'date')),
    on_annotation INTEGER NOT NULL CHECK (on_annotation IN (0, 1)),
    UNIQUE (on_annotation, name)
) STRICT;

CREATE TABLE withdrawn_annotation (
    annotation_key INTEGER PRIMARY KEY REFERENCES annotation (row_key) ON DELETE CASCADE
) STRICT;

CREATE TABLE work_span (
    row_key INTEGER PRIMARY KEY,
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    started_at_micros INTEGER NOT NULL,
    ended_at_micros INTEGER NOT NULL,
    input_events INTEGER NOT NULL,
    proposals_shown INTEGER NOT NULL,
    CHECK (ended_at_micros >= started_at_micros)
) STRICT;

CREATE INDEX annotation_of_capture ON annotation (capture_key);

CREATE INDEX asset_by_digest ON asset (digest);

CREATE INDEX blob_by_use ON blob (pinned, used_at_micros);

CREATE INDEX capture_of_import_root ON capture (import_root_key, relative_path) WHERE import_root_key IS NOT NULL;

CREATE INDEX capture_tag_by_tag ON capture_tag (tag_key, capture_key);

CREATE INDEX import_by_end ON import (ended_at_micros) WHERE ended_at_micros IS NULL;

CREATE INDEX import_annotation_of_import ON import_annotation (import_key);

CREATE INDEX job_by_state ON job (state, row_key);

CREATE INDEX kept_aside_of_capture ON kept_aside (capture_id) WHERE capture_id IS NOT NULL;

CREATE INDEX ledger_of_capture ON ledger (capture_id);

CREATE UNIQUE INDEX model_setting_identity
ON model_setting (model_hash, parameters_hash, model, version, coalesce(prompt, ''), prompt IS NULL);

CREATE INDEX offline_capture_of_capture ON offline_capture (capture_key);

CREATE INDEX operation_capture_of_operation ON operation_capture (operation_key);

CREATE UNIQUE INDEX origin_of_import ON origin (file_digest, format) WHERE kind = 'import';

CREATE UNIQUE INDEX origin_of_model ON origin (model_setting_key) WHERE kind = 'model';

CREATE UNIQUE INDEX origin_of_person ON origin (person_id) WHERE kind = 'person';

CREATE UNIQUE INDEX origin_of_rule ON origin (rule) WHERE kind = 'rule';

CREATE INDEX submission_of_capture ON submission (capture_key);

CREATE INDEX undo_entry_of_joined ON undo_entry (joined_key) WHERE joined_key IS NOT NULL;

CREATE INDEX undo_entry_of_person ON undo_entry (person_id, state, operation_key);

CREATE TRIGGER annotation_count_of_delete AFTER DELETE ON annotation WHEN old.deleted = 0
BEGIN
    UPDATE annotation_count SET annotations = annotations - 1
    WHERE project_key = old.project_key AND label_class_key = coalesce(old.label_class_key, 0)
        AND model_class = iif(old.label_class_key IS NULL, coalesce(old.model_class, ''), '')
        AND origin_key = old.origin_key AND decision = old.decision;
END;

CREATE TRIGGER annotation_count_of_insert AFTER INSERT ON annotation WHEN new.deleted = 0
BEGIN
    INSERT INTO annotation_count (project_key, label_class_key, model_class, origin_key, decision, annotations)
    VALUES (
        new.project_key, coalesce(new.label_class_key, 0),
        iif(new.label_class_key IS NULL, coalesce(new.model_class, ''), ''), new.origin_key, new.decision, 1
    )
    ON CONFLICT DO UPDATE SET annotations = annotations + 1;
END;

CREATE TRIGGER annotation_count_of_update AFTER UPDATE OF label_class_key, model_class, origin_key, decision, deleted
ON annotation
WHEN old.label_class_key IS NOT new.label_class_key OR old.model_class IS NOT new.model_class
    OR old.origin_key <> new.origin_key OR old.decision <> new.decision OR old.deleted <> new.deleted
BEGIN
    UPDATE annotation_count SET annotations = annotations - 1
    WHERE old.deleted = 0 AND project_key = old.project_key AND label_class_key = coalesce(old.label_class_key, 0)
        AND model_class = iif(old.label_class_key IS NULL, coalesce(old.model_class, ''), '')
        AND origin_key = old.origin_key AND decision = old.decision;
    INSERT INTO annotation_count (project_key, label_class_key, model_class, origin_key, decision, annotations)
    SELECT
        new.project_key, coalesce(new.label_class_key, 0),
        iif(new.label_class_key IS NULL, coalesce(new.model_class, ''), ''), new.origin_key, new.decision, 1
    WHERE new.deleted = 0
    ON CONFLICT DO UPDATE SET annotations = annotations + 1;
END;

CREATE TRIGGER capture_count_of_insert AFTER INSERT ON capture WHEN new.erased_at_micros IS NULL
BEGIN
    INSERT INTO capture_count (service_key, captures) VALUES (coalesce(new.service_key, 0), 1)
    ON CONFLICT (service_key) DO UPDATE SET captures = captures + 1;
END;

CREATE TRIGGER capture_count_of_update AFTER UPDATE OF service_key, erased_at_micros ON capture
WHEN old.service_key IS NOT new.service_key OR (old.erased_at_micros IS NULL) <> (new.erased_at_micros IS NULL)
BEGIN
    UPDATE capture_count SET captures = captures - 1
    WHERE service_key = coalesce(old.service_key, 0) AND old.erased_at_micros IS NULL;
    INSERT INTO capture_count (service_key, captures)
    SELECT coalesce(new.service_key, 0), 1 WHERE new.erased_at_micros IS NULL
    ON CONFLICT (service_key) DO UPDATE SET captures = captures + 1;
END;

CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE OF
row_key, capture_id, event, at_micros, payload_hash, entry_hash ON ledger
BEGIN
    SELECT RAISE(ABORT, 'ledger is append-only');
END;

CREATE TRIGGER ledger_is_never_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'ledger is append-only');
END;

CREATE TRIGGER ledger_payload_is_only_erased BEFORE UPDATE OF payload, salt ON ledger
WHEN new.payload IS NOT NULL OR new.salt IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'ledger is append-only');
END;

CREATE TRIGGER operation_diff_is_only_erased BEFORE UPDATE OF diff ON operation WHEN new.diff IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'operation is append-only');
END;

CREATE TRIGGER operation_is_never_changed BEFORE UPDATE OF
row_key, operation_id, project_key, actor_kind, actor_id, at_micros, title, kind, changes, undoes_key ON operation
BEGIN
    SELECT RAISE(ABORT, 'operation is append-only');
END;

CREATE TRIGGER operation_is_never_deleted BEFORE DELETE ON operation
BEGIN
    SELECT RAISE(ABORT, 'operation is append-only');
END;

CREATE TRIGGER submission_is_never_changed BEFORE UPDATE ON submission
BEGIN
    SELECT RAISE(ABORT, 'submission is append-only');
END;

CREATE TRIGGER submission_is_never_deleted BEFORE DELETE ON submission
BEGIN
    SELECT RAISE(ABORT, 'submission is append-only');
END;

CREATE VIEW v_annotation AS
SELECT
    annotation.row_key AS annotation_key,
    lower(substr(hex(annotation.annotation_id), 1, 8) || '-' || substr(hex(annotation.annotation_id), 9, 4)
        || '-' || substr(hex(annotation.annotation_id), 13, 4) || '-'
        || substr(hex(annotation.annotation_id), 17, 4) || '-'
        || substr(hex(annotation.annotation_id), 21)) AS annotation_id,
    annotation.capture_key,
    lower(substr(hex(capture.capture_id), 1, 8) || '-' || substr(hex(capture.capture_id), 9, 4) || '-'
        || substr(hex(capture.capture_id), 13, 4) || '-' || substr(hex(capture.capture_id), 17, 4) || '-'
        || substr(hex(capture.capture_id), 21)) AS capture_id,
    project.name AS project,
    layer.name AS layer,
    annotation.asset,
    annotation.frame_index,
    annotation.kind,
    annotation.x,
    annotation.y,
    annotation.width,
    annotation.height,
    annotation.geometry,
    CASE annotation.kind WHEN 'caption' THEN json_extract(annotation.geometry, '$.text') END AS text,
    coalesce(label_schema_class.name, annotation.model_class, '') AS class,
    lower(substr(hex(label_class.class_id), 1, 8) || '-' || substr(hex(label_class.class_id), 9, 4) || '-'
        || substr(hex(label_class.class_id), 13, 4) || '-' || substr(hex(label_class.class_id), 17, 4) || '-'
        || substr(hex(label_class.class_id), 21)) AS class_id,
    annotation.model_class,
    annotation.attributes,
    annotation.z,
    CASE annotation.decision WHEN 0 THEN 'undecided' WHEN 1 THEN 'accepted' ELSE 'rejected' END AS decision,
    origin.kind AS origin,
    model_setting.model,
    model_setting.version AS model_version,
    annotation.confidence,
    annotation.version,
    (SELECT json_group_array(name) FROM (SELECT tag.name FROM annotation_tag
     JOIN tag ON tag.row_key = annotation_tag.tag_key
     WHERE annotation_tag.annotation_key = annotation.row_key ORDER BY tag.name)) AS tags
FROM annotation
JOIN capture ON capture.row_key = annotation.capture_key
JOIN project ON project.row_key = annotation.project_key
JOIN layer ON layer.row_key = annotation.layer_key
JOIN origin ON origin.row_key = annotation.origin_key
LEFT JOIN model_setting ON model_setting.row_key = origin.model_setting_key
LEFT JOIN label_class ON label_class.row_key = annotation.label_class_key
LEFT JOIN label_schema_class ON label_schema_class.label_class_key = annotation.label_class_key
    AND label_schema_class.label_schema_key = (SELECT label_schema.row_key FROM label_schema
        WHERE label_schema.project_key = annotation.project_key ORDER BY label_schema.version DESC LIMIT 1)
WHERE annotation.deleted = 0;

CREATE VIEW v_annotation_field AS
SELECT
    annotation_field.annotation_key, user_field.name, user_field.field_type, annotation_field.number,
    annotation_field.text
FROM annotation_field JOIN user_field ON user_field.row_key = annotation_field.user_field_key;

CREATE VIEW v_annotation_tag AS
SELECT annotation_tag.annotation_key, tag.name AS tag
FROM annotation_tag JOIN tag ON tag.row_key = annotation_tag.tag_key;

CREATE VIEW v_asset AS
SELECT
    asset.capture_key,
    asset.ordinal,
    asset.name AS asset,
    asset.stream,
    asset.media_type,
    asset.bytes,
    lower(hex(asset.digest)) AS blake3,
    asset.width_px,
    asset.height_px,
    asset.duration_micros,
    import_root.path AS root_path,
    asset.relative_path,
    blob.row_key IS NOT NULL AS is_local
FROM asset
LEFT JOIN import_root ON import_root.row_key = asset.import_root_key
LEFT JOIN blob ON blob.digest = asset.digest;

CREATE VIEW v_capture AS
SELECT
    capture.row_key AS capture_key,
    lower(substr(hex(capture.capture_id), 1, 8) || '-' || substr(hex(capture.capture_id), 9, 4) || '-'
        || substr(hex(capture.capture_id), 13, 4) || '-' || substr(hex(capture.capture_id), 17, 4) || '-'
        || substr(hex(capture.capture_id), 21)) AS capture_id,
    site.name AS site,
    site.time_zone AS time_zone,
    device.name AS device,
    service.name AS service,
    import_root.name AS import_root,
    capture.relative_path AS path,
    trigger_rule.name AS trigger,
    trigger_rule.version AS trigger_version,
    strftime('%Y-%m-%dT%H:%M:%fZ', capture.captured_at_micros / 1000000.0, 'unixepoch') AS captured_at,
    capture.captured_at_micros,
    capture.uncertainty_micros,
    strftime('%Y-%m-%dT%H:%M:%fZ', capture.received_at_micros / 1000000.0, 'unixepoch') AS received_at,
    capture.received_at_micros,
    (SELECT asset.width_px FROM asset
     WHERE asset.capture_key = capture.row_key AND asset.width_px IS NOT NULL
     ORDER BY asset.ordinal LIMIT 1) AS width_px,
    (SELECT asset.height_px FROM asset
     WHERE asset.capture_key = capture.row_key AND asset.width_px IS NOT NULL
     ORDER BY asset.ordinal LIMIT 1) AS height_px,
    (SELECT json_group_array(name) FROM (SELECT tag.name FROM capture_tag JOIN tag ON tag.row_key = capture_tag.tag_key
     WHERE capture_tag.capture_key = capture.row_key ORDER BY tag.name)) AS tags,
    capture_note.text AS note,
    coalesce((SELECT submission.statement FROM submission
     WHERE submission.capture_key = capture.row_key ORDER BY submission.row_key DESC LIMIT 1), 'none') AS submission,
    (SELECT count(*) FROM annotation
     WHERE annotation.capture_key = capture.row_key AND annotation.deleted = 0) AS annotations,
    (SELECT count(*) FROM annotation
     WHERE annotation.capture_key = capture.row_key AND annotation.deleted = 0 AND annotation.decision = 0) AS undecided
FROM capture
LEFT JOIN site ON site.row_key = capture.site_key
LEFT JOIN device ON device.row_key = capture.device_key
LEFT JOIN service ON service.row_key = capture.service_key
LEFT JOIN import_root ON import_root.row_key = capture.import_root_key
LEFT JOIN trigger_rule ON trigger_rule.row_key = capture.trigger_rule_key
LEFT JOIN capture_note ON capture_note.capture_key = capture.row_key
WHERE capture.erased_at_micros IS NULL;

CREATE VIEW v_capture_field AS
SELECT capture_field.capture_key, user_field.name, user_field.field_type, capture_field.number, capture_field.text
FROM capture_field JOIN user_field ON user_field.row_key = capture_field.user_field_key;

CREATE VIEW v_capture_tag AS
SELECT capture_tag.capture_key, tag.name AS tag
FROM capture_tag JOIN tag ON tag.row_key = capture_tag.tag_key;

CREATE VIEW v_class AS
SELECT
    project.name AS project,
    label_class.row_key AS label_class_key,
    lower(substr(hex(label_class.class_id), 1, 8) || '-' || substr(hex(label_class.class_id), 9, 4) || '-'
        || substr(hex(label_class.class_id), 13, 4) || '-' || substr(hex(label_class.class_id), 17, 4) || '-'
        || substr(hex(label_class.class_id), 21)) AS class_id,
    label_schema_class.ordinal,
    label_schema_class.name AS class,
    label_schema_class.aliases,
    label_schema_class.colour,
    label_schema_class.number_key,
    label_schema_class.retired,
    label_schema.version AS schema_version
FROM project
JOIN label_schema ON label_schema.project_key = project.row_key
    AND label_schema.version = (SELECT max(newest.version) FROM label_schema AS newest
        WHERE newest.project_key = project.row_key)
JOIN label_schema_class ON label_schema_class.label_schema_key = label_schema.row_key
JOIN label_class ON label_class.row_key = label_schema_class.label_class_key;

CREATE VIEW v_model_run AS
SELECT
    model_run.capture_key, project.name AS project, model_setting.model, model_setting.version AS model_version,
    model_run.status, model_run.proposals, model_run.error,
    strftime('%Y-%m-%dT%H:%M:%fZ', model_run.ran_at_micros / 1000000.0, 'unixepoch') AS ran_at,
    model_run.ran_at_micros
FROM model_run
JOIN model_setting ON model_setting.row_key = model_run.model_setting_key
JOIN project ON project.row_key = model_run.project_key;

CREATE VIEW v_operation AS
SELECT
    operation.row_key AS operation_key,
    lower(substr(hex(operation.operation_id), 1, 8) || '-' || substr(hex(operation.operation_id), 9, 4) || '-'
        || substr(hex(operation.operation_id), 13, 4) || '-' || substr(hex(operation.operation_id), 17, 4)
        || '-' || substr(hex(operation.operation_id), 21)) AS operation_id,
    project.name AS project,
    operation.actor_kind,
    person.name AS person,
    operation.title,
    operation.kind,
    operation.changes,
    strftime('%Y-%m-%dT%H:%M:%fZ', operation.at_micros / 1000000.0, 'unixepoch') AS at,
    operation.at_micros,
    operation.undoes_key
FROM operation
LEFT JOIN project ON project.row_key = operation.project_key
LEFT JOIN person ON person.person_id = operation.actor_id;

CREATE VIEW v_pick AS
SELECT
    pick.row_key AS pick_key,
    lower(substr(hex(pick.pick_id), 1, 8) || '-' || substr(hex(pick.pick_id), 9, 4) || '-'
        || substr(hex(pick.pick_id), 13, 4) || '-' || substr(hex(pick.pick_id), 17, 4) || '-'
        || substr(hex(pick.pick_id), 21)) AS pick_id,
    project.name AS project,
    pick.name AS pick,
    pick.query,
    pick.seed,
    strftime('%Y-%m-%dT%H:%M:%fZ', pick.made_at_micros / 1000000.0, 'unixepoch') AS made_at
FROM pick JOIN project ON project.row_key = pick.project_key;

CREATE VIEW v_pick_capture AS
SELECT pick_capture.pick_key, pick_capture.ordinal, pick_capture.capture_key FROM pick_capture;

CREATE VIEW v_signal AS
SELECT
    capture.row_key AS capture_key,
    entry.key AS name,
    CASE WHEN entry.type IN ('integer', 'real') THEN entry.value END AS number,
    CASE WHEN entry.type = 'text' THEN entry.value END AS text,
    CASE entry.type WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS boolean
FROM capture JOIN json_each(capture.signals) AS entry;

CREATE VIEW v_site AS
SELECT row_key AS site_key, name AS site, time_zone FROM site;

CREATE VIEW v_slice AS
SELECT
    lower(substr(hex(slice.slice_id), 1, 8) || '-' || substr(hex(slice.slice_id), 9, 4) || '-'
        || substr(hex(slice.slice_id), 13, 4) || '-' || substr(hex(slice.slice_id), 17, 4) || '-'
        || substr(hex(slice.slice_id), 21)) AS slice_id,
    project.name AS project,
    slice.name AS slice,
    slice.query,
    strftime('%Y-%m-%dT%H:%M:%fZ', slice.saved_at_micros / 1000000.0, 'unixepoch') AS saved_at
FROM slice JOIN project ON project.row_key = slice.project_key;

CREATE VIEW v_submission AS
SELECT
    submission.capture_key, project.name AS project, layer.name AS layer, person.name AS person, submission.statement,
    submission.reason, submission.schema_version,
    strftime('%Y-%m-%dT%H:%M:%fZ', submission.submitted_at_micros / 1000000.0, 'unixepoch') AS submitted_at,
    submission.submitted_at_micros
FROM submission
JOIN project ON project.row_key = submission.project_key
JOIN layer ON layer.row_key = submission.layer_key
LEFT JOIN person ON person.person_id = submission.person_id;
