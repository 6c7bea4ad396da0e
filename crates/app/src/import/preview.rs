//! What an import would do, from names, sizes and first bytes. Only files that could be duplicates, because another one
//! has their size, are read in full, and only for a few seconds.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::Read as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use muster_domain::digest::Digest;
use muster_store::import::{ImportFailure, KnownFile};

use super::{
    ImportPreview, ImportProblem, NameCount,
    plan::{ImportPlan, PlannedPicture},
    scratch::Scratch,
};
use crate::{
    app::{App, Urgency},
    error::AppResult,
    session::opened::OpenLibrary,
};

/// Problems that are named.
const NAMED_PROBLEMS: usize = 100;
/// How long files are compared.
const COMPARING: Duration = Duration::from_secs(3);
/// The first bytes that tell a format.
const HEAD_BYTES: u64 = 512;

/// What an import would do.
pub async fn preview_import(app: &App, path: String, format: String) -> AppResult<ImportPreview> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let roots = opened.library.import_roots().await?;
    let scratch = Scratch::of_preview(&opened.library).await?;
    let folder = scratch.path().to_owned();
    let plan = app.blocking(Urgency::Interactive, move || ImportPlan::make(&path, &format, &roots, &folder)).await?;
    drop(scratch);
    let schema = opened.library.schema(identity.project_id).await?;
    let mut unknown_classes: Vec<NameCount> = plan
        .class_names()
        .into_iter()
        .filter(|(name, _)| schema.class_named(name).is_none())
        .map(|(name, count)| NameCount { name: name.to_owned(), count })
        .collect();
    unknown_classes.sort_by(|left, right| right.count.cmp(&left.count).then_with(|| left.name.cmp(&right.name)));
    let mut known: HashMap<String, KnownFile> = HashMap::new();
    for file in opened.library.known_files(&plan.root.name).await? {
        known.insert(file.relative_path.clone(), file);
    }
    let looked = Looked::at(app, &opened, &plan, known).await?;
    let mut problems: Vec<ImportProblem> =
        plan.failures().chain(looked.unreadable.iter().cloned()).map(named).collect();
    problems.truncate(NAMED_PROBLEMS);
    Ok(ImportPreview {
        format: plan.format_name().into(),
        root: plan.root.name.clone(),
        is_archive: plan.listing.archive.is_some(),
        images: plan.pictures.len() as u64,
        bytes: plan.pictures.iter().map(|picture| picture.bytes).sum(),
        annotations: plan.annotations() as u64,
        matched: looked.matched,
        changed: looked.changed,
        new: looked.new,
        duplicate: looked.duplicate,
        duplicate_is_partial: looked.duplicate_is_partial,
        unreadable: (plan.listing.failures.len() + looked.unreadable.len()) as u64,
        missing: plan.missing.len() as u64,
        problems,
        unknown_classes,
    })
}

fn named(failure: ImportFailure) -> ImportProblem {
    ImportProblem { path: failure.path, reason: failure.reason }
}

/// What a look at the files says.
#[derive(Default)]
struct Looked {
    matched: u64,
    changed: u64,
    new: u64,
    duplicate: u64,
    duplicate_is_partial: bool,
    unreadable: Vec<ImportFailure>,
}

/// A file to look at, with what the library has of it.
struct Candidate {
    path: PathBuf,
    relative_path: String,
    bytes: u64,
    known: Option<KnownFile>,
}

impl Looked {
    async fn at(
        app: &App,
        opened: &OpenLibrary,
        plan: &ImportPlan,
        mut known: HashMap<String, KnownFile>,
    ) -> AppResult<Self> {
        let mut looked = Self::default();
        let mut candidates = Vec::new();
        for picture in &plan.pictures {
            let known = known.remove(&picture.relative_path);
            match known {
                Some(known) if is_same(picture, &known, plan.listing.archive.is_some()) => looked.matched += 1,
                known if plan.listing.archive.is_some() => looked.count(known.is_some()),
                known => candidates.push(Candidate {
                    path: plan.listing.on_disk(&picture.path),
                    relative_path: picture.relative_path.clone(),
                    bytes: picture.bytes,
                    known,
                }),
            }
        }
        let sizes: Vec<u64> = candidates.iter().map(|candidate| candidate.bytes).collect();
        let in_library = opened.library.asset_sizes(&sizes).await?;
        let (mut looked, digests) =
            app.blocking(Urgency::Interactive, move || Ok(looked.compare(candidates, &in_library))).await?;
        let mut there: HashSet<Digest> = HashSet::new();
        for (digest, ..) in opened.library.captures_with_bytes(&digests).await? {
            there.insert(digest);
        }
        for digest in digests {
            looked.duplicate += u64::from(!there.insert(digest));
        }
        Ok(looked)
    }

    fn count(&mut self, known: bool) {
        if known {
            self.changed += 1;
        } else {
            self.new += 1;
        }
    }

    /// Looks at first bytes, and hashes what may be the same as another file. The digests of all that may be duplicates.
    fn compare(mut self, candidates: Vec<Candidate>, in_library: &HashSet<u64>) -> (Self, Vec<Digest>) {
        let mut of_size: HashMap<u64, u32> = HashMap::new();
        for candidate in &candidates {
            *of_size.entry(candidate.bytes).or_default() += 1;
        }
        let begun = Instant::now();
        let mut digests = Vec::new();
        for candidate in candidates {
            if let Some(reason) = unusable(&candidate) {
                self.unreadable.push(ImportFailure { path: candidate.relative_path, reason });
                continue;
            }
            let comparable = of_size[&candidate.bytes] > 1 || in_library.contains(&candidate.bytes);
            if !comparable {
                self.count(candidate.known.is_some());
                continue;
            }
            if begun.elapsed() > COMPARING {
                self.duplicate_is_partial = true;
                self.count(candidate.known.is_some());
                continue;
            }
            match muster_media::hash_file(&candidate.path) {
                Err(error) => {
                    let reason = error.to_string();
                    self.unreadable.push(ImportFailure { path: candidate.relative_path, reason });
                }
                // Only its time is another one.
                Ok((digest, _)) if candidate.known.as_ref().is_some_and(|known| known.digest == digest) => {
                    self.matched += 1;
                }
                Ok((digest, _)) => {
                    self.count(candidate.known.is_some());
                    digests.push(digest);
                }
            }
        }
        (self, digests)
    }
}

/// True when size and time say so. An archive's times are not kept for pictures of earlier versions: size decides.
fn is_same(picture: &PlannedPicture, known: &KnownFile, in_archive: bool) -> bool {
    picture.bytes == known.bytes
        && (in_archive || picture.modified_micros.is_some() && picture.modified_micros == known.modified_micros)
}

/// Why the first bytes say that a file cannot be used.
fn unusable(candidate: &Candidate) -> Option<String> {
    let mut head = Vec::new();
    match File::open(&candidate.path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)) {
        Err(error) => Some(error.to_string()),
        Ok(0) => Some("the file has no bytes".into()),
        Ok(_) if muster_media::sniff(&head).is_none() => Some("it is no picture or video that Muster reads".into()),
        Ok(_) => None,
    }
}
