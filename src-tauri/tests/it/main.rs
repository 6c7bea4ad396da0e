//! The generated TypeScript equals the committed one.

use std::path::PathBuf;

#[test]
fn bindings_are_up_to_date() {
    let committed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ui/src/backend/generated/bindings.ts");
    let scratch = std::env::temp_dir().join(format!("muster-bindings-{}.ts", std::process::id()));
    muster_desktop::bindings::builder().export(muster_desktop::bindings::typescript(), &scratch).unwrap();
    let generated = std::fs::read_to_string(&scratch).unwrap();
    std::fs::remove_file(&scratch).unwrap();
    if std::env::var_os("MUSTER_UPDATE_BINDINGS").is_some() {
        std::fs::create_dir_all(committed.parent().unwrap()).unwrap();
        std::fs::write(&committed, generated).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(
        committed == generated,
        "the bindings have drifted from the Rust types; run: MUSTER_UPDATE_BINDINGS=1 cargo test -p muster-desktop bindings"
    );
}
