//! Where the programs under test are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of `posternd`.
pub(crate) fn posternd() -> PathBuf {
    program("POSTERND", "posternd")
}

/// The path of `postern`.
pub(crate) fn postern() -> PathBuf {
    program("POSTERN", "postern")
}

/// `cargo xtask test` has built both and says where they are; a test run by hand gets them built now, so that it
/// never speaks to a program older than the code beside it.
fn program(variable: &str, name: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| build_now().join(name), PathBuf::from)
}

fn build_now() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // The same choice as `cargo xtask test` makes, so that nothing is built twice with different features.
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--lib", "--bins", "--tests"])
        .current_dir(root)
        .status()
        .expect("cargo can be started");
    assert!(built.success(), "the programs under test do not build");
    profile_folder()
}

/// `target/debug`, where this test itself lies in `deps/`.
fn profile_folder() -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    test.ancestors()
        .nth(2)
        .expect("cargo builds tests into target/debug/deps")
        .to_path_buf()
}
