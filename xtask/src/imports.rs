//! Who may import whom. These tables are the architecture, written so that a machine can hold us to it.

use anyhow::{Result, bail};

use crate::document::Section;
use crate::metadata::{Metadata, Package};
use crate::place;

/// Says the first of the tables to people.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// Each of our crates, and which others of ours it builds on.
const OURS: &[(&str, &[&str])] = &[
    ("postern-crypto", &[]),
    ("postern-crypto-agreement", &["postern-crypto"]),
    ("postern-protocol", &[]),
    ("postern-disk", &[]),
    ("postern-mime", &[]),
    ("postern-search", &[]),
    ("postern-smtp", &[]),
    (
        "postern-client",
        &[
            "postern-crypto",
            "postern-mime",
            "postern-protocol",
            "postern-search",
            "postern-disk",
        ],
    ),
    ("postern-domain", &["postern-crypto", "postern-protocol"]),
    (
        "postern-storage",
        &["postern-domain", "postern-protocol", "postern-disk"],
    ),
    ("postern-api", &["postern-domain", "postern-protocol"]),
    (
        "postern-smtp-gateway",
        &[
            "postern-smtp",
            "postern-domain",
            "postern-crypto",
            "postern-protocol",
            "postern-disk",
        ],
    ),
    (
        "postern-server",
        &[
            "postern-api",
            "postern-smtp-gateway",
            "postern-storage",
            "postern-domain",
            "postern-protocol",
            "postern-disk",
        ],
    ),
    ("postern-cli", &["postern-client", "postern-disk"]),
    ("postern-web-wasm", &["postern-client"]),
    (
        "postern-web-wasm-suites",
        &["postern-client", "postern-crypto", "postern-web-wasm"],
    ),
    (
        "postern-fuzz-targets",
        &[
            "postern-client",
            "postern-crypto",
            "postern-mime",
            "postern-protocol",
            "postern-search",
            "postern-smtp",
        ],
    ),
    // Stories are told from outside: they run programs, they call no function of ours.
    ("postern-tests", &[]),
    // Races type commands as well; only the ciphers by themselves are called.
    ("postern-bench", &["postern-crypto", "postern-tests"]),
    ("postern-bench-wasm", &["postern-crypto"]),
    ("postern-xtask", &[]),
];

/// Crates that only one or two of ours may name.
const THEIRS: &[(&str, &[&str])] = &[
    ("sqlx", &["postern-storage"]),
    ("rust-s3", &["postern-storage"]),
    ("actix-web", &["postern-api"]),
    ("actix-ws", &["postern-api"]),
    // A browser has one of its own, which it loads when somebody begins to choose a password.
    ("zxcvbn", &["postern-cli"]),
    (
        "wasm-bindgen",
        &[
            "postern-web-wasm",
            "postern-web-wasm-suites",
            "postern-bench-wasm",
        ],
    ),
];

/// Crates that implement algorithms, as the code names them. They are named in one file, where each use has its reason.
const ALGORITHMS: &[&str] = &[
    "argon2",
    "blake3",
    "curve25519_dalek",
    "dryoc",
    "ed25519_dalek",
    "hkdf",
    "hpke",
    "opaque_ke",
    "sha2",
    "crypto_secretbox",
    "xsalsa20poly1305",
];

const ALGORITHMS_CRATE: &str = "postern-crypto";
/// The vectors put other people's test data to the very algorithms; they are not part of what we ship.
const ALGORITHMS_FILES: &[&str] = &["crypto/src/primitives", "crypto/src/vectors"];

/// Fails with every import that the tables do not allow, with every one of ours that they allow in vain, and if the
/// document says anything else.
pub(crate) fn check(metadata: &Metadata) -> Result<()> {
    let packages = &metadata.packages;
    let mut wrong: Vec<String> = packages.iter().flat_map(wrong_imports).collect();
    wrong.extend(packages.iter().flat_map(idle_rights));
    wrong.extend(algorithms_outside_their_file()?);
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Section::read(DOCUMENT, "imports")?.must_say(&table(OURS))
}

/// As people read it: without the prefix that all have.
fn table(rows: &[(&str, &[&str])]) -> String {
    let mut written = "| crate | builds on |\n|---|---|\n".to_owned();
    for (name, allowed) in rows {
        let others: Vec<String> = allowed.iter().map(|name| short(name)).collect();
        let others = if others.is_empty() {
            "–".to_owned()
        } else {
            others.join(", ")
        };
        written += &format!("| {} | {others} |\n", short(name));
    }
    written
}

fn short(name: &str) -> String {
    format!("`{}`", name.trim_start_matches("postern-"))
}

fn wrong_imports(package: &Package) -> Vec<String> {
    let forbidden = package
        .shipped_dependencies()
        .filter(|name| !may_import(&package.name, name));
    forbidden
        .map(|name| format!("{} must not import {name} (xtask/src/imports.rs)", package.name))
        .collect()
}

/// What a row allows and its crate does not use: the table would say more than is so.
fn idle_rights(package: &Package) -> Vec<String> {
    let row = OURS.iter().find(|(name, _)| *name == package.name);
    let allowed = row.map_or(&[][..], |(_, allowed)| allowed);
    let used: Vec<&str> = package.shipped_dependencies().collect();
    let idle = allowed.iter().filter(|name| !used.contains(name));
    idle.map(|name| format!("{} does not import {name} (xtask/src/imports.rs)", package.name))
        .collect()
}

fn may_import(importer: &str, imported: &str) -> bool {
    if imported.starts_with("postern-") {
        let row = OURS.iter().find(|(name, _)| *name == importer);
        return row.is_some_and(|(_, allowed)| allowed.contains(&imported));
    }
    if ALGORITHMS.contains(&imported.replace('-', "_").as_str()) {
        return importer == ALGORITHMS_CRATE;
    }
    let row = THEIRS.iter().find(|(name, _)| *name == imported);
    row.is_none_or(|(_, allowed)| allowed.contains(&importer))
}

fn algorithms_outside_their_file() -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for file in place::tracked("crypto/src")? {
        // With and without its ending, since a module is a file beside a folder.
        if ALGORITHMS_FILES
            .iter()
            .any(|allowed| file.with_extension("").starts_with(allowed))
        {
            continue;
        }
        let text = std::fs::read_to_string(place::root().join(&file))?;
        let named = ALGORITHMS.iter().filter(|name| names_crate(&text, name));
        wrong.extend(named.map(|name| {
            format!(
                "{} names {name}; only {} may",
                file.display(),
                ALGORITHMS_FILES[0]
            )
        }));
    }
    Ok(wrong)
}

/// True if code (not a comment) has the path `krate::`.
fn names_crate(text: &str, krate: &str) -> bool {
    let path = format!("{krate}::");
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    code.into_iter().any(|line| {
        line.match_indices(&path)
            .any(|(at, _)| !line[..at].ends_with(is_of_a_name))
    })
}

fn is_of_a_name(before: char) -> bool {
    before.is_alphanumeric() || before == '_' || before == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_may_import_only_what_its_row_allows() {
        assert!(may_import("postern-client", "postern-crypto"));
        assert!(!may_import("postern-crypto", "postern-protocol"));
        assert!(!may_import("postern-new", "postern-crypto"));
    }

    #[test]
    fn a_guarded_crate_has_few_importers_and_others_have_any() {
        assert!(may_import("postern-storage", "sqlx"));
        assert!(!may_import("postern-api", "sqlx"));
        assert!(!may_import("postern-server", "ed25519-dalek"));
        assert!(may_import("postern-server", "serde"));
    }

    #[test]
    fn the_document_has_a_row_for_each_crate() {
        let rows: &[(&str, &[&str])] = &[("postern-a", &[]), ("postern-b-c", &["postern-a", "postern-d"])];
        assert_eq!(
            table(rows),
            "| crate | builds on |\n|---|---|\n| `a` | – |\n| `b-c` | `a`, `d` |\n"
        );
    }

    #[test]
    fn an_algorithm_is_found_in_code_and_not_in_comments() {
        assert!(names_crate("use blake3::Hasher;", "blake3"));
        assert!(
            names_crate("let h = ::blake3::hash(b);", "blake3")
                || names_crate("let h = blake3::hash(b);", "blake3")
        );
        assert!(!names_crate("// blake3::hash would do", "blake3"));
        assert!(!names_crate("use crate::primitives::blake3::x;", "blake3"));
    }
}
