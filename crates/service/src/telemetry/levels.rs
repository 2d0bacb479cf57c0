//! Which events are logged, changeable while the process runs.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, Registry, filter::ParseError, reload};

/// The filter of the settings, and what holds in its place for a while. Clones are the same.
#[derive(Clone, Debug)]
pub struct LogLevels {
    configured: Arc<str>,
    filter: reload::Handle<EnvFilter, Registry>,
    in_place: watch::Sender<Option<FilterOverride>>,
}

/// A filter that holds for a while in place of that of the settings.
#[derive(Clone, Debug)]
pub struct FilterOverride {
    /// Directives such as `info,engine=debug`.
    pub filter: String,
    /// When the settings' filter holds again, on this machine's clock.
    pub until: Timestamp,
    ends: Instant,
}

/// The filter could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum LevelsError {
    /// It is not valid.
    #[error(transparent)]
    Filter(#[from] ParseError),
    /// Nothing is logged any more.
    #[error("logging has ended")]
    Ended(#[from] reload::Error),
}

/// Directives; where they say nothing of all modules, errors of the others are logged, and their spans are there for traces.
fn parse(filter: &str) -> Result<EnvFilter, ParseError> {
    // Of two directives for all, the last one holds.
    EnvFilter::try_new(format!("error,{filter}"))
}

impl LogLevels {
    /// The filter of the settings, as a layer, and what changes it.
    ///
    /// # Errors
    ///
    /// When the filter is not valid.
    pub fn new(configured: &str) -> Result<(reload::Layer<EnvFilter, Registry>, Self), ParseError> {
        let (layer, filter) = reload::Layer::new(parse(configured)?);
        let levels = Self {
            configured: configured.into(),
            filter,
            in_place: watch::Sender::new(None),
        };
        Ok((layer, levels))
    }

    /// The filter of the settings.
    #[must_use]
    pub fn configured(&self) -> &str {
        &self.configured
    }

    /// What holds in its place now.
    #[must_use]
    pub fn in_place(&self) -> Option<FilterOverride> {
        self.in_place.borrow().clone()
    }

    /// Logs by another filter for a while.
    ///
    /// # Errors
    ///
    /// When the filter is not valid, or logging has ended; what held before goes on then.
    pub fn replace(&self, filter: &str, duration: Duration) -> Result<FilterOverride, LevelsError> {
        self.filter.reload(parse(filter)?)?;
        let in_place = FilterOverride {
            filter: filter.to_owned(),
            until: Timestamp::now() + duration,
            ends: Instant::now() + duration,
        };
        self.in_place.send_replace(Some(in_place.clone()));
        tracing::warn!(
            filter,
            duration_seconds = duration.as_secs(),
            "log levels changed"
        );
        Ok(in_place)
    }

    /// Logs by the settings again.
    ///
    /// # Errors
    ///
    /// When logging has ended.
    pub fn restore(&self) -> Result<(), LevelsError> {
        self.filter.reload(parse(&self.configured)?)?;
        if self.in_place.send_replace(None).is_some() {
            tracing::warn!(filter = &*self.configured, "log levels restored");
        }
        Ok(())
    }

    /// Restores the filter of the settings in time, until `stop`.
    pub async fn restore_in_time(self, stop: CancellationToken) {
        let mut changes = self.in_place.subscribe();
        loop {
            let ends = changes.borrow_and_update().as_ref().map(|held| held.ends);
            let over = async {
                match ends {
                    Some(ends) => tokio::time::sleep_until(ends).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                // Cannot fail: `self` holds the sender.
                _ = changes.changed() => {}
                () = over => {
                    if let Err(error) = self.restore() {
                        tracing::error!(error = &error as &dyn std::error::Error, "log levels cannot be restored");
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_of_one_module_keeps_errors_of_the_others() {
        for (filter, expected) in [
            ("engine=debug", "error,engine=debug"),
            ("warn,engine=debug", "warn,engine=debug"),
            ("off", "off"),
        ] {
            let mut directives: Vec<_> = expected.split(',').collect();
            directives.sort_unstable();
            let parsed = parse(filter).unwrap().to_string();
            let mut parsed: Vec<_> = parsed.split(',').collect();
            parsed.sort_unstable();
            assert_eq!(parsed, directives);
        }
        assert!(parse("engine=loud").is_err());
    }
}
