//! A text that comes in pieces.
//!
//! Some servers repeat in each piece all that came before it. Then the last piece is the text, and not all of them
//! joined: `1`, `10` may be 10 or 110. A piece that begins with a whole sentence that came before repeats it; with one
//! or two characters nobody can tell, and the text can be read in two ways.

use crate::wire::SurrogateDecoder;

/// With fewer characters than this that a piece begins with it may do so by chance.
const TELLING: usize = 8;
/// So many pieces, each of which looks like an answer of its own, are pieces of one.
const MANY: u32 = 4;

/// A text that comes in pieces.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pieces {
    text: String,
    /// The latest piece, while each has begun with all that was in the one before.
    latest: Option<String>,
    /// Whether a piece began with the little that came before it, and said more.
    is_doubtful: bool,
    /// Whether a whole text contradicts the pieces.
    is_contradicted: bool,
    /// How many pieces say something.
    words: u32,
    /// Whether one goes on where the one before it broke off.
    is_continued: bool,
    halves: SurrogateDecoder,
}

impl Pieces {
    /// Adds the JSON string of a piece; says whether there was anything in it.
    pub(crate) fn add_json(&mut self, json: &str) -> bool {
        let piece = self.halves.text(json);
        self.add(&piece);
        !piece.is_empty()
    }

    /// Adds a piece.
    pub(crate) fn add(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        if !piece.trim().is_empty() {
            self.is_continued |= self.words > 0 && self.words < MANY && self.goes_on_with(piece);
            self.words += 1;
        }
        match self.latest.take() {
            None if self.text.is_empty() => {
                piece.clone_into(&mut self.text);
                self.latest = Some(piece.to_owned());
            }
            Some(before) if piece.starts_with(&before) => {
                if is_telling(&before) {
                    piece.clone_into(&mut self.text);
                    self.is_doubtful = false;
                } else {
                    // The same again is a piece like any other: many models write 77 in two pieces.
                    self.is_doubtful |= piece.len() > before.len() && !before.trim().is_empty();
                    self.text.push_str(piece);
                }
                self.latest = Some(piece.to_owned());
            }
            // An end of line shows nothing: those who repeat end with it as well as the others.
            Some(before) if self.is_doubtful && piece.trim().is_empty() => {
                self.text.push_str(piece);
                self.latest = Some(before);
            }
            _ => {
                self.is_doubtful = false;
                // At the end of some streams all of it comes once more.
                if !self.text.trim().is_empty() && piece.starts_with(&self.text) {
                    if is_telling(&self.text) {
                        self.text.clear();
                    } else {
                        self.is_doubtful = true;
                        self.latest = Some(piece.to_owned());
                    }
                }
                self.text.push_str(piece);
            }
        }
    }

    /// Whether a piece can only go on with what is there: in the middle of a JSON object, behind a space, or as one that
    /// says it once more.
    fn goes_on_with(&self, piece: &str) -> bool {
        self.text.ends_with(char::is_whitespace)
            || piece.starts_with(char::is_whitespace)
            || is_open(&self.text)
            || (is_telling(&self.text) && piece.starts_with(&self.text))
    }

    /// How many pieces say something.
    pub(crate) fn words(&self) -> u32 {
        self.words
    }

    /// Whether the pieces show by themselves that they are of one text, and no texts of their own.
    pub(crate) fn are_of_one(&self) -> bool {
        self.is_continued || self.words >= MANY
    }

    /// Whether several pieces make nothing but a number: each may be one of its own.
    pub(crate) fn is_number_in_pieces(&self) -> bool {
        let is_of_number =
            |c: char| c.is_ascii_digit() || matches!(c, '.' | ',') || c.is_whitespace();
        self.words > 1 && self.text.chars().all(is_of_number)
    }

    /// How much there is, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Says that the piece behind this much of the text came together with the end, where some repeat the whole text.
    pub(crate) fn ends(&mut self, before: usize) {
        let parts = self.text.split_at_checked(before);
        self.is_doubtful |=
            parts.is_some_and(|(all, last)| !all.trim().is_empty() && last.starts_with(all));
    }

    /// Takes the whole text, of which pieces may have come before.
    pub(crate) fn whole(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.is_contradicted |= !text.starts_with(&self.text) && !self.is_doubtful;
        self.is_doubtful = false;
        text.clone_into(&mut self.text);
        self.latest = None;
    }

    /// What there is so far.
    pub(crate) fn so_far(&self) -> &str {
        &self.text
    }

    /// Whether nothing has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text; `None` where it can be read in two ways.
    pub(crate) fn end(mut self) -> Option<String> {
        self.text.push_str(self.halves.end());
        (!self.is_doubtful && !self.is_contradicted).then_some(self.text)
    }
}

fn is_telling(text: &str) -> bool {
    text.trim().chars().count() >= TELLING
}

/// Whether a JSON object has begun in a text and not ended.
fn is_open(text: &str) -> bool {
    let object = text.find('{').and_then(|place| text.get(place..));
    let mut values = serde_json::Deserializer::from_str(object.unwrap_or_default())
        .into_iter::<serde::de::IgnoredAny>();
    values.any(|value| value.is_err_and(|problem| problem.is_eof()))
}

/// Texts of one message, put together; `None` where that could make a text that nobody said: one text twice, or a
/// number of two halves.
pub(crate) fn joined<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let mut joined = String::new();
    let mut before = "";
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let is_fused = is_digit(before.chars().next_back()) && is_digit(text.chars().next());
        if is_fused || (text == before && !text.trim().is_empty()) {
            return None;
        }
        joined.push_str(text);
        before = text;
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[&str], expected: Option<&str>) {
        let mut text = Pieces::default();
        for piece in pieces {
            text.add(piece);
        }
        assert_eq!(text.end().as_deref(), expected, "{pieces:?}");
    }

    #[test]
    fn pieces_are_joined() {
        check(&[], Some(""));
        check(&["Score", ": ", "", "1", "0"], Some("Score: 10"));
        check(&["7", "7"], Some("77"));
        check(&["1", "1", "1"], Some("111"));
        check(&["\n", "\n\nScore: 4"], Some("\n\n\nScore: 4"));
        check(&["1", "10", "0 of 2000"], Some("1100 of 2000"));
    }

    #[test]
    fn what_each_piece_repeats_is_said_once() {
        check(
            &["It is", "It is good", "It is good.\nScore: 8"],
            Some("It is good.\nScore: 8"),
        );
        check(&["Score: 1", "Score: 10"], Some("Score: 10"));
        check(&["Score: 1", "Score: 10", "\n"], Some("Score: 10\n"));
        check(
            &[
                "{",
                "{\"score\":",
                "{\"score\": 4",
                "{\"score\": 4}",
                "{\"score\": 4}",
            ],
            Some("{\"score\": 4}"),
        );
        // All of it once more at the end.
        check(
            &["It is ", "good.\n", "Score: 8", "It is good.\nScore: 8"],
            Some("It is good.\nScore: 8"),
        );
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_text() {
        check(&["1", "10"], None);
        check(&["7", "7.5"], None);
        check(&["4", "4\n"], None);
        // A blank piece takes no doubt away; words that do not begin with what came before do.
        check(&["2", "25", "\n"], None);
        check(&["9", "98", "\n", " ", "\n"], None);
        check(
            &["2", "25", "\n", "25 of 100", "25 of 100."],
            Some("25 of 100."),
        );
        check(&["2", "25", "\n", "points"], Some("225\npoints"));
        // All of it once more, in a piece that ends nothing.
        check(&["1", "0", "10"], None);
        check(&["7", ".", "5", "7.5"], None);
        check(&["1", "0", "10", "\n"], None);
        check(&["1", "0", "10", " of 2000"], Some("1010 of 2000"));
    }

    #[test]
    fn pieces_may_show_that_they_are_of_one_text() {
        let show = |pieces: &[&str]| {
            let mut text = Pieces::default();
            pieces.iter().for_each(|piece| text.add(piece));
            text.are_of_one()
        };
        for one in [
            &["Score", ":", " 75"][..],
            &["It is good.\n", "Score: 7"],
            &["{\"score\": 7", "5}"],
            &["```json\n{\"why\": \"a } b", "c\"}"],
            &["Score: 1", "Score: 10"],
            &["评", "分", "：", "7", "5"],
        ] {
            assert!(show(one), "{one:?}");
        }
        for unknown in [
            &["7", "5"][..],
            &["1", "0", "0"],
            &["{\"score\": 7}", "{\"score\": 5}"],
            &["Good. Score: 7", "Bad. Score: 5"],
            &["7", "\n"],
        ] {
            assert!(!show(unknown), "{unknown:?}");
        }
    }

    #[test]
    fn a_last_piece_may_be_all_of_it_once_more() {
        let after = |pieces: &[&str]| {
            let mut text = Pieces::default();
            let mut before = 0;
            for piece in pieces {
                before = text.len();
                text.add(piece);
            }
            text.ends(before);
            text.end()
        };
        assert_eq!(after(&["7", "7"]), None);
        assert_eq!(after(&["1", "0", "10"]), None);
        assert_eq!(after(&["7", "7\n"]), None);
        assert_eq!(after(&["7"]).as_deref(), Some("7"));
        assert_eq!(after(&["7", "5"]).as_deref(), Some("75"));
        assert_eq!(after(&["They ", "ha", "ha"]).as_deref(), Some("They haha"));
        assert_eq!(
            after(&["Score: ", "10", "Score: 10"]).as_deref(),
            Some("Score: 10")
        );
    }

    #[test]
    fn a_whole_text_ends_the_doubt_or_is_contradicted() {
        let after = |pieces: &[&str], whole: &str| {
            let mut text = Pieces::default();
            pieces.iter().for_each(|piece| text.add(piece));
            text.whole(whole);
            text.end()
        };
        assert_eq!(after(&["8"], "8").as_deref(), Some("8"));
        assert_eq!(after(&["1", "10"], "110").as_deref(), Some("110"));
        assert_eq!(after(&[], "110").as_deref(), Some("110"));
        assert_eq!(after(&["7"], "5"), None);
    }

    #[test]
    fn texts_that_would_make_another_number_are_not_joined() {
        assert_eq!(joined(["Score", "", ": 4"]).as_deref(), Some("Score: 4"));
        assert_eq!(joined(["8 of", " 10"]).as_deref(), Some("8 of 10"));
        assert_eq!(joined(["7", "5"]), None);
        assert_eq!(joined(["{}", "{}"]), None);
    }
}
