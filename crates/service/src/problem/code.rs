//! The table of problem codes.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $Code:ident = $name:literal, $status:literal, $title:literal;)+) => {
        /// What kind of problem it is. The names are stable: clients match on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemCode {
            $($(#[doc = $doc])+ $Code,)+
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: [Self; [$($status),+].len()] = [$(Self::$Code),+];

            /// The stable name, snake_case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Code => $name,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$Code => $status,)+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$Code => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The title for people, the same in every case.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$Code => $title,)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    MalformedJson = "malformed_json", 400, "Malformed JSON";
    /// A field of the body is wrong.
    InvalidRequest = "invalid_request", 422, "Invalid request";
    /// The body is larger than allowed.
    PayloadTooLarge = "payload_too_large", 413, "Payload too large";
    /// The `Content-Type` is not taken.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported media type";
    /// The `Content-Encoding` is not taken.
    UnsupportedContentEncoding = "unsupported_content_encoding", 415, "Unsupported content encoding";
    /// There is no such thing, or it is another tenant's.
    NotFound = "not_found", 404, "Not found";
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// There is no valid API key.
    Unauthenticated = "unauthenticated", 401, "Unauthenticated";
    /// The API key lacks a scope.
    Forbidden = "forbidden", 403, "Forbidden";
    /// The idempotency key was used with another payload.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "Idempotency key reused";
    /// A header is wrong.
    InvalidHeader = "invalid_header", 400, "Invalid header";
    /// A query parameter is wrong.
    InvalidQuery = "invalid_query", 400, "Invalid query";
    /// The target of the request is longer than allowed.
    TargetTooLong = "target_too_long", 414, "Request target too long";
    /// The head of the request is larger than allowed.
    HeadTooLarge = "head_too_large", 431, "Request head too large";
    /// The request did not arrive in time.
    RequestTimeout = "request_timeout", 408, "Request timeout";
    /// The state does not allow it.
    Conflict = "conflict", 409, "Conflict";
    /// The caller is over its own limit.
    RateLimited = "rate_limited", 429, "Rate limited";
    /// The service is over its limit.
    Overloaded = "overloaded", 503, "Overloaded";
    /// Something that the service needs is not there.
    DependencyUnavailable = "dependency_unavailable", 503, "Dependency unavailable";
    /// The service is at fault.
    Internal = "internal", 500, "Internal error";
}

impl ProblemCode {
    /// Whether it may be gone after a while, so that `Retry-After` is sent.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self.status(), 429 | 503)
    }

    /// The code for an error that the framework made, of which only the status is known.
    #[must_use]
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            409 => Self::Conflict,
            413 => Self::PayloadTooLarge,
            414 => Self::TargetTooLong,
            415 => Self::UnsupportedMediaType,
            422 => Self::InvalidRequest,
            429 => Self::RateLimited,
            431 => Self::HeadTooLarge,
            503 => Self::Overloaded,
            400..=499 => Self::InvalidHeader,
            _ => Self::Internal,
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
