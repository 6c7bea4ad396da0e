//! File names inside an export: readable, safe on every file system, and never the same twice.

use std::collections::HashMap;

/// Hands out relative paths. Two that differ only in case count as the same, for file systems that see it so.
#[derive(Debug, Default)]
pub struct UniqueNames {
    taken: HashMap<String, u32>,
}

impl UniqueNames {
    /// A path of its own for `wanted` (forward slashes): the same where it is safe and free, else with a number before
    /// the extension.
    pub fn unique(&mut self, wanted: &str) -> String {
        let safe = safe_path(wanted);
        let (stem, extension) = split_extension(&safe);
        let mut candidate = safe.clone();
        let mut number = self.taken.get(&folded(&safe)).copied().unwrap_or(0);
        while self.taken.contains_key(&folded(&candidate)) {
            number += 1;
            candidate = format!("{stem}~{number}{extension}");
        }
        // The next clash on this name starts where this one ended.
        self.taken.insert(folded(&safe), number);
        self.taken.entry(folded(&candidate)).or_insert(0);
        candidate
    }
}

fn folded(path: &str) -> String {
    path.to_lowercase()
}

/// Components that are empty, `.` or `..` go; characters that some file system refuses become `_`.
fn safe_path(path: &str) -> String {
    let components: Vec<String> =
        path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).map(safe_component).collect();
    if components.is_empty() { "picture".into() } else { components.join("/") }
}

fn safe_component(component: &str) -> String {
    let refused = |c: char| c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let safe: String = component.chars().map(|c| if refused(c) { '_' } else { c }).collect();
    // 255 bytes is the longest name on common file systems; a number may still be added.
    let mut end = safe.len().min(240);
    while !safe.is_char_boundary(end) {
        end -= 1;
    }
    if end == safe.len() {
        return safe;
    }
    let (_, extension) = split_extension(&safe);
    let mut cut = end.saturating_sub(extension.len());
    while !safe.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{extension}", &safe[..cut])
}

/// The last extension, with its dot: at most 10 bytes, so that dotted names stay whole.
fn split_extension(path: &str) -> (&str, &str) {
    let name_start = path.rfind('/').map_or(0, |slash| slash + 1);
    match path.rfind('.') {
        Some(dot) if dot > name_start && path.len() - dot <= 10 => path.split_at(dot),
        _ => (path, ""),
    }
}
