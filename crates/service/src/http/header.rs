//! Headers that have one value: which of two is meant, nobody can say.

use actix_web::http::header::{HeaderMap, HeaderValue};

use crate::problem::{Problem, ProblemCode};

/// The value of a header that may be given once.
///
/// # Errors
/// 400 `invalid_header` when it is given more than once.
pub fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h HeaderValue>, Problem> {
    let mut values = headers.get_all(name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::new(ProblemCode::InvalidHeader)
            .with_detail(format!("{name} is given more than once")));
    }
    Ok(first)
}

/// The text of a header that is of help and not needed: what is no ASCII, or says one thing and another, counts as
/// not given.
pub(super) fn hint<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name);
    let first = values.next()?;
    values
        .all(|other| other == first)
        .then(|| first.to_str().ok())?
}
