//! How text is folded, cut into words and matched: the same for rows and for the index.

use unicode_normalization::UnicodeNormalization;

/// The form in which names are compared: NFKC, lower case, so that `Person`, `person` and `ｐｅｒｓｏｎ` are equal.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// True for scripts that are written without spaces: each of their characters is a word of its own.
fn stands_alone(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Only so much of one text is searched, bytes.
const LONGEST_TEXT: usize = 60_000;
/// Only so much of one word counts, bytes.
const LONGEST_WORD: usize = 250;

/// The words of a text, folded: runs of letters and digits; ideographs and kana one by one.
pub fn words_of(text: &str) -> Vec<String> {
    let folded = fold(&text[..text.floor_char_boundary(LONGEST_TEXT)]);
    let mut words = Vec::new();
    let mut word = String::new();
    for character in folded.chars() {
        let alone = stands_alone(character);
        if (alone || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            if alone {
                words.push(character.to_string());
            } else if word.len() < LONGEST_WORD {
                word.push(character);
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Words that must follow each other in one text; the last may be the beginning of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    text: String,
    folded: Vec<String>,
    star: bool,
}

impl Words {
    /// `None` when the text has no letter and no digit. `star`: a `*` follows the text.
    pub fn new(text: &str, star: bool) -> Option<Self> {
        let words = words_of(text);
        (!words.is_empty()).then(|| Self { text: text.to_owned(), folded: words, star })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when a `*` follows the text.
    pub fn star(&self) -> bool {
        self.star
    }

    /// The folded words; never empty.
    pub fn words(&self) -> &[String] {
        &self.folded
    }

    /// True when the last word is only the beginning of a word. A star after a separator (`depot-*`) adds nothing.
    pub fn open_ended(&self) -> bool {
        self.star && fold(&self.text).chars().next_back().is_some_and(char::is_alphanumeric)
    }

    /// True when the text holds the words one after the other.
    pub fn matches(&self, text: &str) -> bool {
        self.occurrences(text) > 0
    }

    /// How often the text holds the words one after the other.
    pub fn occurrences(&self, text: &str) -> u32 {
        let open_ended = self.open_ended();
        let last = self.folded.len() - 1;
        let here = |window: &&[String]| {
            window.iter().zip(&self.folded).enumerate().all(|(place, (found, wanted))| {
                if open_ended && place == last { found.starts_with(wanted.as_str()) } else { found == wanted }
            })
        };
        words_of(text).windows(self.folded.len()).filter(here).count() as u32
    }
}

/// A name to compare with, whole or as a beginning; comparison is on folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    folded: String,
    prefix: bool,
}

impl Pattern {
    /// The whole name.
    pub fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), folded: fold(text), prefix: false }
    }

    /// A name that begins so; the empty beginning is every name.
    pub fn beginning(text: &str) -> Self {
        Self { text: text.to_owned(), folded: fold(text), prefix: true }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when it is the beginning of a name.
    pub fn is_prefix(&self) -> bool {
        self.prefix
    }

    /// True when the name is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_folded(&fold(name))
    }

    /// True when the name, already folded, is meant.
    pub fn matches_folded(&self, folded: &str) -> bool {
        if self.prefix { folded.starts_with(&self.folded) } else { folded == self.folded }
    }
}

/// How many single-letter changes (insert, delete, replace, swap of neighbours) lie between two words.
pub(super) fn edit_distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for row in 1..=left.len() {
        let mut now = vec![row; right.len() + 1];
        for column in 1..=right.len() {
            let same = left[row - 1] == right[column - 1];
            now[column] = (last[column - 1] + usize::from(!same)).min(last[column] + 1).min(now[column - 1] + 1);
            let swapped =
                row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
            if swapped {
                now[column] = now[column].min(before[column - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, now);
    }
    last[right.len()]
}

/// The candidate that a person most likely meant, if one is near enough.
pub(super) fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = fold(typed);
    let allowed = match typed.chars().count() {
        0 => return None,
        1..=3 => 1,
        4..=6 => 2,
        _ => 3,
    };
    candidates
        .map(|candidate| (edit_distance(&typed, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_words() {
        for (text, expected) in [
            ("street/IMG_0042.jpg", vec!["street", "img", "0042", "jpg"]),
            ("Größe: ｆｕｌｌ", vec!["größe", "full"]),
            ("出口 Exit", vec!["出", "口", "exit"]),
            ("--- !", vec![]),
        ] {
            assert_eq!(words_of(text), expected, "{text}");
        }
    }

    #[test]
    fn words_follow_each_other() {
        for (typed, star, text, expected) in [
            ("red truck", false, "a RED truck.", true),
            ("red truck", false, "red, big truck", false),
            ("red tru", true, "red truck", true),
            ("red tru", false, "red truck", false),
            ("tru red", true, "red truck", false),
            ("depot-", true, "depot 7", true),
            ("depot-", true, "depots", false),
            ("口", false, "出口", true),
        ] {
            assert_eq!(Words::new(typed, star).unwrap().matches(text), expected, "{typed} {star} {text}");
        }
        assert_eq!(Words::new("…", true), None);
    }

    #[test]
    fn measures_typing_errors() {
        for (left, right, expected) in
            [("clas", "class", 1), ("calss", "class", 1), ("", "abc", 3), ("site", "site", 0)]
        {
            assert_eq!(edit_distance(left, right), expected, "{left} {right}");
        }
        assert_eq!(nearest("devcie", ["site", "device"].into_iter()), Some("device"));
        assert_eq!(nearest("zebra", ["site", "device"].into_iter()), None);
    }
}
