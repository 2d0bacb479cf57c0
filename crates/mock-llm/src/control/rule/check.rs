//! Which fields belong to which fault, and what they may be.

use crate::control::rule::{Fault, FaultRule};

impl FaultRule {
    /// Refuses values out of range and fields that mean nothing for the fault.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = self.fault.name();
        let only = |given: bool, field: &str, faults: &[Fault]| {
            if given && !faults.contains(&self.fault) {
                return Err(format!("`{field}` means nothing for the fault `{name}`"));
            }
            Ok(())
        };
        only(self.status.is_some(), "status", &[Fault::Status])?;
        only(self.body.is_some(), "body", &[Fault::Status])?;
        only(self.text.is_some(), "text", &[Fault::Reply])?;
        only(self.texts.is_some(), "texts", &[Fault::Reply])?;
        only(self.alternatives.is_some(), "alternatives", &[Fault::Reply])?;
        for (token, shares) in self.alternatives.iter().flatten() {
            let sum: f64 = shares.values().sum();
            let likely = shares.values().all(|share| *share > 0.0) && sum <= 1.0 + 1e-9;
            if !likely || !shares.contains_key(token) {
                return Err(format!(
                    "`alternatives` of `{token}` must hold it and be probabilities above 0 that sum up to 1 at most"
                ));
            }
        }
        only(
            self.finish_reason.is_some(),
            "finish_reason",
            &[Fault::Reply],
        )?;
        only(
            self.retry_after.is_some(),
            "retry_after",
            &[Fault::Status, Fault::RateLimit],
        )?;
        only(
            self.after_bytes.is_some(),
            "after_bytes",
            &[Fault::Stall, Fault::Cut],
        )?;
        only(self.kind.is_some(), "kind", &[Fault::Garbage])?;
        only(self.clean.is_some(), "clean", &[Fault::Cut])?;
        only(self.keepalive_ms.is_some(), "keepalive_ms", &[Fault::Stall])?;
        only(self.ms.is_some(), "ms", &[Fault::Think])?;
        only(self.style.is_some(), "style", &[Fault::Refuse])?;
        let selective = [Fault::Refuse, Fault::Ignore];
        only(self.parameters.is_some(), "parameters", &selective)?;
        if selective.contains(&self.fault) && self.parameters.as_ref().is_none_or(Vec::is_empty) {
            return Err(format!("the fault `{name}` needs `parameters`"));
        }
        if self.fault == Fault::Think && self.ms.is_none() {
            return Err("the fault `think` needs `ms`".to_owned());
        }
        if self.keepalive_ms == Some(0) {
            return Err("`keepalive_ms` must be above 0".to_owned());
        }
        if self.fault == Fault::Status
            && !self
                .status
                .is_some_and(|status| (200..600).contains(&status))
        {
            return Err("the fault `status` needs a `status` from 200 to 599".to_owned());
        }
        let has_texts = self.texts.as_ref().is_some_and(|texts| !texts.is_empty());
        if self.fault == Fault::Reply && self.text.is_some() == has_texts {
            return Err("the fault `reply` needs either a `text` or `texts`".to_owned());
        }
        if self.fault == Fault::Garbage && self.kind.is_none() {
            return Err("the fault `garbage` needs a `kind`".to_owned());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err("`probability` must be from 0 to 1".to_owned());
        }
        if self
            .retry_after
            .as_ref()
            .is_some_and(|text| text.chars().any(char::is_control))
        {
            return Err("`retry_after` must be fit for a header".to_owned());
        }
        Ok(())
    }
}
