-- What an import did, so that it is one act: taken back and repeated as a whole, and gone on with after a crash.

-- An import is known by the id of its job.
CREATE TABLE import (
    row_key INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id BLOB NOT NULL UNIQUE CHECK (length(import_id) = 16),
    project_key INTEGER NOT NULL REFERENCES project (row_key),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    started_at_micros INTEGER NOT NULL,
    -- Null while it goes on. Once it has ended it stands in operation, if it brought anything.
    ended_at_micros INTEGER
) STRICT;

-- Captures that an import brought (1), and those that it put away because their file has changed (0).
CREATE TABLE import_capture (
    import_key INTEGER NOT NULL REFERENCES import (row_key),
    capture_key INTEGER NOT NULL REFERENCES capture (row_key),
    brought INTEGER NOT NULL CHECK (brought IN (0, 1)),
    PRIMARY KEY (import_key, capture_key)
) STRICT, WITHOUT ROWID;

-- Annotations that an import made or changed on captures that were there before it. Those on captures that it brought
-- come and go with their captures.
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
CREATE INDEX import_annotation_of_import ON import_annotation (import_key);

-- Files that an import could not use.
CREATE TABLE import_failure (
    row_key INTEGER PRIMARY KEY,
    import_key INTEGER NOT NULL REFERENCES import (row_key),
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    UNIQUE (import_key, path)
) STRICT;

-- When the file of an imported capture was changed last, so that a look tells whether it is still the same.
CREATE TABLE import_file (
    capture_key INTEGER PRIMARY KEY REFERENCES capture (row_key),
    modified_at_micros INTEGER NOT NULL
) STRICT;
CREATE INDEX capture_of_import_root ON capture (import_root_key, relative_path) WHERE import_root_key IS NOT NULL;

-- A withdrawn capture looks erased to everything that reads, and keeps its rows: its import was taken back and can be
-- repeated.
ALTER TABLE capture ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));

-- Where it was captured, WGS 84.
ALTER TABLE capture ADD COLUMN latitude REAL;
ALTER TABLE capture ADD COLUMN longitude REAL;

-- Annotations that went with a withdrawn capture and come back with it.
CREATE TABLE withdrawn_annotation (
    annotation_key INTEGER PRIMARY KEY REFERENCES annotation (row_key) ON DELETE CASCADE
) STRICT;

-- An import is an act (see 0003 about replacing a CHECK in place; the statement after it renews the schema's number).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''tag'', ''schema''', '''tag'', ''schema'', ''import''')
WHERE type = 'table' AND name = 'operation';
PRAGMA writable_schema = RESET;
CREATE INDEX import_by_end ON import (ended_at_micros) WHERE ended_at_micros IS NULL;
