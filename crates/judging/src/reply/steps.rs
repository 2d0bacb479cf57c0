//! The evaluation steps that a model makes for a rubric which has none.

use domain::plan::ReaderVersion;

use super::extract;
use super::json::{Node, Value};
use super::structured::called;

/// Fewer are no guidance.
const MIN_STEPS: usize = 2;
/// More are no list that a judge goes through.
const MAX_STEPS: usize = 12;
/// Bytes of one step. The model is not told, so that it is far more than a sentence takes in any script.
const MAX_STEP_LENGTH: usize = 2000;

/// Reads `{"steps": ["…", …]}`: 2 to 12 steps of at most 2000 bytes, without the blanks around them.
///
/// # Errors
/// One sentence: what is wrong with them.
pub(crate) fn steps(reader: ReaderVersion, text: &str) -> Result<Vec<String>, String> {
    extract::object(
        text,
        reader,
        &|object| from_object(&called(object, reader), reader),
        &|one, other| one == other,
        &|_, _, _| Ok(()),
    )
    .map(|(steps, _)| steps)
}

fn from_object(object: &Node<'_>, reader: ReaderVersion) -> Result<Vec<String>, String> {
    let steps = object.get("steps").map(|node| node.unfolded(reader));
    let Some(Value::List(items)) = steps.as_deref().map(|node| &node.value) else {
        return Err("it has no array `steps`".to_owned());
    };
    if !(MIN_STEPS..=MAX_STEPS).contains(&items.len()) {
        return Err(format!(
            "it has {} steps where {MIN_STEPS} to {MAX_STEPS} were asked for",
            items.len()
        ));
    }
    let mut steps = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let number = index + 1;
        let step = item
            .text()
            .ok_or_else(|| format!("step {number} is {}, not a string", item.kind()))?
            .trim();
        if step.is_empty() {
            return Err(format!("step {number} is empty"));
        }
        if step.len() > MAX_STEP_LENGTH {
            return Err(format!(
                "step {number} is longer than {MAX_STEP_LENGTH} bytes"
            ));
        }
        steps.push(step.to_owned());
    }
    Ok(steps)
}
