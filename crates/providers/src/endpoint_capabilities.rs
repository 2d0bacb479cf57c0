//! What is known of an endpoint, and how long it holds.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::capabilities::{Capabilities, RequestFeatures};

/// How long a lesson holds: endpoints learn as well.
pub(crate) const RECORD_TTL: Duration = Duration::from_hours(24);
/// How long nothing is guessed after guessing was of no use.
const NO_GUESS_PERIOD: Duration = Duration::from_mins(10);
/// How long an endpoint is asked for one choice after it failed at several and has never given them: some fail at what
/// they do not know instead of refusing it.
const SINGLE_CHOICE_TTL: Duration = Duration::from_mins(10);
/// The same for one that has given several and twice in a row failed at them: so many may be too much for it.
const SINGLE_CHOICE_RETRY: Duration = Duration::from_mins(1);
/// After so many texts without JSON in a row, and none with it, an endpoint takes no notice of how it is asked for it;
/// after so many answers in one piece, and none in several, it does not stream.
const MIN_OBSERVATIONS: u32 = 2;

/// What is known of an endpoint.
#[derive(Debug, Default)]
pub(crate) struct EndpointCapabilities {
    abilities: Capabilities,
    learned_at: Option<Instant>,
    /// Whether it has answered with text.
    has_answered: bool,
    no_guessing_until: Option<Instant>,
    has_streamed: bool,
    whole: u32,
    /// Whether it has answered with JSON when asked as it is now.
    is_heard: bool,
    /// Whether it has answered at all when asked for JSON as it is now.
    takes_json: bool,
    /// How many streams ended without a word about why.
    unended: u32,
    /// How many held what may be several answers.
    confused: u32,
    deaf: u32,
    /// Whether it has given several choices when it was asked for them.
    has_given_several: bool,
    /// How often in a row it failed at them.
    failed_at_several: u32,
    one_choice_until: Option<Instant>,
}

impl EndpointCapabilities {
    /// What it can do.
    pub(crate) fn abilities(&mut self, now: Instant) -> Capabilities {
        if self
            .learned_at
            .is_some_and(|then| now.duration_since(then) > RECORD_TTL)
        {
            *self = Self::default();
        }
        self.abilities
    }

    /// It answered once something was left out.
    pub(crate) fn learn(&mut self, abilities: Capabilities, now: Instant) {
        if abilities.json != self.abilities.json {
            self.is_heard = false;
            self.takes_json = false;
            self.deaf = 0;
        }
        self.has_given_several &= abilities.choices;
        self.abilities = abilities;
        self.learned_at = Some(now);
    }

    /// A call that was begun with `known` was answered with `abilities`. Other calls may have learned other things in the
    /// meantime.
    pub(crate) fn learned(&mut self, known: Capabilities, abilities: Capabilities, now: Instant) {
        let merged = self.abilities.with_changes(known, abilities);
        self.learn(merged, now);
    }

    /// Whether it has answered with text.
    pub(crate) fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// It refused however it was asked.
    pub(crate) fn learned_nothing(
        &mut self,
        known: Capabilities,
        tried: Capabilities,
        now: Instant,
    ) {
        if known != tried {
            self.no_guessing_until = Some(now + NO_GUESS_PERIOD);
        }
    }

    /// Whether a refusal that says nothing may be answered by leaving things out.
    pub(crate) fn may_guess(&self, now: Instant) -> bool {
        self.no_guessing_until.is_none_or(|until| until <= now)
    }

    /// Whether it has answered when JSON was asked for in this way.
    pub(crate) fn takes_json(&self, abilities: Capabilities) -> bool {
        self.takes_json && self.abilities.json == abilities.json
    }

    /// A stream ended without a word about why its answer did. Who never says it is asked for one piece.
    pub(crate) fn record_unfinished_stream(&mut self, now: Instant) {
        self.unended += 1;
        if self.unended >= MIN_OBSERVATIONS && !self.has_streamed && self.abilities.streams {
            let less = Capabilities {
                streams: false,
                ..self.abilities
            };
            self.learn(less, now);
        }
    }

    /// The pieces of a stream may have been those of several answers.
    pub(crate) fn record_confused_stream(&mut self) {
        self.confused += 1;
    }

    /// Whether an answer in one piece is reason enough to ask for no streams any more. One odd stream refutes nothing of
    /// who has streamed before.
    pub(crate) fn may_forgo_streams(&self) -> bool {
        !self.has_streamed || self.confused >= MIN_OBSERVATIONS
    }

    /// Whether it streams, after an answer that came in one piece or did not. One piece alone refutes nothing: a proxy in
    /// between may have answered.
    pub(crate) fn streams(&mut self, was_streamed: bool) -> bool {
        self.has_streamed |= was_streamed;
        self.whole += u32::from(!was_streamed);
        self.has_streamed || self.whole < MIN_OBSERVATIONS
    }

    /// It was asked for several choices and its answer held so many. One odd answer refutes nothing of who has given
    /// several before.
    pub(crate) fn record_choices(&mut self, asked: NonZeroU32, held: u32, now: Instant) {
        if held > 1 {
            self.has_given_several = true;
            self.failed_at_several = 0;
            self.one_choice_until = None;
        }
        if held < asked.get() && !self.has_given_several && self.abilities.choices {
            self.learn(self.abilities.single(), now);
        }
    }

    /// A call for several choices failed.
    pub(crate) fn record_choices_failure(&mut self, now: Instant) {
        self.failed_at_several += 1;
        if !self.has_given_several {
            self.one_choice_until = Some(now + SINGLE_CHOICE_TTL);
        } else if self.failed_at_several >= MIN_OBSERVATIONS {
            self.one_choice_until = Some(now + SINGLE_CHOICE_RETRY);
        }
    }

    /// Whether it is asked for several choices at present.
    pub(crate) fn may_give_several(&self, now: Instant) -> bool {
        self.one_choice_until.is_none_or(|until| until <= now)
    }

    /// It answered with this text.
    pub(crate) fn record_remote(
        &mut self,
        abilities: Capabilities,
        sent: RequestFeatures,
        text: &str,
        now: Instant,
    ) {
        self.has_answered = true;
        if !sent.json || abilities.json != self.abilities.json {
            return;
        }
        self.takes_json = true;
        if self.is_heard {
            return;
        }
        // Nothing at all says nothing: the model may have thought for too long.
        if text.trim().is_empty() {
            return;
        }
        if text.contains('{') {
            self.is_heard = true;
            return;
        }
        self.deaf += 1;
        let json = self.abilities.json.next();
        if self.deaf >= MIN_OBSERVATIONS && json != self.abilities.json {
            self.learn(
                Capabilities {
                    json,
                    ..self.abilities
                },
                now,
            );
        }
    }

    /// What is worth telling others, and how long ago it was learned.
    pub(crate) fn record(&self, now: Instant) -> Option<(Capabilities, Duration)> {
        let age = now.duration_since(self.learned_at?);
        (age <= RECORD_TTL).then_some((self.abilities, age))
    }

    /// What others learned this long ago, unless it knows better.
    pub(crate) fn merge_remote(&mut self, abilities: Capabilities, age: Duration, now: Instant) {
        let Some(then) = now.checked_sub(age).filter(|_| age <= RECORD_TTL) else {
            return;
        };
        if self.learned_at.is_none_or(|own| own < then) {
            // What it has seen itself counts for more.
            let own = self.abilities;
            let told = Capabilities {
                streams: abilities.streams || self.has_streamed,
                choices: abilities.choices || self.has_given_several,
                json: if self.is_heard {
                    own.json
                } else {
                    abilities.json
                },
                ..abilities
            };
            if told != own {
                self.learn(told, then);
            }
        }
    }
}

#[cfg(test)]
mod tests;
