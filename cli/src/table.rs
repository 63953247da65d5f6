//! Columns that stand under each other.

use console::{Alignment, measure_text_width, pad_str};

/// Rows of cells; the columns named in `right` are aligned to the right, the last one is not padded.
pub(crate) fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|column| width(rows, column)).collect();
    rows.iter().map(|row| line(row, &widths, right)).collect()
}

fn width(rows: &[Vec<String>], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column));
    cells.map(|cell| measure_text_width(cell)).max().unwrap_or(0)
}

fn line(row: &[String], widths: &[usize], right: &[usize]) -> String {
    let cells = row.iter().enumerate().map(|(column, cell)| {
        let alignment = if right.contains(&column) {
            Alignment::Right
        } else {
            Alignment::Left
        };
        pad_str(cell, widths[column], alignment, None)
    });
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows = [["9 B", "a", "x"], ["10 KiB", "bcd", "yz"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows, &[0]), "   9 B  a    x\n10 KiB  bcd  yz\n");
        assert_eq!(table(&[], &[]), "");
    }
}
