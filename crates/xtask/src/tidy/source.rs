//! Rules on the text of files: documentation, length, names, SQL, stray paths and hosts.

use super::{Finding, SourceFile};

/// The longest file outside tests and generated code, lines.
const MAX_LINES: usize = 700;

/// Type names that say nothing. `ServiceId` and the like are fine: the word must be the end of the name.
const EMPTY_SUFFIXES: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils", "Service"];

/// Synonyms of the vocabulary in identifiers that people meet: (wrong, right).
const SYNONYMS: &[(&str, &str)] = &[
    ("LabelBox", "Annotation"),
    ("Prediction", "Proposal (prediction is for evaluation only)"),
    ("Datapoint", "Capture"),
    ("Workspace", "Library or Project"),
    ("Attachment", "Asset"),
    ("Detector Event", "TriggerHit"),
];

/// Checks every file.
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        if file.path.starts_with("crates/xtask/src/tidy/") {
            continue;
        }
        let generated = file.path.contains("/generated/");
        if is_code(&file.path) && !generated {
            findings.extend(length(file));
            findings.extend(names(file));
        }
        if extension(&file.path) == "rs" {
            findings.extend(module_documentation(file));
            findings.extend(sql(file));
        }
        findings.extend(strays(file));
    }
    findings
}

fn is_code(path: &str) -> bool {
    matches!(extension(path), "rs" | "ts" | "tsx")
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn length(file: &SourceFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    (lines > MAX_LINES && !file.is_test())
        .then(|| format!("{}: {lines} lines; {MAX_LINES} is the limit: split it along its seams", file.path))
}

fn module_documentation(file: &SourceFile) -> Option<Finding> {
    let first = file.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!"));
    let documented = first.is_some_and(|line| line.starts_with("//!"));
    (!documented).then(|| format!("{}:1: a module opens with a `//!` line that says what it is", file.path))
}

fn names(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (ordinal, line) in file.text.lines().enumerate() {
        let Some(name) = declared_type(line) else { continue };
        for suffix in EMPTY_SUFFIXES {
            if name.ends_with(suffix) && name != *suffix {
                findings.push(format!("{}:{}: `{name}`: a name says the thing, not {suffix}", file.path, ordinal + 1));
            }
        }
        for (wrong, right) in SYNONYMS {
            if name.contains(wrong) {
                findings.push(format!("{}:{}: `{name}`: the vocabulary says {right}", file.path, ordinal + 1));
            }
        }
    }
    findings
}

/// The name that a line declares as struct, enum, trait, class, interface or type.
fn declared_type(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        matches!(*word, "export" | "default" | "pub" | "abstract" | "declare") || word.starts_with("pub(")
    });
    let keyword = words.next()?;
    if !matches!(keyword, "struct" | "enum" | "trait" | "class" | "interface" | "type") {
        return None;
    }
    words.next()?.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

/// SQL lives beside its table and nowhere else.
fn sql(file: &SourceFile) -> Vec<Finding> {
    let is_home = file.path.contains("/src/table/") || file.is_test() || file.path.starts_with("benches/");
    if is_home {
        return Vec::new();
    }
    let starts = ["\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM ", "\"CREATE TABLE ", "r#\"SELECT "];
    lines_with(file, &starts, "SQL lives in src/table/")
}

/// No path of a machine and no host of a package registry in any file.
fn strays(file: &SourceFile) -> Vec<Finding> {
    if file.path == "Cargo.lock" || file.path.ends_with("LICENSE") || file.path.starts_with("assets/") {
        return Vec::new();
    }
    let hosts = ["registry.npmjs", "files.pythonhosted", "static.crates", "index.crates", "deb.debian"];
    let mut findings = lines_with(file, &hosts, "no host of a package registry: fetch by name");
    findings.extend(lines_with(file, &["/root/.", "/work/main", "/work/shared", "/home/"], "no path of a machine"));
    findings
}

fn lines_with(file: &SourceFile, needles: &[&str], remedy: &str) -> Vec<Finding> {
    let matches = |line: &str| needles.iter().any(|needle| line.contains(needle));
    let at = |(ordinal, _): (usize, &str)| format!("{}:{}: {remedy}", file.path, ordinal + 1);
    file.text.lines().enumerate().filter(|(_, line)| matches(line)).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check(&[SourceFile { path: path.into(), text: text.into() }]).len()
    }

    #[test]
    fn each_rule_fires_and_each_exception_holds() {
        for (path, text, expected) in [
            ("crates/a/src/lib.rs", "//! Fine.\npub struct Capture;", 0),
            ("crates/a/src/lib.rs", "pub struct Capture;", 1),
            ("crates/a/src/lib.rs", "//! A.\npub(crate) struct UploadManager;", 1),
            ("crates/a/src/lib.rs", "//! A.\npub struct Service;", 0),
            ("ui/src/a.ts", "export interface PredictionRow {}", 1),
            ("crates/a/src/lib.rs", "//! A.\nconst Q: &str = \"SELECT 1\";", 1),
            ("crates/a/src/table/x.rs", "//! A.\nconst Q: &str = \"SELECT 1\";", 0),
            ("docs.md", "see /root/.cargo", 1),
            ("ui/package-lock.json", "registry.npmjs", 1),
        ] {
            assert_eq!(findings(path, text), expected, "{path}: {text}");
        }
        assert_eq!(findings("crates/a/src/x.rs", &format!("//! A.\n{}", "\n".repeat(MAX_LINES))), 1);
        assert_eq!(findings("crates/a/tests/it/x.rs", &format!("//! A.\n{}", "\n".repeat(MAX_LINES))), 0);
    }
}
