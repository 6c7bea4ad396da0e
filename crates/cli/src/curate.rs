//! Curating: tags, decisions, slices, picks, user fields, notes, sites.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use muster_app::{
    annotate::{self, TagResult},
    app::App,
    error::AppError,
    fields::{self, FieldImport, UserField, UserFieldType, UserFieldValue},
    marks::{self, ActResult, AnnotationAct, Decided, Selection},
    project,
    search::{self, SearchResult, SortSpec},
    sites::{self, SiteDto},
    slices::{self, Pick, Slice},
};

use crate::{output::Output, search::point_at};

/// Captures or annotations that are changed without asking.
const FREELY: u32 = 100;

#[derive(Debug, Subcommand)]
pub enum Curate {
    /// Put tags on captures, or take them off.
    #[command(subcommand)]
    Tag(Tag),
    /// Accept, reject, classify and tag the annotations that a query finds.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster annotation accept --query 'class:person conf:>0.9'\n  \
        muster annotation class car --query 'class:truck box_width:<40'\n  muster undo      takes the whole act back"
    )]
    Annotation(Annotation),
    /// Take back your last act, whatever it touched.
    Undo,
    /// Repeat the act that was taken back last.
    Redo,
    /// Saved queries: named, live, counted.
    #[command(subcommand)]
    Slice(SliceCommand),
    /// Frozen lists of captures; `pick:NAME` finds them in a query.
    #[command(subcommand)]
    Pick(PickCommand),
    /// User fields: typed values on captures and annotations.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster field define weather text\n  muster field set weather rain --query 'tag:wet'\n  \
        muster field import weather.csv      one column called capture_id, path or annotation_id\n  \
        muster search 'field.weather:rain' --sort field.weather"
    )]
    Field(Field),
    /// Write a note on a capture, or show it.
    Note(Note),
    /// Sites and their time zones.
    #[command(subcommand)]
    Site(Site),
}

#[derive(Debug, Subcommand)]
pub enum Tag {
    /// Put a tag on everything that a query finds.
    Add(TagArguments),
    /// Take a tag off everything that a query finds.
    Remove(TagArguments),
}

#[derive(Debug, Args)]
pub struct TagArguments {
    /// The tag.
    pub tag: String,
    /// Which captures.
    #[arg(long)]
    pub query: String,
}

#[derive(Debug, Subcommand)]
pub enum Annotation {
    /// Say that they are right.
    Accept(Which),
    /// Say that they are wrong.
    Reject(Which),
    /// Give them a class, which is accepting them.
    Class {
        /// The class's name.
        name: String,
        #[command(flatten)]
        which: Which,
    },
    /// Put a tag on them, or take it off.
    Tag {
        /// The tag.
        tag: String,
        /// Take it off.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Args)]
pub struct Which {
    /// Which: the annotations that the query's tests mean.
    #[arg(long)]
    pub query: String,
}

#[derive(Debug, Subcommand)]
pub enum SliceCommand {
    /// List them with their counts.
    List,
    /// Save a query under a name, in place of one of the same name.
    Save {
        /// The name.
        name: String,
        /// The query.
        query: String,
    },
    /// Give a slice another name.
    Rename {
        /// The present name.
        name: String,
        /// The new name.
        new_name: String,
    },
    /// Remove a slice; what it found stays.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum PickCommand {
    /// List them.
    List,
    /// Freeze what a query finds now, in its order.
    Save {
        /// The name.
        name: String,
        /// Which captures; `sample:500 seed:7` picks by chance, and says how.
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Remove a pick; its captures stay.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Field {
    /// List them.
    List,
    /// Define a field.
    Define {
        /// Letters, digits and underscores.
        name: String,
        /// What it holds.
        #[arg(value_name = "TYPE")]
        field_type: FieldTypeName,
        /// On annotations instead of captures.
        #[arg(long)]
        annotation: bool,
    },
    /// Set a field on everything that a query finds.
    Set {
        /// The field.
        name: String,
        /// The value.
        #[arg(allow_hyphen_values = true)]
        value: String,
        #[command(flatten)]
        on: FieldPlace,
    },
    /// Take the values of a field away from everything that a query finds.
    Clear {
        /// The field.
        name: String,
        #[command(flatten)]
        on: FieldPlace,
    },
    /// Set fields from a CSV or Parquet file, defining those that are new.
    Import {
        /// The file: *.csv, *.tsv or *.parquet.
        file: PathBuf,
    },
    /// Remove a field with all its values.
    Remove {
        /// The field.
        name: String,
        /// On annotations instead of captures.
        #[arg(long)]
        annotation: bool,
    },
}

#[derive(Debug, Args)]
pub struct FieldPlace {
    /// Which captures, or annotations.
    #[arg(long)]
    pub query: String,
    /// On annotations instead of captures.
    #[arg(long)]
    pub annotation: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FieldTypeName {
    Number,
    Text,
    Boolean,
    Date,
}

impl From<FieldTypeName> for UserFieldType {
    fn from(name: FieldTypeName) -> Self {
        match name {
            FieldTypeName::Number => Self::Number,
            FieldTypeName::Text => Self::Text,
            FieldTypeName::Boolean => Self::Boolean,
            FieldTypeName::Date => Self::Date,
        }
    }
}

#[derive(Debug, Args)]
pub struct Note {
    /// The capture's id.
    pub capture: String,
    /// The note, in place of what was there; empty removes it. Without it the note is shown.
    pub text: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Site {
    /// List them.
    List,
    /// Say which time zone a site keeps.
    Set {
        /// Its name.
        name: String,
        /// A name of the IANA database, such as Europe/Berlin, or UTC.
        #[arg(long)]
        time_zone: String,
    },
}

/// Runs one of these commands.
pub async fn run(app: &App, command: Curate, yes: bool, output: Output) -> anyhow::Result<()> {
    match command {
        Curate::Tag(command) => tag(app, command, yes, output).await,
        Curate::Annotation(command) => annotation(app, command, yes, output).await,
        Curate::Undo => output.result(&annotate::undo(app, None).await?, |undone| acted("took back", undone)),
        Curate::Redo => output.result(&annotate::redo(app, None).await?, |undone| acted("repeated", undone)),
        Curate::Slice(command) => slice(app, command, output).await,
        Curate::Pick(command) => pick(app, command, output).await,
        Curate::Field(command) => field(app, command, yes, output).await,
        Curate::Note(command) => note(app, command, output).await,
        Curate::Site(command) => site(app, command, output).await,
    }
}

fn acted(what: &str, undone: &annotate::UndoResult) -> String {
    match &undone.title {
        Some(title) => format!("{what}: {title}"),
        None => "there is nothing left".to_owned(),
    }
}

async fn found(app: &App, query: &str) -> anyhow::Result<SearchResult> {
    let sort = Some(SortSpec { by: "captured".into(), descending: false });
    let found = search::search(app, query.to_owned(), sort, None).await;
    Ok(found.map_err(|error| point_at(query, error))?)
}

async fn found_annotations(app: &App, query: &str) -> anyhow::Result<SearchResult> {
    let found = search::search_annotations(app, query.to_owned(), None).await;
    Ok(found.map_err(|error| point_at(query, error))?)
}

/// All that a query finds, once the person agreed to changing so much.
async fn selected(app: &App, query: &str, annotations: bool, yes: bool) -> anyhow::Result<Selection> {
    let found = if annotations { found_annotations(app, query).await? } else { found(app, query).await? };
    let noun = if annotations { "annotations" } else { "captures" };
    if found.total > FREELY && !yes && !confirmed(found.total, noun)? {
        return Err(AppError::cancelled().into());
    }
    Ok(Selection::everything(found.search_id, found.total))
}

fn confirmed(count: u32, noun: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        let error = AppError::invalid(format!("this changes {count} {noun}"));
        return Err(error.with_remedy("add --yes to do it without being asked").into());
    }
    eprint!("this changes {count} {noun}; go on? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

fn captures_changed(result: TagResult) -> String {
    format!("{} captures changed", result.changed)
}

async fn tag(app: &App, command: Tag, yes: bool, output: Output) -> anyhow::Result<()> {
    let (TagArguments { tag, query }, present) = match command {
        Tag::Add(arguments) => (arguments, true),
        Tag::Remove(arguments) => (arguments, false),
    };
    let selection = selected(app, &query, false, yes).await?;
    output.result(&marks::tag_selection(app, selection, tag, present).await?, |result| captures_changed(*result))
}

async fn annotation(app: &App, command: Annotation, yes: bool, output: Output) -> anyhow::Result<()> {
    let (act, which) = match command {
        Annotation::Accept(which) => (AnnotationAct::Decide(Decided::Accept), which),
        Annotation::Reject(which) => (AnnotationAct::Decide(Decided::Reject), which),
        Annotation::Class { name, which } => (AnnotationAct::Class { class: class_named(app, &name).await? }, which),
        Annotation::Tag { tag, remove, which } => (AnnotationAct::Tag { tag, present: !remove }, which),
    };
    let selection = selected(app, &which.query, true, yes).await?;
    let result = marks::act_on_annotations(app, selection, act).await?;
    output.result(&result, |result: &ActResult| {
        let skipped = if result.skipped == 0 { String::new() } else { format!(", {} were so already", result.skipped) };
        format!("{} annotations changed{skipped}", result.changed)
    })
}

async fn class_named(app: &App, name: &str) -> anyhow::Result<String> {
    let classes = project::project(app).await?.classes;
    let wanted = name.trim().to_lowercase();
    let found = classes.iter().find(|class| class.name.trim().to_lowercase() == wanted);
    let known: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let found = found.ok_or_else(|| {
        AppError::not_found(format!("class {name:?}")).with_remedy(format!("the classes are: {}", known.join(", ")))
    })?;
    Ok(found.class_id.clone())
}

async fn slice(app: &App, command: SliceCommand, output: Output) -> anyhow::Result<()> {
    let id = async |name: &str| {
        let known = slices::slices(app).await?;
        let found = known.into_iter().find(|slice| slice.name == name);
        found.map(|slice| slice.slice_id).ok_or_else(|| AppError::not_found(format!("slice {name:?}")))
    };
    let one = |slice: &Slice| slice_line(slice);
    match command {
        SliceCommand::List => output.result(&slices::slices(app).await?, |slices: &Vec<Slice>| {
            if slices.is_empty() {
                return "no slices yet; save a query with `muster slice save NAME QUERY`".to_owned();
            }
            slices.iter().map(slice_line).collect::<Vec<_>>().join("\n")
        }),
        SliceCommand::Save { name, query } => {
            let saved = slices::save_slice(app, name, query.clone()).await;
            output.result(&saved.map_err(|error| point_at(&query, error))?, one)
        }
        SliceCommand::Rename { name, new_name } => {
            let slice_id = id(&name).await?;
            output.result(&slices::rename_slice(app, slice_id, new_name).await?, one)
        }
        SliceCommand::Remove { name } => {
            slices::delete_slice(app, id(&name).await?).await?;
            output.result(&serde_json::json!({ "removed": name }), |_| format!("the slice {name:?} is gone"))
        }
    }
}

fn slice_line(slice: &Slice) -> String {
    format!("{:<28} {:>9}  {}", slice.name, slice.count, slice.query)
}

async fn pick(app: &App, command: PickCommand, output: Output) -> anyhow::Result<()> {
    match command {
        PickCommand::List => output.result(&slices::picks(app).await?, |picks: &Vec<Pick>| {
            if picks.is_empty() {
                return "no picks yet; freeze a result with `muster pick save NAME --query Q`".to_owned();
            }
            picks.iter().map(pick_line).collect::<Vec<_>>().join("\n")
        }),
        PickCommand::Save { name, query } => {
            let found = search::search(app, query.clone(), None, None).await;
            let found = found.map_err(|error| point_at(&query, error))?;
            let selection = Selection::everything(found.search_id, found.total);
            output.result(&slices::save_pick(app, name, selection, None).await?, pick_line)
        }
        PickCommand::Remove { name } => {
            let found = slices::picks(app).await?.into_iter().find(|pick| pick.name == name);
            let found = found.ok_or_else(|| AppError::not_found(format!("pick {name:?}")))?;
            slices::delete_pick(app, found.pick_id).await?;
            output.result(&serde_json::json!({ "removed": name }), |_| format!("the pick {name:?} is gone"))
        }
    }
}

fn pick_line(pick: &Pick) -> String {
    format!("{:<28} {:>9}  {}", pick.name, pick.count, pick.query)
}

async fn field(app: &App, command: Field, yes: bool, output: Output) -> anyhow::Result<()> {
    match command {
        Field::List => output.result(&fields::user_fields(app).await?, |fields: &Vec<UserField>| {
            if fields.is_empty() {
                return "no fields yet; define one with `muster field define NAME TYPE`".to_owned();
            }
            fields.iter().map(field_line).collect::<Vec<_>>().join("\n")
        }),
        Field::Define { name, field_type, annotation } => {
            output.result(&fields::define_field(app, name, field_type.into(), annotation).await?, field_line)
        }
        Field::Set { name, value, on } => {
            let selection = selected(app, &on.query, on.annotation, yes).await?;
            let set = fields::set_field(app, selection, name, Some(UserFieldValue::Text(value))).await?;
            output.result(&set, |set| format!("{} values set", set.changed))
        }
        Field::Clear { name, on } => {
            let selection = selected(app, &on.query, on.annotation, yes).await?;
            let cleared = fields::set_field(app, selection, name, None).await?;
            output.result(&cleared, |cleared| format!("{} values cleared", cleared.changed))
        }
        Field::Import { file } => {
            let path = file.to_str().context("the path is not UTF-8")?.to_owned();
            output.result(&fields::import_fields(app, path).await?, field_import)
        }
        Field::Remove { name, annotation } => {
            if !yes && !confirmed_removal(&name)? {
                return Err(AppError::cancelled().into());
            }
            fields::remove_field(app, name.clone(), annotation).await?;
            output.result(&serde_json::json!({ "removed": name }), |_| format!("the field {name:?} is gone"))
        }
    }
}

fn confirmed_removal(name: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        let error = AppError::invalid(format!("this removes every value of {name:?} and cannot be taken back"));
        return Err(error.with_remedy("add --yes to do it without being asked").into());
    }
    eprint!("this removes every value of {name:?} and cannot be taken back; go on? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

fn field_line(field: &UserField) -> String {
    let (field_type, prefix) = match (field.field_type, field.on_annotation) {
        (UserFieldType::Number, on) => ("number", on),
        (UserFieldType::Text, on) => ("text", on),
        (UserFieldType::Boolean, on) => ("boolean", on),
        (UserFieldType::Date, on) => ("date", on),
    };
    format!("{}.{:<28} {field_type}", if prefix { "annotation" } else { "field" }, field.name)
}

fn field_import(import: &FieldImport) -> String {
    let mut text = format!(
        "{} rows: {} values set, {} were so already, {} problems",
        import.rows, import.changed, import.unchanged, import.problem_count
    );
    for field in &import.fields {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}", field_line(field));
    }
    for problem in &import.problems {
        let _ = write!(text, "\n  {}", problem.message);
    }
    let told = import.problems.len() as u32;
    if import.problem_count > told {
        let _ = write!(text, "\n  and {} more", import.problem_count - told);
    }
    text
}

async fn note(app: &App, command: Note, output: Output) -> anyhow::Result<()> {
    if let Some(text) = command.text {
        marks::set_note(app, command.capture.clone(), text).await?;
    }
    let note = muster_app::capture::capture(app, command.capture).await?.note;
    output.result(&serde_json::json!({ "note": note }), |_| note.clone().unwrap_or_else(|| "no note".into()))
}

async fn site(app: &App, command: Site, output: Output) -> anyhow::Result<()> {
    if let Site::Set { name, time_zone } = command {
        let time_zone = (!time_zone.eq_ignore_ascii_case("utc")).then_some(time_zone);
        sites::set_time_zone(app, name, time_zone).await?;
    }
    output.result(&sites::sites(app).await?, |sites: &Vec<SiteDto>| {
        let line = |site: &SiteDto| format!("{:<28} {}", site.name, site.time_zone.as_deref().unwrap_or("UTC"));
        sites.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}
