//! The floors inside `muster-app`: its modules know each other in one direction only.
//!
//! Edges are read from `use crate::…` and from paths that begin with `crate::`. A cycle between two features is the
//! beginning of a crate in which everything knows everything.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, SourceFile};

const APP: &str = "crates/app/src/";

/// Names that `lib.rs` exports from another module.
const EXPORTED: &[(&str, &str)] = &[("app", "session"), ("event", "session"), ("job", "session")];

/// Finds cycles among the top modules of the application.
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let Some(module) = module_of(&file.path) else { continue };
        let known = edges.entry(module).or_default();
        known.extend(heads(&file.text).into_iter().map(home).filter(|name| *name != module));
    }
    let modules: Vec<&str> = edges.keys().copied().collect();
    for known in edges.values_mut() {
        known.retain(|name| modules.contains(name));
    }
    cycle(edges)
        .into_iter()
        .map(|names| format!("{APP}: {} know each other: make one the lower floor", names.join(", ")))
        .collect()
}

/// The top module that a file belongs to.
fn module_of(path: &str) -> Option<&str> {
    let below = path.strip_prefix(APP)?;
    let name = below.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name != "lib").then_some(name)
}

fn home(name: &str) -> &str {
    EXPORTED.iter().find(|(exported, _)| *exported == name).map_or(name, |(_, module)| module)
}

/// The names that follow `crate::`, also those in braces.
fn heads(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let is_part_of_a_word = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        let rest = &text[at + "crate::".len()..];
        if is_part_of_a_word {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(braced) => found.extend(first_names(braced)),
            None => found.extend(name_at(rest)),
        }
    }
    found
}

/// The first name of each item of a braced list; `list` begins behind the brace.
fn first_names(list: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut begins) = (1, true);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => begins = true,
            c if begins && depth == 1 && (c.is_alphabetic() || c == '_') => {
                found.extend(name_at(&list[at..]));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn name_at(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

/// What is left when everything that stands on nothing, or that nothing stands on, is taken away again and again.
fn cycle(mut edges: BTreeMap<&str, BTreeSet<&str>>) -> Option<Vec<String>> {
    loop {
        let known: BTreeSet<&str> = edges.values().flatten().copied().collect();
        let free: Vec<&str> =
            edges.iter().filter(|(name, to)| to.is_empty() || !known.contains(*name)).map(|(name, _)| *name).collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            edges.remove(name);
            for to in edges.values_mut() {
                to.remove(name);
            }
        }
    }
    (!edges.is_empty()).then(|| edges.keys().map(|name| (*name).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: &[(&str, &str)]) -> usize {
        let file = |(path, text): &(&str, &str)| SourceFile { path: format!("{APP}{path}"), text: (*text).into() };
        check(&files.iter().map(file).collect::<Vec<_>>()).len()
    }

    #[test]
    fn features_that_know_each_other_are_found() {
        let down = ("search/mod.rs", "use crate::{app::App, session::{opened::OpenLibrary, index}, error};");
        let session = ("session/app.rs", "use crate::error::AppError;");
        let error = ("error.rs", "");
        assert_eq!(findings(&[down, session, error]), 0);
        assert_eq!(findings(&[down, ("session/app.rs", "fn f() { crate::search::run() }"), error]), 1);
        assert_eq!(
            findings(&[("a.rs", "use crate::{b::{c, d}};"), ("b.rs", "use crate::{x, a::Y};"), ("x.rs", "")]),
            1
        );
        assert_eq!(findings(&[("a.rs", "use muster_crate::b;"), ("b.rs", "use crate::a::Y;")]), 0);
    }
}
