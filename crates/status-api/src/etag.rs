//! Entity tags (RFC 9110 §8.8.3): the state of an evaluation as its reader saw it.

use actix_web::HttpRequest;
use actix_web::http::header::IF_NONE_MATCH;
use sha2::{Digest as _, Sha256};

/// The tag of a body.
pub(crate) fn of(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

/// The tags that a reader has.
pub(crate) struct IfNoneMatch(Option<String>);

impl IfNoneMatch {
    /// From `If-None-Match`.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let lines = request.headers().get_all(IF_NONE_MATCH);
        let lines: Vec<_> = lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()))
            .collect();
        Self((!lines.is_empty()).then(|| lines.join(",")))
    }

    /// Whether the reader sent any.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the reader has this one; the comparison is weak (RFC 9110 §13.1.2).
    pub(crate) fn has(&self, tag: &[u8]) -> bool {
        let Some(list) = &self.0 else { return false };
        list.split(',')
            .map(str::trim)
            .any(|each| each == "*" || each.strip_prefix("W/").unwrap_or(each).as_bytes() == tag)
    }
}
