//! The nouns and rules of Muster: no IO, no async, no clock, no SQL.
//!
//! One word, one meaning; code, user interface, command line, documentation and SQL use these and no synonym.
//!
//! | word | means |
//! | --- | --- |
//! | Fleet, Site, Device | all devices; a place or group of them; one machine |
//! | Stream | one sensor of a device |
//! | Trigger, `TriggerHit` | a rule that runs on the device; one firing of it |
//! | Capture | what one hit recorded, or what a person imported: assets and signals over one time span |
//! | Asset | one file of a capture: image, video or series |
//! | Frame | one decoded picture of an asset, addressed by decode index and PTS |
//! | Annotation | geometry (or none) + class + attributes on an asset, with an origin |
//! | Tag | a curator's mark on a capture or an annotation; never a class |
//! | Origin | who made or changed a field: person, model, import, rule |
//! | Proposal | an annotation that a model made and no person has decided on yet |
//! | Project | a label schema, a guide and queues over one library |
//! | `LabelSchema`, `LabelClass` | the ontology of a project, versioned; classes have stable ids |
//! | Layer | a separate set of annotations in a project |
//! | Submission | a person's finished statement about a capture; append-only |
//! | Person | someone who decides |
//! | Query, Slice, Pick | an expression; a saved live query; a frozen list of ids |
//! | Model run | one model with one set of parameters on one capture: done, empty or failed |
//! | Operation | one act with its compact diff and inverse: the unit of undo, audit and sync |
//! | Job, Assignment | work for a machine; work for a person |
//! | Epoch | a number that changes when a ledger or feed starts anew |
//! | Library | the desktop's local store |
//! | Ledger | an append-only record that answers "what happened to it" |
//!
//! **Coordinates** are pixels of the upright picture (EXIF orientation, display matrix and sample aspect ratio
//! applied), `f64`; the origin is the outer corner of the first pixel, pixel i covers [i, i+1), x right, y down.
//! **Time** is UTC microseconds since 1970; names carry units last (`captured_at_micros`, `width_px`).

pub mod annotation;
pub mod capture;
pub mod digest;
pub mod field;
pub mod frame_pipe;
pub mod geometry;
pub mod id;
pub mod ledger;
pub mod operation;
pub mod origin;
pub mod query;
pub mod schema;
pub mod submission;
pub mod time;
