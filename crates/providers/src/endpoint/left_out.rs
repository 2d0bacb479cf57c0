//! What a call leaves out of its request, refusal by refusal.

use std::time::Instant;

use crate::abilities::{Abilities, Sent};
use crate::error::Complaint;
use crate::knowledge::Knowledge;

/// No call is asked in more ways than this.
const MOST: u32 = 16;

/// What a call leaves out after refusals.
#[derive(Debug)]
pub(super) struct LeftOut {
    /// Without what was complained of so far.
    base: Abilities,
    /// What was guessed since.
    guesses: usize,
    left: u32,
}

impl LeftOut {
    pub(super) fn nothing_of(known: Abilities) -> Self {
        Self {
            base: known,
            guesses: 0,
            left: MOST,
        }
    }

    /// What to leave out after a refusal; `None` when it is about something else.
    pub(super) fn next(
        &mut self,
        tried: Abilities,
        complaint: &Complaint,
        sent: Sent,
        knowledge: &Knowledge,
    ) -> Option<Abilities> {
        self.left = self.left.checked_sub(1)?;
        if tried.without(complaint, sent).is_some() {
            // What was left out by a guess was none of it.
            self.base = self.base.without(complaint, sent)?;
            self.guesses = 0;
            return Some(self.base);
        }
        // A refusal that says nothing may be about anything; an endpoint that has answered before means something
        // else by it.
        let is_wordless = matches!(complaint.status, 400 | 422);
        // Also from one that has answered before: it was asked for less then.
        if is_wordless && sent.choices && self.base.choices {
            self.base = self.base.single();
            return Some(self.base);
        }
        if !is_wordless || !knowledge.may_guess(Instant::now()) {
            return None;
        }
        let is_json =
            sent.json && (Abilities::is_about_json(complaint) || !knowledge.takes_json(self.base));
        let guess = if knowledge.has_answered() || Abilities::is_about_json(complaint) {
            // What it was asked for before, it takes.
            self.base.guess_json(self.guesses).filter(|_| is_json)
        } else {
            self.base.guess(self.guesses, sent)
        };
        self.guesses += 1;
        guess
    }
}
