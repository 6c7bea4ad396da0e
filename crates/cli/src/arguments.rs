//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{care::Care, curate::Curate};

/// Search, label and export what a fleet of devices captures.
#[derive(Debug, Parser)]
#[command(
    name = "muster",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  muster init                                   make a library in the default place
  muster import ~/photos                        bring pictures in
  muster import annotations.json --format coco  bring pictures with their labels in
  muster prelabel                               let the default models propose
  muster search 'class:person conf:>0.5' --facets
  muster export --format coco --out dataset

Exit codes: 0 done, 1 failed, 2 wrong usage."
)]
pub struct Arguments {
    /// The library's folder; without it the platform's data folder.
    #[arg(long, global = true, env = "MUSTER_LIBRARY", value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// Write JSON to stdout, and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not ask.
    #[arg(long, global = true)]
    pub yes: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a library with a person and a project; an existing one stays as it is.
    Init(Init),
    /// Say what is in the library.
    Info,
    #[command(flatten)]
    Care(Care),
    /// Show the project, or rename it.
    Project(Project),
    /// List and change the classes.
    #[command(subcommand)]
    Schema(Schema),
    /// Bring pictures, or pictures with labels, into the library.
    #[command(after_help = "PATH is a folder, a picture, a video, a zip, tar or tar.gz, or a label file with its \
        pictures beside it.\nImporting again makes nothing twice; an import that was cancelled goes on. An import is one \
        act that undo takes back.")]
    Import(Import),
    /// Say where an imported folder lies now; without arguments list the folders that captures came from.
    #[command(after_help = "Examples:\n  muster relink                      list them\n  \
        muster relink photos /mnt/photos   the folder was moved")]
    Relink(Relink),
    /// Say which imported files have changed, are missing, or are new.
    Changed(Changed),
    /// Fetch captures from an ingest service.
    #[command(after_help = "Examples:\n  muster sync http://127.0.0.1:8080 --token-file token.txt\n  \
        muster sync --follow      go on with every service that is known, until Ctrl+C")]
    Sync(Sync),
    /// Show the services, ask them for a part, or forget one.
    #[command(subcommand)]
    Service(Service),
    /// Keep captures on this machine, with all that labelling them needs.
    #[command(
        subcommand,
        after_help = "Examples:\n  muster offline add --query 'site:depot-1 decision:undecided'\n  \
        muster offline list      says what is ready"
    )]
    Offline(Offline),
    /// Let models propose annotations; what they have seen is not done again.
    Prelabel(Prelabel),
    #[command(flatten)]
    Alike(crate::alike::Alike),
    /// Find captures.
    #[command(after_help = "Examples:\n  muster search 'site:depot-1 class:person decision:undecided conf:>0.5'\n  \
        muster search 'after:2026-11-01 \"no entry\"' --facets --limit 5")]
    Search(crate::search::Search),
    /// Write a dataset that training tools read.
    Export(Export),
    /// Show the models that are at hand.
    #[command(subcommand)]
    Models(Models),
    /// List and cancel jobs.
    #[command(subcommand)]
    Job(Job),
    #[command(flatten)]
    Curate(Curate),
}

#[derive(Debug, Args)]
pub struct Init {
    /// Your name; without it the account's.
    #[arg(long)]
    pub person: Option<String>,
    /// The project's name.
    #[arg(long, default_value = "Project")]
    pub project: String,
}

#[derive(Debug, Args)]
pub struct Project {
    /// The new name.
    #[arg(long)]
    pub name: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Schema {
    /// List the classes, and the model classes that no class answers to.
    List,
    /// Add classes. Proposals that wait under this name get the class.
    Add {
        /// Their names.
        #[arg(required = true)]
        names: Vec<String>,
        /// Another name that the class answers to (with one name only).
        #[arg(long)]
        alias: Vec<String>,
        /// Its number key, 1 to 9 (with one name only); without it the next free one.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=9))]
        key: Option<u8>,
        /// Its colour in the palette, 1 to 20 (with one name only); without it the next one.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=20))]
        colour: Option<u8>,
    },
    /// Give a class another name. Its annotations keep it.
    Rename {
        /// The present name.
        name: String,
        /// The new name.
        new_name: String,
    },
    /// Retire a class: it stays on its annotations and takes no new ones.
    Retire {
        /// Its name.
        name: String,
        /// Take the retirement back.
        #[arg(long)]
        back: bool,
    },
    /// Put classes first, in this order; the others follow as they are.
    Reorder {
        /// Their names.
        #[arg(required = true)]
        names: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub struct Import {
    /// A folder, a picture, a video, an archive, or a label file.
    pub path: PathBuf,
    /// What it is.
    #[arg(long, default_value = "auto")]
    pub format: ImportFormat,
    /// Copy pictures into the library, or leave them where they are. An archive's are always copied.
    #[arg(long, default_value = "copy")]
    pub media: ImportMedia,
    /// Do not make classes of names that no class answers to; they wait to be mapped.
    #[arg(long)]
    pub keep_unmapped: bool,
    /// What becomes of captures and labels that are there already: they stay (skip), get the new labels too (merge), or
    /// labels of earlier imports give way (replace). What a person decided always stays.
    #[arg(long, default_value = "merge")]
    pub on_existing: OnExisting,
    /// Make no second capture of a picture with the bytes of another one.
    #[arg(long)]
    pub skip_duplicates: bool,
    /// Only say what would be imported.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum OnExisting {
    Skip,
    Merge,
    Replace,
}

#[derive(Debug, Args)]
pub struct Relink {
    /// Its name in the library.
    #[arg(requires = "path")]
    pub root: Option<String>,
    /// Where it lies now.
    pub path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Changed {
    /// Its name in the library; without it every folder.
    pub root: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ImportFormat {
    Auto,
    Images,
    Coco,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ImportMedia {
    Copy,
    Reference,
}

#[derive(Debug, Args)]
pub struct Sync {
    /// The service's address; without it every service that is known.
    pub url: Option<String>,
    /// A file that holds the service's API token; needed once for each service.
    #[arg(long, env = "MUSTER_TOKEN_FILE", value_name = "F")]
    pub token_file: Option<PathBuf>,
    /// Go on until Ctrl+C.
    #[arg(long)]
    pub follow: bool,
    #[command(flatten)]
    pub wanted: Wanted,
}

/// A part of a service. Without any of these everything is wanted, or what was chosen before.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Only captures of this site; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub site: Vec<String>,
    /// Only captures of this device; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub device: Vec<String>,
    /// Only what was captured then or later: a day (UTC) or a moment, such as 2026-11-01 or 2026-11-01T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only what was captured before.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Service {
    /// List them, with what is wanted of each and what could not be read.
    List,
    /// Say which captures are wanted from now on; what is here stays. Without a filter: all.
    Want {
        /// Its address.
        url: String,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Show the records of a service that this version cannot read. They are kept, and tried again at each sync.
    Aside {
        /// Its address.
        url: String,
        /// How many to show.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Forget a service. Its captures stay.
    Forget {
        /// Its address.
        url: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Offline {
    /// Keep what a query finds, and fetch what is missing of it.
    Add {
        /// Which captures.
        #[arg(long)]
        query: String,
        /// What to call it; without it the query.
        #[arg(long)]
        name: Option<String>,
    },
    /// List what is kept, what of it is ready, and how full the cache is.
    List,
    /// Fetch again what is missing.
    Resume {
        /// Its id or its name.
        set: String,
    },
    /// Let it go; its originals may leave the cache again.
    Release {
        /// Its id or its name.
        set: String,
    },
}

#[derive(Debug, Args)]
pub struct Prelabel {
    /// The model's id; without it the default models.
    #[arg(long, default_value = "")]
    pub model: String,
    /// Which captures; without it all.
    #[arg(long, default_value = "")]
    pub query: String,
    /// Proposals below are not kept; without it as the model's manifest says.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub min_confidence: f64,
}

#[derive(Debug, Args)]
pub struct Export {
    /// As what.
    #[arg(long, default_value = "coco")]
    pub format: ExportFormat,
    /// Into which folder: new or empty.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Which captures; without it all.
    #[arg(long, default_value = "")]
    pub query: String,
    /// Add undecided proposals, with their score.
    #[arg(long)]
    pub include_proposals: bool,
    /// What to do with the picture files.
    #[arg(long, default_value = "copy")]
    pub media: ExportMedia,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    Coco,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportMedia {
    Copy,
    Link,
    None,
}

#[derive(Debug, Subcommand)]
pub enum Models {
    /// List them.
    List,
    /// Show one.
    Show {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Job {
    /// List the latest.
    List,
    /// Ask one to stop; what it finished is kept.
    Cancel {
        /// Its id.
        id: String,
    },
}
