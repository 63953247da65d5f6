//! Makes the golden objects and compares them with the files, to be run inside WebAssembly: a difference
//! between the native code and what browsers run ends in a trap. `run.mjs` loads and runs it.
//!
//! It has no input and no output, so it needs neither a runtime's interfaces nor unsafe code.

#[path = "../../tests/golden/objects.rs"]
mod objects;

macro_rules! files {
    ($($name:literal,)+) => {
        &[$(($name, include_str!(concat!("../../tests/golden/", $name, ".json"))),)+]
    };
}

const FILES: &[(&str, &str)] = files![
    "slot_password",
    "slot_recovery",
    "identity",
    "sealing",
    "root",
    "state",
    "mail_root",
    "directory",
    "node_file",
    "node_folder",
    "head",
    "link_folder",
    "link_file_with_password",
    "link_archive",
    "stream_one_chunk",
    "stream_two_chunks",
    "letter",
    "mail",
    "mail_mark",
    "mail_manifest",
    "mail_listing",
    "mail_own",
    "login",
];

fn main() {
    let made = objects::all();
    assert_eq!(made.len(), FILES.len(), "a file for each object");
    for ((name, object), (file, text)) in made.iter().zip(FILES) {
        let kept: serde_json::Value = serde_json::from_str(text).expect("golden files are JSON");
        assert!(name == file && *object == kept, "{name} differs");
    }
}
