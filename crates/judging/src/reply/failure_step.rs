//! The message of a trajectory at which a criterion failed.

use domain::plan::ReaderVersion;

use super::json::{Node, Value};
use super::verdict::Grade;
use crate::prompt::schema::FAILURE_STEP;

/// Reads it of what a reply says about a criterion: the number of one of `messages` messages, from 0, or null.
///
/// # Errors
/// One sentence: it is missing, names no message, or contradicts the value.
pub(super) fn read(
    value: &Node<'_>,
    grade: &Grade,
    messages: usize,
    reader: ReaderVersion,
) -> Result<Option<usize>, String> {
    let is_met = grade.normalized >= 1.0;
    let Some(given) = value.get(FAILURE_STEP) else {
        return if is_met {
            Ok(None)
        } else {
            Err(format!("it has no `{FAILURE_STEP}`"))
        };
    };
    let given = given.unfolded(reader);
    if given.value == Value::Null {
        return Ok(None);
    }
    let digits = super::grade::digits(&given);
    let step = digits.and_then(|digits| digits.parse::<usize>().ok());
    match step {
        Some(_) if is_met => Err(format!(
            "`{FAILURE_STEP}` names a message although the criterion is met in full"
        )),
        Some(step) if step < messages => Ok(Some(step)),
        _ => Err(format!(
            "`{FAILURE_STEP}` is none of the {messages} messages, which are numbered from 0, nor null"
        )),
    }
}
