//! What a call leaves out of its request, refusal by refusal.

use std::time::Instant;

use crate::capabilities::{Capabilities, RequestFeatures};
use crate::endpoint_capabilities::EndpointCapabilities;
use crate::error::Complaint;

/// No call is asked in more ways than this.
const MAX_REMEMBERED: u32 = 16;

/// What a call leaves out after refusals.
#[derive(Debug)]
pub(super) struct Degradation {
    /// Without what was complained of so far.
    base: Capabilities,
    /// What was guessed since.
    guesses: usize,
    left: u32,
}

impl Degradation {
    pub(super) fn nothing_of(known: Capabilities) -> Self {
        Self {
            base: known,
            guesses: 0,
            left: MAX_REMEMBERED,
        }
    }

    /// What to leave out after a refusal; `None` when it is about something else.
    pub(super) fn next(
        &mut self,
        tried: Capabilities,
        complaint: &Complaint,
        sent: RequestFeatures,
        knowledge: &EndpointCapabilities,
    ) -> Option<Capabilities> {
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
        let is_json = sent.json
            && (Capabilities::is_about_json(complaint) || !knowledge.takes_json(self.base));
        let guess = if knowledge.has_answered() || Capabilities::is_about_json(complaint) {
            // What it was asked for before, it takes.
            self.base.guess_json(self.guesses).filter(|_| is_json)
        } else {
            self.base.next_guess(self.guesses, sent)
        };
        self.guesses += 1;
        guess
    }
}
