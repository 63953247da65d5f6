//! `docs/benchmarks.md` and its pictures, from the rows that are kept beside them.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::picture::picture;
use crate::row::{Better, Entry, Goal, Heat, Kind, Row, figure};

const HEAD: &str = include_str!("page.md");

/// In the order in which a reader wants them.
const ORDER: &[&str] = &[
    "native",
    "wasm",
    "large",
    "small",
    "browser",
    "memory-tab",
    "memory-server",
    "inbound",
    "inbox",
];

/// Writes the page, and a picture of each row beside the row.
pub(crate) fn write(folder: &Path, page: &Path) -> Result<()> {
    let mut text = HEAD.to_owned();
    for name in ORDER {
        let kept = folder.join(format!("{name}.json"));
        if !kept.exists() {
            continue;
        }
        let row = Row::read(&kept)?;
        fs::write(kept.with_extension("svg"), picture(&row))?;
        let beside = folder.file_name().unwrap_or_default().to_string_lossy();
        text += &section(&row, &format!("{beside}/{name}.svg"));
    }
    Ok(fs::write(page, text)?)
}

fn section(row: &Row, picture: &str) -> String {
    let (title, note) = (&row.title, &row.note);
    let head = format!("\n## {title}\n\n{note}\n\n![{title}]({picture})\n");
    let tables: String = row.heats.iter().map(|heat| table(heat, row)).collect();
    head + &tables + &measured(row)
}

fn measured(row: &Row) -> String {
    let Some(measured) = &row.measured else {
        return String::new();
    };
    let rounds = |heat: &Heat| heat.entries.first().map_or(0, |entry| entry.figures.len());
    let rounds = row.heats.iter().map(rounds).max().unwrap_or(0);
    format!(
        "\nMeasured on {} at commit {}, {rounds} round{}: {}.\n",
        measured.date,
        measured.commit,
        if rounds == 1 { "" } else { "s" },
        measured.machine
    )
}

fn table(heat: &Heat, row: &Row) -> String {
    let raced = is_raced(heat);
    let columns = if raced { " ours is | goal |" } else { " goal |" };
    let rule = if raced { "---|---|" } else { "---|" };
    let head = format!(
        "\n| {} | median, {} | lowest to highest |{columns}\n|---|---|---|{rule}\n",
        heat.name, row.unit
    );
    heat.entries
        .iter()
        .fold(head, |table, entry| table + &line(entry, heat, row.better, raced))
}

/// Whether others than ours took part.
pub(crate) fn is_raced(heat: &Heat) -> bool {
    heat.entries.iter().any(|entry| entry.kind != Kind::Ours)
}

fn line(entry: &Entry, heat: &Heat, better: Better, raced: bool) -> String {
    let (low, high) = (figure(entry.lowest()), figure(entry.highest()));
    let ratio = match (raced, entry.kind) {
        (false, _) => String::new(),
        (true, Kind::Ours) => " |".to_owned(),
        (true, _) => format!(" {} × |", figure(heat.ratio_to(entry, better))),
    };
    let goal = match entry.goal {
        None => String::new(),
        Some(Goal::Times(goal)) => format!("≥ {goal} ×, {}", held(heat.ratio_to(entry, better) >= goal)),
        Some(Goal::Below(goal)) => format!("< {goal}, {}", held(entry.highest() < goal)),
    };
    let name = &entry.name;
    let median = figure(entry.median());
    format!("| {name} | {median} | {low} to {high} |{ratio} {goal} |\n")
}

fn held(is_held: bool) -> &'static str {
    if is_held { "held" } else { "**missed**" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::row;

    #[test]
    fn a_table_tells_ratios_and_whether_goals_hold() {
        let row = row();
        assert_eq!(
            table(&row.heats[0], &row),
            "\n| put | median, s | lowest to highest | ours is | goal |\n|---|---|---|---|---|\n\
             | Postern | 2.00 | 1.00 to 3.00 | |  |\n\
             | other & co | 8.00 | 8.00 to 9.00 | 4.00 × | ≥ 5 ×, **missed** |\n\
             | nothing at all | 1.00 | 1.00 to 1.00 | 0.50 × | ≥ 0.4 ×, held |\n"
        );
    }

    #[test]
    fn where_nobody_else_took_part_there_are_no_ratios() {
        let mut row = row();
        row.heats[0].entries.truncate(1);
        row.heats[0].entries[0].goal = Some(Goal::Below(4.0));
        assert!(table(&row.heats[0], &row).ends_with("| Postern | 2.00 | 1.00 to 3.00 | < 4, held |\n"));
    }

    /// What is generated and kept must be what would be generated now.
    #[test]
    fn the_page_and_its_pictures_are_what_the_rows_say() {
        let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
        let work = tempfile::tempdir().expect("a temporary folder");
        let copy = work.path().join("benchmarks");
        fs::create_dir(&copy).expect("a new folder");
        for file in postern_tests::every_file(&docs.join("benchmarks")) {
            let name = file.file_name().expect("files have names");
            fs::copy(&file, copy.join(name)).expect("the file is there");
        }
        let page = work.path().join("benchmarks.md");
        write(&copy, &page).expect("rows that can be read");
        let hint = "cargo xtask bench --peers page writes it again";
        let read = |path: &Path| fs::read_to_string(path).expect("a text");
        assert!(read(&page) == read(&docs.join("benchmarks.md")), "{hint}");
        for file in postern_tests::every_file(&copy) {
            let name = file.file_name().expect("files have names");
            assert!(
                read(&file) == read(&docs.join("benchmarks").join(name)),
                "{}: {hint}",
                file.display()
            );
        }
    }
}
