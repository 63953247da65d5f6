//! What a reviewer should not have to look for: left-overs, paths of somebody's machine, oversized files.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Result, bail};

use crate::place;

/// Marks of work that is not finished. Each is written in two halves so that this file does not find itself.
const LEFT_OVERS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("#[ig", "nore"),
    concat!("test.on", "ly("),
    concat!("test.sk", "ip("),
    concat!("describe.on", "ly("),
    concat!("describe.sk", "ip("),
];

/// Homes of people: a path below one is true on one machine only.
const HOMES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
];

const LONGEST_FILE_LINES: usize = 600;

const CODE: &[&str] = &["rs", "ts", "svelte", "js", "mjs", "py", "sh"];
const GENERATED: &[&str] = &["Cargo.lock", "package-lock.json"];

/// Fails with everything untidy in the files that git knows.
pub(crate) fn check() -> Result<()> {
    let mut wrong = Vec::new();
    for file in place::tracked(".")? {
        // What is not text has no lines to look at.
        if let Ok(text) = fs::read_to_string(place::root().join(&file)) {
            wrong.extend(complaints(&file, &text));
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

fn complaints(file: &Path, text: &str) -> Vec<String> {
    let mut found = file_complaints(file, text);
    for (index, line) in text.lines().enumerate() {
        let complaints = line_complaints(file, line);
        found.extend(complaints.map(|complaint| format!("{}:{}: {complaint}", file.display(), index + 1)));
    }
    found
}

fn file_complaints(file: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if file.ends_with("mod.rs") {
        found.push(format!(
            "{}: modules are `name.rs` beside `name/`",
            file.display()
        ));
    }
    let lines = text.lines().count();
    if has_extension(file, CODE) && lines > LONGEST_FILE_LINES {
        found.push(format!(
            "{}: {lines} lines; nobody reads a file of more than {LONGEST_FILE_LINES}",
            file.display()
        ));
    }
    found
}

fn line_complaints<'a>(file: &'a Path, line: &'a str) -> impl Iterator<Item = String> + 'a {
    let left_over = LEFT_OVERS
        .iter()
        .filter(move |mark| has_extension(file, CODE) && line.contains(**mark));
    let machine = machine_paths()
        .into_iter()
        .filter(move |path| !is_generated(file) && names_path(line, path));
    let outside = steps_outside(file, line).then(|| "points outside of the checkout".to_owned());
    let registry = names_registry(file, line).then(|| "names the registry of one machine".to_owned());
    left_over
        .map(|mark| format!("left over: {mark}"))
        .chain(machine.map(|path| format!("a path of one machine: {path}")))
        .chain(outside)
        .chain(registry)
}

/// Where this very checkout lies, and where people live.
fn machine_paths() -> Vec<String> {
    let root = place::root().display().to_string();
    let around = place::root()
        .parent()
        .map(|around| format!("{}/", around.display()));
    let around = around.filter(|around| around.len() > "/tmp/".len());
    HOMES
        .iter()
        .map(|&home| home.to_owned())
        .chain([root])
        .chain(around)
        .collect()
}

/// A path begins where a word does; `https://host/home/` is no path of a machine.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || ".-_}])$".contains(c)))
}

/// True if the line steps up (`../../x`) further than to the root of the checkout.
fn steps_outside(file: &Path, line: &str) -> bool {
    let depth = file
        .parent()
        .map_or(0, |folder| folder.components().filter(is_folder).count());
    has_extension(file, CODE) && line.contains(&"../".repeat(depth + 1))
}

fn is_folder(component: &Component<'_>) -> bool {
    matches!(component, Component::Normal(_))
}

/// npm writes into its lock file where it fetched from, which another machine cannot reach.
fn names_registry(file: &Path, line: &str) -> bool {
    file.ends_with("package-lock.json") && line.trim_start().starts_with("\"resolved\"")
}

fn is_generated(file: &Path) -> bool {
    GENERATED.iter().any(|name| file.ends_with(name))
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_clean(file: &str, text: &str) -> bool {
        complaints(Path::new(file), text).is_empty()
    }

    #[test]
    fn ordinary_text_is_clean() {
        assert!(is_clean(
            "crypto/src/lib.rs",
            "use crate::x;\n// see https://example.org/home/page\n"
        ));
        assert!(is_clean("web/src/app.ts", "import x from '../../crypto/x';"));
    }

    #[test]
    fn unfinished_work_is_found() {
        assert!(!is_clean("a/b.rs", concat!("// TO", "DO later")));
        assert!(!is_clean("a/b.rs", concat!("#[ig", "nore]")));
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        assert!(!is_clean("README.md", concat!("cd /ho", "me/me/postern")));
        assert!(!is_clean("README.md", &format!("cd {}", place::root().display())));
    }

    #[test]
    fn steps_out_of_the_checkout_are_found() {
        assert!(!is_clean(
            "crypto/src/lib.rs",
            concat!("include_str!(\"../../", "../other/x\")")
        ));
    }

    #[test]
    fn addresses_in_a_lock_file_are_found() {
        assert!(!is_clean(
            "web/package-lock.json",
            "      \"resolved\": \"https://example.org/x.tgz\","
        ));
    }

    #[test]
    fn overlong_files_are_found() {
        assert!(!is_clean("a/b.rs", &"x\n".repeat(LONGEST_FILE_LINES + 1)));
    }
}
