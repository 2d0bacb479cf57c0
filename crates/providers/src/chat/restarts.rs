//! Whether the pieces of a choice are those of one answer: who speaks is said at its beginning, why it ends at its end,
//! and all of it has one id.
//!
//! Many servers say one of these with each piece. What is said with every piece tells nothing, where there are pieces
//! enough to see that or they go on where they broke off; what is said with some of them parts two answers.

use std::collections::BTreeSet;

/// What a piece shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs<'p> {
    /// Of the completion.
    pub(super) id: Option<&'p str>,
    /// Whether it says who speaks.
    pub(super) has_role: bool,
    /// Whether it says why the answer ends.
    pub(super) has_end: bool,
    /// Whether it holds nothing of an answer, nor a thought.
    pub(super) is_empty: bool,
    /// Whether it holds words of the answer.
    pub(super) has_words: bool,
    /// Whether something was said before it.
    pub(super) goes_on: bool,
}

/// What the pieces showed.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    /// Pieces with words, those of them that say who speaks, and those that say why the answer ends.
    pieces: u32,
    with_role: u32,
    with_end: u32,
    /// Of those behind the first: which begin, come behind an end, or have another id than the one before.
    begin: u32,
    behind_end: u32,
    with_other_id: u32,
    ids: BTreeSet<String>,
    /// Whether two chunks have had one id.
    share_id: bool,
    latest_id: Option<String>,
    /// Since the latest words: whether something without words said who speaks, or why the answer ends.
    has_role_apart: bool,
    has_end_apart: bool,
    had_end: bool,
    /// Ends of whatever piece.
    ends: u32,
    /// Whether an answer began anew, for all that other pieces say.
    has_restarted: bool,
}

impl Restarts {
    /// Takes the next piece.
    pub(super) fn take(&mut self, signs: Signs<'_>) {
        self.ends += u32::from(signs.has_end);
        if signs.goes_on && !signs.is_empty {
            self.has_restarted |= self.has_end_apart;
        }
        if signs.has_words {
            let is_later = self.pieces > 0;
            self.has_restarted |= is_later && self.has_role_apart && !signs.has_role;
            self.pieces += 1;
            self.with_role += u32::from(signs.has_role);
            self.with_end += u32::from(signs.has_end);
            self.begin += u32::from(is_later && signs.has_role);
            self.behind_end += u32::from(is_later && self.had_end);
            let is_other = signs.id.is_some() && self.latest_id.is_some();
            let is_other = is_other && signs.id != self.latest_id.as_deref();
            self.with_other_id += u32::from(is_later && is_other);
            self.had_end = signs.has_end;
            (self.has_role_apart, self.has_end_apart) = (false, false);
        } else if signs.goes_on {
            self.has_role_apart |= signs.has_role;
            // An end before anything was said ends nothing.
            self.has_end_apart |= signs.has_end && signs.is_empty;
        }
        if let Some(id) = signs.id {
            if signs.has_words && self.latest_id.as_deref() != Some(id) {
                self.latest_id = Some(id.to_owned());
            }
            // Ids beyond a few say no more than these.
            if self.ids.contains(id) {
                self.share_id = true;
            } else if self.ids.len() < MAX_IDS {
                self.ids.insert(id.to_owned());
            }
        }
    }

    /// Whether there is any sign that it began or ended twice.
    pub(super) fn are_there(&self) -> bool {
        self.has_restarted || self.begin > 0 || self.ends > 1
    }

    /// Whether it is several answers, for all that can be seen. `are_of_one`: the words show by themselves that they
    /// are one text.
    pub(super) fn are_several(&self, are_of_one: bool) -> bool {
        let begins = self.begin > 0;
        let ends = self.behind_end > 0;
        let changes_id = self.with_other_id > 0;
        self.has_restarted
            || (begins && self.with_role < self.pieces)
            || (ends && self.with_end < self.pieces)
            || (changes_id && self.share_id)
            || ((begins || ends || changes_id) && !are_of_one)
    }
}

/// Ids that are kept.
const MAX_IDS: usize = 64;
