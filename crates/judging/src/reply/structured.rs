//! Replies to our own prompts: one JSON object with every criterion, its reasons before its value.

use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Rubric};

use super::json::{Node, Value};
use super::verdict::{CriterionVerdict, Grade, Verdict};
use super::{extract, grade};

/// Quotations of one criterion that are looked up: the judge is asked for three at most, and each search goes
/// through the whole candidate.
const MOST_QUOTES: usize = 10;

/// Reads the reply to a direct call.
///
/// # Errors
/// One sentence that names what is missing or off its scale; good enough to ask for a repair with.
pub(crate) fn direct(
    rubric: &Rubric,
    reader: ReaderVersion,
    text: &str,
) -> Result<Verdict, String> {
    verdict(rubric, reader, text, &|criterion, value| {
        let score = value.get("score").ok_or("it has no `score`")?;
        grade::on_scale(&criterion.scale, score, "score")
    })
}

/// Reads the reply to a comparison: on each criterion which of the two candidates is `better`, `A` being the one
/// that was shown first.
///
/// # Errors
/// As [`direct`].
pub(crate) fn comparison(
    rubric: &Rubric,
    reader: ReaderVersion,
    text: &str,
) -> Result<Verdict, String> {
    verdict(rubric, reader, text, &|_, value| {
        let better = value.get("better").ok_or("it has no `better`")?;
        grade::better(better, "better")
    })
}

fn verdict(
    rubric: &Rubric,
    reader: ReaderVersion,
    text: &str,
    grade: &dyn Fn(&Criterion, &Node<'_>) -> Result<Grade, String>,
) -> Result<Verdict, String> {
    let (mut verdict, taken_from) = extract::object(
        text,
        reader,
        &|object| from_object(rubric, called(object), grade),
        &Verdict::agrees,
    )?;
    verdict.taken_from = taken_from.into_iter().collect();
    Ok(verdict)
}

/// The arguments, where a model writes the call of a tool as text.
pub(super) fn called<'n, 't>(object: &'n Node<'t>) -> &'n Node<'t> {
    match object.members() {
        Some([(name, _), (key, arguments)] | [(key, arguments), (name, _)])
            if name == "name"
                && (key == "arguments" || key == "parameters")
                && arguments.members().is_some() =>
        {
            arguments
        }
        _ => object,
    }
}

fn from_object(
    rubric: &Rubric,
    object: &Node<'_>,
    grade: &dyn Fn(&Criterion, &Node<'_>) -> Result<Grade, String>,
) -> Result<Verdict, String> {
    let Some(given) = object.get("criteria").filter(|it| it.members().is_some()) else {
        return Err("it has no object `criteria`".to_owned());
    };
    let criteria = rubric.criteria.iter().map(|criterion| {
        let value = given.get(&criterion.name);
        value
            .ok_or_else(|| "it is missing".to_owned())
            .and_then(|value| one(criterion, value, grade))
            .map_err(|problem| format!("criterion `{}`: {problem}", criterion.name))
    });
    let mut verdict = Verdict::of(criteria.collect::<Result<_, _>>()?);
    let text = |key: &str| object.get(key).and_then(Node::text);
    text("summary")
        .unwrap_or_default()
        .clone_into(&mut verdict.summary);
    verdict.moved_by = match object.get("moved_by").map(|node| &node.value) {
        None | Some(Value::Null) => None,
        Some(Value::Text(by)) => Some(by.trim().to_owned()).filter(|by| !by.is_empty()),
        Some(_) => return Err("`moved_by` is neither a string nor null".to_owned()),
    };
    verdict.consensus = match object.get("consensus").map(|node| &node.value) {
        None | Some(Value::Null) => None,
        Some(Value::Bool(there_is)) => Some(*there_is),
        Some(_) => return Err("`consensus` is neither true nor false".to_owned()),
    };
    Ok(verdict)
}

fn one(
    criterion: &Criterion,
    value: &Node<'_>,
    grade: &dyn Fn(&Criterion, &Node<'_>) -> Result<Grade, String>,
) -> Result<CriterionVerdict, String> {
    let rationale = value.get("rationale").and_then(Node::text);
    let rationale = rationale.unwrap_or_default().trim();
    if rationale.is_empty() {
        return Err("it has no `rationale`".to_owned());
    }
    let quotes = match value.get("evidence").map(|node| (&node.value, node)) {
        None | Some((Value::Null, _)) => Vec::new(),
        Some((Value::Text(quote), _)) => vec![quote.clone().into_owned()],
        Some((Value::List(items), _)) => items
            .iter()
            .filter_map(Node::text)
            .take(MOST_QUOTES)
            .map(str::to_owned)
            .collect(),
        Some((_, other)) => return Err(format!("`evidence` is {}", other.kind())),
    };
    Ok(CriterionVerdict {
        rationale: rationale.to_owned(),
        quotes,
        grade: grade(criterion, value)?,
    })
}
