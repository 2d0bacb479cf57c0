//! Which of the codings that there are a client takes (RFC 9110 §12.5.3).

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap};

/// How a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The smallest that these headers allow. What a client did not name it does not get.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let takes = |name: &str| {
            let values = headers.get_all(ACCEPT_ENCODING);
            let mut codings = values
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','));
            codings.any(|coding| {
                let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
                let weight = weight.trim().strip_prefix("q=");
                let is_refused = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0));
                coding.trim().eq_ignore_ascii_case(name) && !is_refused
            })
        };
        if takes("br") {
            Self::Brotli
        } else if takes("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// For `Content-Encoding`.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_client_gets_what_it_takes() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip;q=1.0, br;q=0", Encoding::Gzip),
            ("GZIP", Encoding::Gzip),
            ("br ; q=0.000, gzip; q=0", Encoding::Identity),
            ("deflate", Encoding::Identity),
            ("*", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(Encoding::accepted(&headers), expected, "{accepted}");
        }
    }
}
