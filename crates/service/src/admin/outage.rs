//! Telling a change from a repetition: what does not work is logged when it begins, when the reason changes and when
//! it is over, not with each try in between.

/// Reasons that are told apart within one outage; further ones are not logged.
const MAX_REASONS: usize = 8;

/// What was met since something stopped working.
#[derive(Debug, Default)]
pub(super) struct Outage {
    reasons: Vec<String>,
}

impl Outage {
    /// Notes how it is now, and says whether that is worth a line: it is over, or has a reason that it did not have
    /// since it began. Two reasons in turn are two lines, not one for each turn.
    pub(super) fn note(&mut self, now: Result<(), &str>) -> bool {
        match now {
            Ok(()) => !std::mem::take(&mut self.reasons).is_empty(),
            Err(reason) => {
                let is_new = self.reasons.len() < MAX_REASONS
                    && !self.reasons.iter().any(|known| known == reason);
                if is_new {
                    self.reasons.push(reason.to_owned());
                }
                is_new
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_worth_one_line_until_it_is_over() {
        let mut outage = Outage::default();
        let worth = [
            (Ok(()), false),
            (Err("refused"), true),
            (Err("refused"), false),
            (Err("full"), true),
            (Err("refused"), false),
            (Ok(()), true),
            (Ok(()), false),
            (Err("refused"), true),
        ];
        for (index, (now, expected)) in worth.into_iter().enumerate() {
            assert_eq!(outage.note(now), expected, "{index}: {now:?}");
        }
    }

    #[test]
    fn reasons_that_are_never_the_same_come_to_an_end() {
        let mut outage = Outage::default();
        let lines = (0..100).filter(|number| outage.note(Err(&number.to_string())));
        assert_eq!(lines.count(), MAX_REASONS);
    }
}
