//! Fewer lines that still show the same (A. Zeller and R. Hildebrandt, "Simplifying and isolating
//! failure-inducing input", 2002): ever smaller pieces are taken out.

/// Tries at most; each steps the plugin through what is left.
const TRIES: u32 = 400;

/// The fewest lines that were found for which `shows` holds, as it does for all of them.
pub(super) fn shrink(
    mut lines: Vec<String>,
    shows: &mut dyn FnMut(&[String]) -> bool,
) -> Vec<String> {
    let mut tries = 0;
    let mut piece = lines.len() / 2;
    while piece > 0 && tries < TRIES {
        let mut from = 0;
        let mut is_shorter = false;
        while from < lines.len() && tries < TRIES {
            let until = (from + piece).min(lines.len());
            let kept = lines.iter().take(from).chain(lines.iter().skip(until));
            let fewer: Vec<String> = kept.cloned().collect();
            tries += 1;
            if !fewer.is_empty() && shows(&fewer) {
                lines = fewer;
                is_shorter = true;
            } else {
                from = until;
            }
        }
        if piece == 1 && is_shorter {
            continue;
        }
        piece /= 2;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_left() {
        let lines: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        let matter = ["17".to_owned(), "150".to_owned()];
        let fewer = shrink(lines, &mut |left| {
            matter.iter().all(|one| left.contains(one))
        });
        assert_eq!(fewer, matter);
    }
}
