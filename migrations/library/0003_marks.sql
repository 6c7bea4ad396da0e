-- Notes, time zones of sites, acts that stand together, and the views that other programs read.

ALTER TABLE site ADD COLUMN time_zone TEXT;

-- What people write about a capture: one text, found by note: and by bare words.
CREATE TABLE capture_note (
    capture_key INTEGER PRIMARY KEY REFERENCES capture (row_key),
    text TEXT NOT NULL CHECK (text <> ''),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16),
    written_at_micros INTEGER NOT NULL
) STRICT;

-- An act that goes on with an earlier one (the parts of an import): both are taken back, and repeated, together.
-- It names the first of them; null for an act that stands alone, and for the first.
ALTER TABLE undo_entry ADD COLUMN joined_key INTEGER REFERENCES operation (row_key);
CREATE INDEX undo_entry_of_joined ON undo_entry (joined_key) WHERE joined_key IS NOT NULL;

-- Setting a field, writing a note and importing are acts too. A CHECK says nothing about how rows are stored, so it is replaced
-- in place (https://sqlite.org/lang_altertable.html, "otheralter"); the views below renew the schema's number.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(
    sql, '''annotations'', ''tag'', ''schema''', '''annotations'', ''tag'', ''schema'', ''field'', ''note'', ''import'''
)
WHERE type = 'table' AND name = 'operation';
PRAGMA writable_schema = RESET;

-- Read-only views for other programs; docs/sql.md describes them. They keep to what SQLite 3.37 knows, because a
-- program with an older SQLite could not open a library whose views it cannot parse. Ids are texts, times are ISO 8601
-- in UTC beside the microseconds, and keys join.

CREATE VIEW v_site AS
SELECT row_key AS site_key, name AS site, time_zone FROM site;

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

CREATE VIEW v_signal AS
SELECT
    capture.row_key AS capture_key,
    entry.key AS name,
    CASE WHEN entry.type IN ('integer', 'real') THEN entry.value END AS number,
    CASE WHEN entry.type = 'text' THEN entry.value END AS text,
    CASE entry.type WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS boolean
FROM capture JOIN json_each(capture.signals) AS entry;

CREATE VIEW v_capture_tag AS
SELECT capture_tag.capture_key, tag.name AS tag
FROM capture_tag JOIN tag ON tag.row_key = capture_tag.tag_key;

CREATE VIEW v_capture_field AS
SELECT capture_field.capture_key, user_field.name, user_field.field_type, capture_field.number, capture_field.text
FROM capture_field JOIN user_field ON user_field.row_key = capture_field.user_field_key;

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

CREATE VIEW v_annotation_tag AS
SELECT annotation_tag.annotation_key, tag.name AS tag
FROM annotation_tag JOIN tag ON tag.row_key = annotation_tag.tag_key;

CREATE VIEW v_annotation_field AS
SELECT
    annotation_field.annotation_key, user_field.name, user_field.field_type, annotation_field.number,
    annotation_field.text
FROM annotation_field JOIN user_field ON user_field.row_key = annotation_field.user_field_key;

CREATE VIEW v_model_run AS
SELECT
    model_run.capture_key, project.name AS project, model_setting.model, model_setting.version AS model_version,
    model_run.status, model_run.proposals, model_run.error,
    strftime('%Y-%m-%dT%H:%M:%fZ', model_run.ran_at_micros / 1000000.0, 'unixepoch') AS ran_at,
    model_run.ran_at_micros
FROM model_run
JOIN model_setting ON model_setting.row_key = model_run.model_setting_key
JOIN project ON project.row_key = model_run.project_key;

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
