//! The table of settings in `docs/operating.md` is what the code says.

use std::fmt::Write as _;

use super::raw::{Setting, default_of, settings};

const BEGIN: &str = "<!-- settings: made from server/src/config/raw.rs -->\n";
const END: &str = "<!-- end of settings -->";

fn table() -> String {
    let head = "| setting | in the environment | default | what it is |\n|---|---|---|---|\n";
    settings().fold(head.to_owned(), |mut table, setting| {
        let (key, default) = (key(setting), default(setting));
        let explanation = setting.explanation.trim();
        writeln!(
            table,
            "| `{key}` | `{}` | {default} | {explanation} |",
            setting.variable()
        )
        .expect("a string takes all");
        table
    })
}

fn key(setting: &Setting) -> String {
    if setting.section.is_empty() {
        setting.field.to_owned()
    } else {
        format!("{}.{}", setting.section, setting.field)
    }
}

fn default(setting: &Setting) -> String {
    match default_of(setting) {
        None => "–".to_owned(),
        Some(toml::Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
    }
}

#[test]
fn the_table_of_settings_in_the_docs_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operating.md");
    let text = std::fs::read_to_string(path).expect("the docs are there");
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("the docs have a place for the table");
    let (_, after) = rest.split_once(END).expect("the place ends");
    let right = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &right).expect("the docs can be written");
    }
    let written = std::fs::read_to_string(path).expect("the docs are there");
    assert!(
        written == right,
        "docs/operating.md is stale: run the tests once with UPDATE_DOCS=1"
    );
}
