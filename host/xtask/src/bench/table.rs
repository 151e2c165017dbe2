//! The table that `cargo xtask bench` prints: Markdown, so that it can be pasted into the book.

/// One line of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// What was measured and its unit.
    pub(super) figure: String,
    pub(super) median: String,
    /// Least and greatest of the runs.
    pub(super) range: String,
    pub(super) target: String,
    /// Whether the target is met; none when there is no target.
    pub(super) holds: Option<bool>,
    pub(super) peer: String,
    /// Ours over the peer's.
    pub(super) ratio: String,
}

const TITLES: [&str; 7] = [
    "figure", "median", "min..max", "target", "holds", "peer", "ratio",
];

/// The rows as a Markdown table with aligned columns.
pub(super) fn markdown(rows: &[Row]) -> String {
    let cells: Vec<[String; 7]> = rows.iter().map(cells_of).collect();
    let widths: Vec<usize> = TITLES
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let widest = cells
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0);
            widest.max(title.len())
        })
        .collect();
    let mut lines = vec![line(&TITLES.map(str::to_owned), &widths)];
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    lines.push(format!("|{}|", rules.join("|")));
    lines.extend(cells.iter().map(|row| line(row, &widths)));
    lines.join("\n")
}

fn cells_of(row: &Row) -> [String; 7] {
    let holds = match row.holds {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    [
        row.figure.clone(),
        row.median.clone(),
        row.range.clone(),
        row.target.clone(),
        holds.to_owned(),
        row.peer.clone(),
        row.ratio.clone(),
    ]
}

fn line(cells: &[String; 7], widths: &[usize]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!(" {cell:width$} "))
        .collect();
    format!("|{}|", padded.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_a_missed_target_stands_out() {
        let row = |figure: &str, holds| Row {
            figure: figure.into(),
            holds,
            ..Row::default()
        };
        let text = markdown(&[row("a long figure", Some(true)), row("short", Some(false))]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(
            lines
                .iter()
                .all(|line| line.chars().count() == lines[0].chars().count())
        );
        assert!(lines[2].contains(" yes ") && lines[3].contains(" NO "));
    }
}
