//! The one way in which an evaluation's state changes.
//!
//! A [`Transition`] is one conditional statement, so that of two at once one changes nothing. What follows from the
//! kind of change is written here and nowhere else: from which states it may come and to which it leads (both taken from
//! [`State::after`]), who stays the owner, which epoch counts afterwards, when it has ended, the event that tells of it, and the
//! webhook that its sender wanted.
//! What has to be written together with a change (an assessment, the trace of a lost owner) is a part of the same statement
//! that reads `changed`.

use domain::State;
use domain::state::Event;

/// What tells whoever asked for it that an evaluation has ended: written with the end, so that neither is there alone.
const WEBHOOK: &str = ", webhook AS (
                INSERT INTO webhook_deliveries (tenant, evaluation_id, seq, event, url)
                SELECT c.tenant, c.id, c.last_seq, 'evaluation.' || c.state, c.webhook_url FROM changed c
                WHERE c.webhook_url IS NOT NULL AND c.finished_at IS NOT NULL
            )";

/// Who changes the state.
pub(crate) enum By {
    /// Its owner, under its epoch: `$1` is the id, `$2` the owner, `$3` the epoch. The row does not have to be locked
    /// before. The epoch stays: the owner gives up its right by itself.
    Owner,
    /// Somebody else. The epoch rises, so that whatever the owner still writes changes nothing.
    Other {
        /// Common table expressions, of which `target` selects the rows by `id` and locks them.
        target: &'static str,
    },
}

/// What happens to the evaluation.
pub(crate) enum To {
    /// Always the same.
    Always(Event),
    /// One or the other.
    Either {
        /// An SQL condition on the row `e` before the change, and on `target`.
        when: &'static str,
        /// What happens where it is met.
        then: Event,
        /// What happens where it is not.
        otherwise: Event,
    },
}

/// A change of state; [`Transition::sql`] is its statement.
pub(crate) struct Transition {
    /// Who changes it.
    pub(crate) by: By,
    /// What happens.
    pub(crate) to: To,
    /// Further assignments, separated by commas.
    pub(crate) set: &'static str,
    /// Further common table expressions, each with a comma before it, which read the row after the change from `changed`.
    pub(crate) with: &'static str,
    /// What the event says beside its kind: a JSON object made of the row after the change, `c`, or NULL.
    pub(crate) detail: &'static str,
    /// What is read of each changed row `c`.
    pub(crate) select: &'static str,
}

impl Transition {
    /// The statement. It returns a row for each evaluation that it changed.
    pub(crate) fn sql(&self) -> String {
        self.sql_after("")
    }

    /// The statement of a change before whose event others of the same evaluation get their places: ` + ` and how many.
    pub(crate) fn sql_after(&self, others: &str) -> String {
        let (before, rows, epoch) = match self.by {
            By::Owner => (
                String::new(),
                "WHERE e.id = $1 AND e.owner = $2 AND e.epoch = $3",
                "",
            ),
            By::Other { target } => (
                format!("{target}, "),
                "FROM target WHERE e.id = target.id",
                ", epoch = e.epoch + 1",
            ),
        };
        format!(
            "WITH {before}changed AS (
                UPDATE evaluations e
                SET state = {state}, owner = {owner}, finished_at = {finished_at}, updated_at = now(),
                    last_seq = e.last_seq + 1{others}{epoch}{comma}{set}
                {rows} AND e.state IN ({from})
                RETURNING e.*
            ), event AS (
                INSERT INTO events (evaluation_id, seq, kind, epoch, detail)
                SELECT c.id, c.last_seq, {kind}, c.epoch, {detail} FROM changed c
            ){webhook}{with}
            SELECT {select} FROM changed c",
            state = self.for_each(|event| quoted(leads_to(event).as_str())),
            // Only who claims it becomes its owner.
            owner = self.for_each(|event| match event {
                Event::Claim => "$2".to_owned(),
                _ => "NULL::uuid".to_owned(),
            }),
            finished_at = self.for_each(|event| {
                let has_ended = leads_to(event).is_terminal();
                if has_ended { "now()" } else { "NULL::timestamptz" }.to_owned()
            }),
            comma = if self.set.is_empty() { "" } else { ", " },
            set = self.set,
            from = self.comes_from(),
            kind = self.kind(),
            detail = self.detail,
            webhook = if self.may_end() { WEBHOOK } else { "" },
            with = self.with,
            select = self.select,
        )
    }

    /// Whether an evaluation may have ended with it.
    fn may_end(&self) -> bool {
        let ends = |event| leads_to(event).is_terminal();
        match self.to {
            To::Always(event) => ends(event),
            To::Either {
                then, otherwise, ..
            } => ends(then) || ends(otherwise),
        }
    }

    /// What the event is called, as an expression on the row after the change.
    fn kind(&self) -> String {
        match self.to {
            To::Always(event) => quoted(event.kind()),
            To::Either {
                then, otherwise, ..
            } => format!(
                "CASE c.state WHEN {} THEN {} ELSE {} END",
                quoted(leads_to(then).as_str()),
                quoted(then.kind()),
                quoted(otherwise.kind())
            ),
        }
    }

    /// What `of` says of the event, or of each of the two under their condition.
    fn for_each(&self, of: impl Fn(Event) -> String) -> String {
        match self.to {
            To::Always(event) => of(event),
            To::Either {
                when,
                then,
                otherwise,
            } => format!(
                "CASE WHEN {when} THEN {} ELSE {} END",
                of(then),
                of(otherwise)
            ),
        }
    }

    /// The states in which it may happen.
    fn comes_from(&self) -> String {
        let may = |state: &State| match self.to {
            To::Always(event) => state.after(event).is_some(),
            To::Either {
                then, otherwise, ..
            } => state.after(then).is_some() && state.after(otherwise).is_some(),
        };
        let states = State::ALL.into_iter().filter(may);
        let states: Vec<_> = states.map(|state| quoted(state.as_str())).collect();
        states.join(", ")
    }
}

/// Where an event leads; it is the same state from wherever it may come.
fn leads_to(event: Event) -> State {
    let mut states = State::ALL
        .into_iter()
        .filter_map(|state| state.after(event));
    states.next().unwrap_or(State::Failed)
}

fn quoted(name: &str) -> String {
    format!("'{name}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 7] = [
        Event::Claim,
        Event::Release,
        Event::OwnerDied,
        Event::Finish,
        Event::Fail,
        Event::Cancel,
        Event::Retry,
    ];

    fn transition(by: By, to: To) -> String {
        let transition = Transition {
            by,
            to,
            set: "",
            with: "",
            detail: "NULL::jsonb",
            select: "c.id",
        };
        transition.sql()
    }

    #[test]
    fn every_event_leads_to_one_state() {
        for event in EVENTS {
            let mut states: Vec<_> = State::ALL
                .into_iter()
                .filter_map(|state| state.after(event))
                .map(State::as_str)
                .collect();
            states.dedup();
            assert_eq!(states, [leads_to(event).as_str()], "{event:?}");
        }
    }

    #[test]
    fn a_statement_has_the_guards_of_the_state_table() {
        let sql = transition(By::Owner, To::Always(Event::Finish));
        assert!(sql.contains("e.state IN ('running')"), "{sql}");
        assert!(sql.contains("e.owner = $2 AND e.epoch = $3"), "{sql}");
        assert!(!sql.contains("e.epoch + 1"), "{sql}");
        let target = "target AS (SELECT id FROM evaluations FOR NO KEY UPDATE)";
        let sql = transition(By::Other { target }, To::Always(Event::Cancel));
        assert!(sql.contains("e.state IN ('queued', 'running')"), "{sql}");
        assert!(sql.contains("epoch = e.epoch + 1"), "{sql}");
    }

    #[test]
    fn only_what_may_end_an_evaluation_writes_a_webhook() {
        let either = To::Either {
            when: "e.failures > 3",
            then: Event::Fail,
            otherwise: Event::Release,
        };
        for to in [To::Always(Event::Finish), To::Always(Event::Cancel), either] {
            assert!(transition(By::Owner, to).contains("webhook_deliveries"));
        }
        for event in [Event::Claim, Event::Release, Event::Retry] {
            let sql = transition(By::Owner, To::Always(event));
            assert!(!sql.contains("webhook_deliveries"), "{sql}");
        }
    }

    #[test]
    fn one_of_two_events_happens_only_where_both_may() {
        let to = To::Either {
            when: "e.failures > 3",
            then: Event::Fail,
            otherwise: Event::Release,
        };
        let sql = transition(By::Owner, to);
        assert!(
            sql.contains("state = CASE WHEN e.failures > 3 THEN 'failed' ELSE 'queued' END"),
            "{sql}"
        );
        assert!(
            sql.contains("CASE c.state WHEN 'failed' THEN 'failed' ELSE 'queued' END"),
            "{sql}"
        );
        assert!(sql.contains("e.state IN ('running')"), "{sql}");
    }
}
