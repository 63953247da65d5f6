//! Makes sure that the web client's folder exists: the files in it, if any, are compiled into the server.

use std::path::Path;

fn main() {
    let built = Path::new("../web/dist");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", built.display());
    // An empty folder is a server without a web client, which says so on its first page.
    let _ = std::fs::create_dir_all(built);
}
