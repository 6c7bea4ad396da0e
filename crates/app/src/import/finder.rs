//! Finds the pictures that a label file names: beside it, in the folders that tools put them, or by a name that is
//! unique.

use std::collections::{HashMap, HashSet};

use super::listing::ListedFile;

/// The files of a listing by path and by name.
pub(super) struct Finder<'a> {
    paths: HashSet<&'a str>,
    by_name: HashMap<&'a str, Vec<&'a str>>,
    /// Folders to look into first, best first; each ends with a slash or is empty.
    folders: Vec<String>,
}

impl<'a> Finder<'a> {
    /// For the label file at `labels`, a path of the listing.
    pub fn new(files: &'a [ListedFile], labels: &str) -> Self {
        let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
        for file in files {
            by_name.entry(name_of(&file.path)).or_default().push(&file.path);
        }
        Self { paths: files.iter().map(|file| file.path.as_str()).collect(), by_name, folders: folders(labels) }
    }

    /// The path of a picture; `None` when it is nowhere, or when several could be meant.
    pub fn find(&self, file_name: &str) -> Option<&'a str> {
        let plain = file_name.replace('\\', "/");
        let parts: Vec<&str> = plain.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let below = parts.join("/");
        let beside = self.folders.iter().find_map(|folder| self.paths.get(format!("{folder}{below}").as_str()));
        beside.copied().or_else(|| {
            let namesakes = self.by_name.get(*parts.last()?)?;
            // The longest end of the path that some file has decides; two files that have it decide nothing.
            (0..parts.len()).find_map(|from| {
                let end = parts[from..].join("/");
                let mut having = namesakes.iter().filter(|path| ends_with(path, &end));
                let first = having.next()?;
                Some(having.next().is_none().then_some(*first))
            })?
        })
    }
}

fn ends_with(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `annotations/instances_val2017.json` has its pictures in `images/val2017`, `val2017` or `images`; another file has
/// them in `images`, beside it or in `data`.
fn folders(labels: &str) -> Vec<String> {
    let folder = labels.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
    let stem = name_of(labels);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let subset = stem.rsplit('_').next().unwrap_or_default();
    let mut folders = Vec::new();
    let trimmed = folder.trim_end_matches('/');
    if name_of(trimmed) == "annotations" {
        let above = trimmed.rsplit_once('/').map(|(above, _)| format!("{above}/")).unwrap_or_default();
        folders.extend([
            format!("{above}images/{subset}/"),
            format!("{above}{subset}/"),
            format!("{above}images/"),
            above,
        ]);
    }
    folders.extend([format!("{folder}images/"), folder.clone(), format!("{folder}data/")]);
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_meant_and_nothing_that_is_not() {
        let files: Vec<ListedFile> = [
            "annotations/instances_val.json",
            "images/val/1.jpg",
            "images/train/1.jpg",
            "images/train/2.jpg",
            "elsewhere/deep/3.jpg",
            "a/same.jpg",
            "b/same.jpg",
        ]
        .map(|path| ListedFile { path: path.into(), bytes: 1, modified_micros: None })
        .into();
        let finder = Finder::new(&files, "annotations/instances_val.json");
        let check = |name: &str, expected: Option<&str>| assert_eq!(finder.find(name), expected, "{name}");
        check("1.jpg", Some("images/val/1.jpg"));
        check("train/1.jpg", Some("images/train/1.jpg"));
        check("2.jpg", Some("images/train/2.jpg"));
        check("/mnt/somebody/deep/3.jpg", Some("elsewhere/deep/3.jpg"));
        check("C:\\data\\b\\same.jpg", Some("b/same.jpg"));
        check("../../b/same.jpg", Some("b/same.jpg"));
        check("same.jpg", None);
        check("missing.jpg", None);
        check("", None);
    }
}
