//! Media types of request bodies.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

use super::single;
use crate::problem::{Problem, ProblemCode};

/// Checks the media type of a body; the first of those that are taken is what a refusal asks for. `+json` suffixes
/// (RFC 6839) are taken as well. A request without a type is taken at its word.
///
/// Text is UTF-8: another `charset` is refused,
/// since its bytes would be read as something else.
///
/// # Errors
/// 415 `unsupported_media_type`, 400 `invalid_header` when it is given more than once.
pub fn expect_media_type(request: &HttpRequest, taken: &[&str]) -> Result<(), Problem> {
    let Some(given) = single(request.headers(), CONTENT_TYPE.as_str())? else {
        return Ok(());
    };
    let given = String::from_utf8_lossy(given.as_bytes());
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let charset = given.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("charset");
        is_it.then(|| value.trim().trim_matches('"'))
    });
    let is_utf_8 = |charset: &str| {
        ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| charset.eq_ignore_ascii_case(known))
    };
    if let Some(charset) = charset.filter(|charset| !is_utf_8(charset)) {
        return Err(
            Problem::new(ProblemCode::UnsupportedMediaType).with_detail(format!(
                "the charset `{}` is not taken; send UTF-8",
                charset.escape_debug()
            )),
        );
    }
    if taken.contains(&essence.as_str())
        || (essence.starts_with("application/") && essence.ends_with("+json"))
    {
        return Ok(());
    }
    let expected = taken.first().copied().unwrap_or_default();
    Err(
        Problem::new(ProblemCode::UnsupportedMediaType).with_detail(format!(
            "Content-Type `{essence}` is not taken; send {expected}"
        )),
    )
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(given: &str) -> Result<(), Problem> {
        let request = TestRequest::default().insert_header((CONTENT_TYPE, given));
        expect_media_type(&request.to_http_request(), &["application/json"])
    }

    #[test]
    fn a_charset_other_than_utf_8_is_refused() {
        for given in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json; Charset=US-ASCII; profile=x",
            "application/problem+json; profile=\"a=b\"",
        ] {
            assert!(check(given).is_ok(), "{given}");
        }
        for given in [
            "application/json; charset=latin1",
            "application/json; charset=iso-8859-1",
            "application/json; profile=x; CHARSET=\"utf-16\"",
            "application/json; charset=",
            "text/plain; charset=utf-8",
        ] {
            let problem = check(given).unwrap_err();
            assert_eq!(problem.code(), ProblemCode::UnsupportedMediaType, "{given}");
        }
    }
}
