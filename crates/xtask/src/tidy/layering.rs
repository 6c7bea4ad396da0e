//! Which crate may know which, and what must never be linked where.

use std::{collections::BTreeMap, path::Path, process::Command};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Finding;

/// Every edge that a crate may have to another crate of the workspace. A new edge needs a line here and a reason in
/// `crates/DECISIONS.md`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("muster-domain", &[]),
    ("muster-protocol", &["muster-domain"]),
    ("muster-trigger", &["muster-domain"]),
    ("muster-media", &["muster-domain"]),
    ("muster-inference", &["muster-domain"]),
    ("muster-index", &["muster-domain"]),
    ("muster-store", &["muster-domain"]),
    ("muster-formats", &["muster-domain"]),
    ("muster-client", &["muster-domain", "muster-protocol"]),
    ("muster-edge", &["muster-domain", "muster-protocol", "muster-client", "muster-trigger"]),
    ("muster-edge-agent", &["muster-domain", "muster-edge", "muster-trigger"]),
    ("muster-edge-av", &["muster-domain", "muster-media"]),
    ("muster-ingest", &["muster-domain", "muster-protocol"]),
    (
        "muster-app",
        &[
            "muster-client",
            "muster-domain",
            "muster-formats",
            "muster-index",
            "muster-inference",
            "muster-media",
            "muster-protocol",
            "muster-store",
            "muster-trigger",
        ],
    ),
    ("muster-cli", &["muster-app"]),
    ("muster-desktop", &["muster-app"]),
    ("xtask", &[]),
];

/// Packages that check crates against each other may know everything.
const UNBOUND: &[&str] = &["muster-tests", "muster-benches"];

/// What a crate must not link, itself or through others: (crate, packages, reason).
const BANNED: &[(&str, &[&str], &str)] = &[
    ("muster-domain", &["tokio", "sqlx", "reqwest", "hyper"], "the domain knows no IO and no async"),
    (
        "muster-edge",
        &["tauri", "axum", "sqlx", "libsqlite3-sys", "ffmpeg-next", "image", "ort"],
        "other programs embed the uploader: it stays light and decodes nothing",
    ),
    (
        "muster-edge-agent",
        &["tauri", "axum", "sqlx", "libsqlite3-sys", "ffmpeg-next"],
        "libav is linked by muster-edge-av alone",
    ),
    ("muster-ingest", &["tauri", "ffmpeg-next", "ort"], "the service never decodes what devices send"),
    ("muster-cli", &["tauri"], "the command line has no window"),
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// Checks edges and bans against cargo's own resolution.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("cargo metadata runs")?;
    anyhow::ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata is JSON")?;
    let graph = Graph::of(&metadata);
    let members: Vec<&str> = metadata.workspace_members.iter().map(|id| graph.names[id.as_str()]).collect();
    let mut findings = edges(&graph, &metadata, &members);
    findings.extend(bans(&graph));
    Ok(findings)
}

/// Normal dependencies only: what is linked into the product.
struct Graph<'a> {
    names: BTreeMap<&'a str, &'a str>,
    normal: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        let names = metadata.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let is_normal = |dependency: &&Dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
        let normal = metadata
            .resolve
            .nodes
            .iter()
            .map(|node| {
                (
                    node.id.as_str(),
                    node.deps.iter().filter(is_normal).map(|dependency| dependency.pkg.as_str()).collect(),
                )
            })
            .collect();
        Self { names, normal }
    }

    fn id_of(&self, name: &str) -> Option<&'a str> {
        self.names.iter().find(|(_, candidate)| **candidate == name).map(|(id, _)| *id)
    }

    /// Everything that `name` links.
    fn reachable(&self, name: &str) -> Vec<&'a str> {
        let mut seen = std::collections::BTreeSet::new();
        let mut open: Vec<&str> = self.id_of(name).into_iter().collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(&self.normal[id]);
            }
        }
        seen.into_iter().map(|id| self.names[id]).collect()
    }
}

fn edges(graph: &Graph<'_>, metadata: &Metadata, members: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for id in &metadata.workspace_members {
        let name = graph.names[id.as_str()];
        if UNBOUND.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(candidate, _)| *candidate == name) else {
            findings.push(format!("crates/xtask/src/tidy/layering.rs: {name} is not in the table of allowed edges"));
            continue;
        };
        for known in graph.normal[id.as_str()].iter().map(|id| graph.names[id]) {
            if members.contains(&known) && !allowed.contains(&known) {
                findings.push(format!("{name} knows {known}: this edge is not in the table of allowed edges"));
            }
        }
    }
    findings
}

fn bans(graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, banned, reason) in BANNED {
        let reachable = graph.reachable(name);
        for package in banned.iter().filter(|package| reachable.contains(*package)) {
            findings.push(format!("{name} links {package}: {reason}"));
        }
    }
    findings
}
