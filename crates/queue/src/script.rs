//! Lua scripts, called by their digests: what is sent with each call is no more than its arguments.

use std::sync::OnceLock;

use fred::error::Error as FredError;
use fred::prelude::*;

use crate::connection::Redis;

/// A script.
#[derive(Debug)]
pub(crate) struct Script {
    source: &'static str,
    /// As Redis names it; the same on every server.
    digest: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self {
            source,
            digest: OnceLock::new(),
        }
    }
}

impl Redis {
    /// Runs a script. A server that does not know it (it is new, or `SCRIPT FLUSH` was called) is sent all of it.
    pub(crate) async fn run<T: FromValue>(
        &self,
        script: &Script,
        keys: Vec<String>,
        args: Vec<String>,
    ) -> Result<T, FredError> {
        let digest = match script.digest.get() {
            Some(digest) => digest,
            None => {
                let told: String = self.client.script_load(script.source).await?;
                script.digest.get_or_init(|| told)
            }
        };
        let done = self
            .client
            .evalsha(digest.as_str(), keys.clone(), args.clone())
            .await;
        match done {
            Err(error) if error.details().starts_with("NOSCRIPT") => {
                self.client.eval(script.source, keys, args).await
            }
            done => done,
        }
    }
}
