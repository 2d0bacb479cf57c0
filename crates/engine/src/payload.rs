//! The payload of a claim: fetched and unpacked once, and read once.
//!
//! Its bytes are one of the copies that the claim has reserved ([`crate::memory`]). What was read of them borrows from
//! them, and stays too: but for a long conversation, whose tree may take many times its bytes. That is read anew for each
//! step, and gone while a provider is awaited.

use domain::json::Json;
use domain::submission::{self, Submission};

use crate::abort::Abort;

/// Payloads from this size on take longer to read than other tasks should wait: about half a millisecond.
pub(crate) const LARGE_PAYLOAD: usize = 64 * 1024;

/// JSON values of conversations that are kept: with at most 72 bytes each they fit into what each evaluation has reserved
/// besides its payload.
const MAX_KEPT_VALUES: usize = 512;

/// A payload that is there.
pub(crate) struct Payload<'p> {
    bytes: &'p [u8],
    kept: Option<Submission<'p>>,
}

impl<'p> Payload<'p> {
    /// Nothing of it is read yet.
    pub(crate) fn new(bytes: &'p [u8]) -> Self {
        Self { bytes, kept: None }
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// What it says, for one step: texts that were sent with escapes are written out in what is returned, and go with it.
    pub(crate) fn submission(&mut self) -> Result<Submission<'p>, Abort> {
        let submission = match self.kept.take() {
            Some(kept) => kept,
            None => parse(self.bytes)?,
        };
        if submission.conversation_values() <= MAX_KEPT_VALUES {
            self.kept = Some(submission.clone());
        }
        Ok(submission)
    }
}

fn parse(bytes: &[u8]) -> Result<Submission<'_>, Abort> {
    let json = off_executor(bytes.len(), || Json::parse(bytes))
        .map_err(|error| Abort::unreadable(error.to_string()))?;
    // What was accepted can be read by a worker of the same release: where it cannot, this one is older.
    submission::parse_accepted(&json).map_err(|_| {
        tracing::info!("given back: its payload is of a newer release");
        Abort::newer_release()
    })
}

/// Does work on a payload. For a large one the thread's other tasks move to another thread first.
pub(crate) fn off_executor<T>(size: usize, work: impl FnOnce() -> T) -> T {
    if size < LARGE_PAYLOAD {
        work()
    } else {
        tokio::task::block_in_place(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A conversation of so many messages, each of three values.
    fn conversation(messages: usize) -> String {
        let message = r#"{"role":"user","content":"a\nb"}"#;
        let messages = vec![message; messages].join(",");
        format!(r#"{{"trajectory":[{messages}]}}"#)
    }

    #[test]
    fn it_is_read_once_but_for_a_conversation_whose_tree_is_large() {
        for (text, is_kept) in [
            (r#"{"output":"a\nb"}"#.to_owned(), true),
            (conversation(100), true),
            (conversation(200), false),
        ] {
            let mut payload = Payload::new(text.as_bytes());
            let first = payload.submission().unwrap();
            assert_eq!(payload.kept.is_some(), is_kept, "{text}");
            assert_eq!(payload.submission().unwrap(), first);
        }
        assert!(size_of::<(std::borrow::Cow<'_, str>, Json<'_>)>() <= 72);
    }

    #[test]
    fn what_cannot_be_read_ends_or_waits_for_a_newer_worker() {
        let failed = Payload::new(b"{").submission();
        assert!(matches!(failed, Err(Abort::Failed(..))));
        let newer = Payload::new(br#"{"output":"x","unheard_of":1}"#).submission();
        assert!(matches!(newer, Err(Abort::HandBack { .. })));
    }
}
