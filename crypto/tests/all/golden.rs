//! The golden files say what this code makes. `POSTERN_BLESS=1` writes them anew, which is right only
//! together with a change of `docs/crypto-format.md`.

#[path = "../golden/objects.rs"]
mod objects;

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn golden_files_are_up_to_date_and_complete() {
    let mut expected = Vec::new();
    for (name, object) in objects::all() {
        let path = folder().join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(&object).expect("JSON of strings and numbers") + "\n";
        if std::env::var_os("POSTERN_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the folder is ours");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "{name}.json is stale: see the head of tests/all/golden.rs"
        );
        expected.push(path);
    }
    let found = std::fs::read_dir(folder())
        .expect("the folder is there")
        .flatten()
        .map(|entry| entry.path());
    let strange =
        found.filter(|path| path.extension().is_some_and(|ext| ext == "json") && !expected.contains(path));
    assert_eq!(strange.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}
