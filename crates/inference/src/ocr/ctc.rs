//! Greedy decoding of connectionist temporal classification (Graves et al. 2006, section 3.2): the best class of every
//! column, without repetitions and blanks.

/// The classes of a reader: blank, the listed characters, space.
pub(super) fn alphabet(listed: &str) -> Vec<String> {
    let listed = listed.strip_suffix('\n').unwrap_or(listed);
    let characters = listed.split('\n').map(|character| character.trim_end_matches('\r').to_owned());
    std::iter::once(String::new()).chain(characters).chain([" ".to_owned()]).collect()
}

/// The text of `[columns][alphabet]` probabilities, and the mean probability of its characters.
pub(super) fn decode(values: &[f32], alphabet: &[String]) -> (String, f64) {
    let mut text = String::new();
    let (mut sum, mut characters) = (0.0, 0u32);
    let mut last = 0;
    for column in values.chunks_exact(alphabet.len()) {
        // The first of equals, as numpy's argmax takes it.
        let best = column.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(place, _)| place);
        if best != 0 && best != last {
            text.push_str(&alphabet[best]);
            sum += f64::from(column[best]);
            characters += 1;
        }
        last = best;
    }
    (text, if characters == 0 { 0.0 } else { sum / f64::from(characters) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_and_blanks_go() {
        let alphabet = alphabet("a\nb");
        assert_eq!(alphabet, ["", "a", "b", " "]);
        let column = |place: usize| (0..4).map(move |at| if at == place { 0.8 } else { 0.05 });
        let check = |places: &[usize], expected: &str| {
            let values: Vec<f32> = places.iter().flat_map(|place| column(*place)).collect();
            let (text, confidence) = decode(&values, &alphabet);
            assert_eq!(text, expected);
            assert!((confidence - if expected.is_empty() { 0.0 } else { 0.8 }).abs() < 1e-6);
        };
        check(&[0, 1, 1, 0, 1, 3, 2, 2, 0], "aa b");
        check(&[0, 0], "");
        check(&[], "");
    }
}
