//! A row as a picture: a bar for each median, a dot for each round.

use crate::row::{Better, Entry, Goal, Heat, Kind, Row, figure};

const WIDTH: f64 = 820.0;
const MARGIN: f64 = 16.0;
const BARS: f64 = WIDTH - 2.0 * MARGIN;
const HEAT: f64 = 34.0;
const ENTRY: f64 = 46.0;

/// It follows the reader's light or dark, with a ground of its own, since a page may follow something else.
const STYLE: &str = "\
.ground { fill: #fcf9f2 } text { font: 13px system-ui, sans-serif; fill: #1a212b } .heat { font-weight: 600; font-size: 15px }
.soft { fill: #65676a } .value { font-weight: 600 } .ours { fill: #b98c3a } .peer { fill: #9b9078 }
.limit { fill: none; stroke: #9b9078; stroke-dasharray: 4 3 } .spread, .goal { stroke: #1a212b } .round { fill: #1a212b }
.goal { stroke-dasharray: 2 3 }
@media (prefers-color-scheme: dark) {
.ground { fill: #13171c } text { fill: #f0e9dc } .soft { fill: #9b978f } .ours { fill: #d8b469 } .peer { fill: #6d6a62 }
.limit { stroke: #9b978f } .spread, .goal { stroke: #f0e9dc } .round { fill: #f0e9dc }
}
";

/// An SVG document.
pub(crate) fn picture(row: &Row) -> String {
    let heights = row.heats.iter().map(height);
    let whole = MARGIN + heights.sum::<f64>();
    let (title, better) = (escaped(&row.title), better(row.better));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {whole}\" role=\"img\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{whole}\" rx=\"8\"/>\n"
    );
    let mut top = MARGIN / 2.0;
    for heat in &row.heats {
        svg += &drawn(heat, row, better, top);
        top += height(heat);
    }
    svg + "</svg>\n"
}

fn height(heat: &Heat) -> f64 {
    HEAT + ENTRY * heat.entries.len() as f64
}

fn better(better: Better) -> &'static str {
    match better {
        Better::More => "more is better",
        Better::Less => "less is better",
    }
}

fn drawn(heat: &Heat, row: &Row, better: &str, top: f64) -> String {
    let base = top + 20.0;
    let (name, unit) = (escaped(&heat.name), &row.unit);
    let head = format!(
        "<text class=\"heat\" x=\"{MARGIN}\" y=\"{base}\">{name}</text>\n\
         <text class=\"soft\" x=\"{}\" y=\"{base}\" text-anchor=\"end\">{unit}, {better}</text>\n",
        WIDTH - MARGIN
    );
    let scale = BARS
        / heat
            .entries
            .iter()
            .map(furthest)
            .fold(f64::MIN_POSITIVE, f64::max);
    let tops = (0..).map(|place| top + HEAT + ENTRY * f64::from(place));
    let entries = heat.entries.iter().zip(tops);
    let entries = entries.map(|(entry, top)| bar(entry, &value(entry, heat, row.better), top, scale));
    head + &entries.collect::<String>()
}

/// What must have a place on the line.
fn furthest(entry: &Entry) -> f64 {
    match entry.goal {
        Some(Goal::Below(goal)) => entry.highest().max(goal),
        _ => entry.highest(),
    }
}

fn value(entry: &Entry, heat: &Heat, better: Better) -> String {
    let median = figure(entry.median());
    match entry.kind {
        Kind::Ours => median,
        _ => format!("{median}, ours is {} ×", figure(heat.ratio_to(entry, better))),
    }
}

fn bar(entry: &Entry, value: &str, top: f64, scale: f64) -> String {
    let (base, bar, dots) = (top + 12.0, top + 18.0, top + 35.0);
    let class = match entry.kind {
        Kind::Ours => "ours",
        Kind::Peer => "peer",
        Kind::Limit => "limit",
    };
    let at = |value: f64| MARGIN + value * scale;
    let (low, high) = (at(entry.lowest()), at(entry.highest()));
    let rounds = entry.figures.iter().map(|&figure| {
        let x = at(figure);
        format!("<circle class=\"round\" cx=\"{x:.1}\" cy=\"{dots}\" r=\"2\"/>")
    });
    format!(
        "<text x=\"{MARGIN}\" y=\"{base}\">{}</text>\n\
         <text class=\"value\" x=\"{}\" y=\"{base}\" text-anchor=\"end\">{value}</text>\n\
         <rect class=\"{class}\" x=\"{MARGIN}\" y=\"{bar}\" width=\"{:.1}\" height=\"12\" rx=\"2\"/>\n\
         <line class=\"spread\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{dots}\" y2=\"{dots}\"/>\n{}\n{}",
        escaped(&entry.name),
        WIDTH - MARGIN,
        entry.median() * scale,
        rounds.collect::<String>(),
        goal(entry, at, bar),
    )
}

/// A line that the bar should not reach.
fn goal(entry: &Entry, at: impl Fn(f64) -> f64, top: f64) -> String {
    let Some(Goal::Below(goal)) = entry.goal else {
        return String::new();
    };
    let (x, from, to) = (at(goal), top - 2.0, top + 20.0);
    format!("<line class=\"goal\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{from}\" y2=\"{to}\"/>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn row() -> Row {
        let with = |entry: Entry, figures: &[f64]| Entry {
            figures: figures.to_vec(),
            ..entry
        };
        Row {
            title: "A row".to_owned(),
            note: "n".to_owned(),
            unit: "s".to_owned(),
            better: Better::Less,
            heats: vec![Heat {
                name: "put".to_owned(),
                entries: vec![
                    with(Entry::ours("Postern"), &[3.0, 1.0, 2.0]),
                    with(Entry::peer("other & co", 5.0), &[9.0, 8.0, 8.0]),
                    with(Entry::limit("nothing at all", 0.4), &[1.0, 1.0, 1.0]),
                ],
            }],
            measured: None,
        }
    }

    #[test]
    fn a_small_row_is_drawn_as_it_was_when_somebody_looked() {
        let drawn = picture(&row());
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/small_row.svg");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(golden, &drawn).expect("the tree can be written");
        }
        let looked_at = std::fs::read_to_string(golden).expect("the picture is in the tree");
        assert!(
            drawn == looked_at,
            "UPDATE_DOCS=1 writes it again; look at it then"
        );
    }

    #[test]
    fn what_must_not_be_reached_is_marked() {
        let mut row = row();
        row.heats[0].entries[0].goal = Some(Goal::Below(10.0));
        assert!(picture(&row).contains("class=\"goal\" x1=\"804.0\""));
    }
}
