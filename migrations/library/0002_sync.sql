-- What sync keeps aside, what is kept on this machine, which part of a service is wanted, counters that spare a scan,
-- and the signals of a capture in one place.

-- Signals are written and read together, so they are one JSON object (name to number, text or boolean) in their
-- capture's row: forty rows a capture were most of the time and half of the size of a sync.
ALTER TABLE capture ADD COLUMN signals TEXT;
UPDATE capture SET signals = (
    SELECT '{' || group_concat(
        json_quote(name) || ':' || CASE
            WHEN number IS NOT NULL THEN format('%!.17g', number)
            WHEN boolean IS NOT NULL THEN iif(boolean, 'true', 'false')
            ELSE json_quote(text)
        END, ','
    ) || '}'
    FROM capture_signal WHERE capture_signal.capture_key = capture.row_key
)
WHERE row_key IN (SELECT capture_key FROM capture_signal);
DROP TABLE capture_signal;

-- Which captures of a service are wanted, as JSON: sites, devices, from and until; null is all.
ALTER TABLE service ADD COLUMN wanted TEXT CHECK (wanted IS NULL OR json_valid(wanted));

-- What a service sent and this version could not read: never lost, counted, shown, and tried again.
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
CREATE INDEX kept_aside_of_capture ON kept_aside (capture_id) WHERE capture_id IS NOT NULL;

-- Captures whose originals are kept on this machine, because a person asked for them before going offline.
CREATE TABLE offline_set (
    row_key INTEGER PRIMARY KEY,
    offline_id BLOB NOT NULL UNIQUE CHECK (length(offline_id) = 16),
    name TEXT NOT NULL CHECK (name <> ''),
    query TEXT,
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    made_at_micros INTEGER NOT NULL
) STRICT;

CREATE TABLE offline_capture (
    offline_key INTEGER NOT NULL REFERENCES offline_set (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    PRIMARY KEY (offline_key, capture_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX offline_capture_of_capture ON offline_capture (capture_key);

-- From bytes to the captures that have them: eviction, pins, erasure and duplicates ask.
CREATE INDEX asset_by_digest ON asset (digest);
CREATE INDEX blob_by_use ON blob (pinned, used_at_micros);

-- Counters, kept by triggers. `doctor` compares them with a count.

-- Captures that are not erased. Service 0 stands for imports.
CREATE TABLE capture_count (
    service_key INTEGER PRIMARY KEY,
    captures INTEGER NOT NULL CHECK (captures >= 0)
) STRICT;
INSERT INTO capture_count (service_key, captures)
SELECT coalesce(service_key, 0), count(*) FROM capture WHERE erased_at_micros IS NULL GROUP BY 1;

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

-- Annotations that are not deleted, by class (0 and the model's own name where the schema has none), hand and decision.
CREATE TABLE annotation_count (
    project_key INTEGER NOT NULL,
    label_class_key INTEGER NOT NULL,
    model_class TEXT NOT NULL,
    origin_key INTEGER NOT NULL,
    decision INTEGER NOT NULL,
    annotations INTEGER NOT NULL CHECK (annotations >= 0),
    PRIMARY KEY (project_key, label_class_key, model_class, origin_key, decision)
) STRICT, WITHOUT ROWID;
INSERT INTO annotation_count (project_key, label_class_key, model_class, origin_key, decision, annotations)
SELECT project_key, coalesce(label_class_key, 0), iif(label_class_key IS NULL, coalesce(model_class, ''), ''),
    origin_key, decision, count(*)
FROM annotation WHERE deleted = 0 GROUP BY 1, 2, 3, 4, 5;

CREATE TRIGGER annotation_count_of_insert AFTER INSERT ON annotation WHEN new.deleted = 0
BEGIN
    INSERT INTO annotation_count (project_key, label_class_key, model_class, origin_key, decision, annotations)
    VALUES (
        new.project_key, coalesce(new.label_class_key, 0),
        iif(new.label_class_key IS NULL, coalesce(new.model_class, ''), ''), new.origin_key, new.decision, 1
    )
    ON CONFLICT DO UPDATE SET annotations = annotations + 1;
END;
CREATE TRIGGER annotation_count_of_delete AFTER DELETE ON annotation WHEN old.deleted = 0
BEGIN
    UPDATE annotation_count SET annotations = annotations - 1
    WHERE project_key = old.project_key AND label_class_key = coalesce(old.label_class_key, 0)
        AND model_class = iif(old.label_class_key IS NULL, coalesce(old.model_class, ''), '')
        AND origin_key = old.origin_key AND decision = old.decision;
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
