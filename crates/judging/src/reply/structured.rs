//! Replies to our own prompts: one JSON object with every criterion, its reasons before its value.

use std::borrow::Cow;

use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Rubric};

use super::custom::{check_around, check_summary};
use super::json::{Node, Value};
use super::verdict::{CriterionVerdict, Grade, Verdict};
use super::{extract, failure_step, grade, layout, siblings, unasked};
use crate::prompt::schema::FAILURE_STEP;

/// Quotations of one criterion that are looked up: the judge is asked for three at most, and each search goes
/// through the whole candidate.
const MAX_QUOTES: usize = 10;

/// What an object has besides its criteria.
const FORM: [&str; 5] = ["reasoning", "criteria", "summary", "moved_by", "consensus"];

/// Reads the reply to a direct call; `messages` is how many messages the trajectory has whose failing step is asked for.
///
/// # Errors
/// One sentence that names what is missing or off its scale; good enough to ask for a repair with.
pub(crate) fn direct(
    rubric: &Rubric,
    reader: ReaderVersion,
    messages: Option<usize>,
    text: &str,
) -> Result<Verdict, String> {
    verdict(
        rubric,
        (reader, messages),
        text,
        "score",
        &|criterion, value| grade::on_scale(&criterion.scale, reader, value, "score"),
    )
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
    verdict(rubric, (reader, None), text, "better", &|_, value| {
        grade::better(value, reader, "better")
    })
}

/// Reads a value of a criterion.
type Grading<'g> = &'g dyn Fn(&Criterion, &Node<'_>) -> Result<Grade, String>;

fn verdict(
    rubric: &Rubric,
    (reader, messages): (ReaderVersion, Option<usize>),
    text: &str,
    key: &'static str,
    grade: Grading<'_>,
) -> Result<Verdict, String> {
    let form = Form {
        rubric,
        reader,
        messages,
        key,
        grade,
    };
    let (mut verdict, taken_from) = extract::object(
        text,
        reader,
        &|object| form.read(&called(object, reader)),
        &Verdict::agrees,
        &|verdict, part, object| {
            check_around(
                rubric,
                reader,
                key == "better",
                verdict,
                text,
                (part, object),
            )
        },
    )?;
    verdict.taken_from = taken_from.into_iter().collect();
    Ok(verdict)
}

/// The arguments, where a model writes the call of a tool as text.
pub(super) fn called<'n>(object: &'n Node<'n>, reader: ReaderVersion) -> Cow<'n, Node<'n>> {
    match object.members() {
        Some([(name, _), (key, arguments)] | [(key, arguments), (name, _)])
            if name == "name" && (key == "arguments" || key == "parameters") =>
        {
            let arguments = arguments.unfolded(reader);
            if arguments.members().is_some() {
                arguments
            } else {
                Cow::Borrowed(object)
            }
        }
        _ => Cow::Borrowed(object),
    }
}

/// The form of a reply.
struct Form<'f> {
    rubric: &'f Rubric,
    reader: ReaderVersion,
    /// How many messages the trajectory has, where it is asked at which one a criterion failed.
    messages: Option<usize>,
    /// The key of a criterion's value.
    key: &'static str,
    grade: Grading<'f>,
}

impl Form<'_> {
    fn read(&self, object: &Node<'_>) -> Result<Verdict, String> {
        let object = &*layout::unwrapped(object, "criteria", self.reader);
        let given = object.get("criteria").map(|it| it.unfolded(self.reader));
        let given = match given {
            Some(list) if self.reader >= ReaderVersion::V2 => {
                Some(layout::by_name(self.rubric, list)?)
            }
            given => given,
        };
        let Some(given) = given.filter(|it| it.members().is_some()) else {
            return Err("it has no object `criteria`".to_owned());
        };
        siblings::check_name(self.rubric, object, "criteria")?;
        unasked::check_beside_criteria(self.rubric, object, |key| FORM.contains(&key))?;
        siblings::check_all(self.rubric, self.key == "better", object)?;
        siblings::check_all(self.rubric, self.key == "better", &given)?;
        let criteria = self.rubric.criteria.iter().map(|criterion| {
            siblings::check_name(self.rubric, &given, &criterion.name)?;
            self.one(criterion, &given)
                .map_err(|problem| format!("criterion `{}`: {problem}", criterion.name))
        });
        let mut verdict = Verdict::of(criteria.collect::<Result<_, _>>()?);
        let comparison = self.key == "better";
        let read = unasked::given(self.rubric, &verdict);
        unasked::check(self.rubric, comparison, &read, object, |key| {
            FORM.contains(&key)
        })?;
        unasked::check(self.rubric, comparison, &read, &given, |_| false)?;
        let text = |key: &str| object.get(key).and_then(Node::text);
        text("summary")
            .unwrap_or_default()
            .clone_into(&mut verdict.summary);
        check_summary(self.rubric, (self.reader, comparison), &verdict)?;
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

    fn one(&self, criterion: &Criterion, given: &Node<'_>) -> Result<CriterionVerdict, String> {
        let Some(value) = given.get(&criterion.name) else {
            if criterion.may_not_apply && leaves_out(self.rubric, given, |_| false) {
                return Ok(CriterionVerdict::not_applicable(String::new(), Vec::new()));
            }
            return Err("it is missing".to_owned());
        };
        let declines = |value: &Node<'_>| {
            criterion.may_not_apply && grade::is_declined(&criterion.scale, self.reader, value)
        };
        if declines(value) {
            return Ok(CriterionVerdict::not_applicable(String::new(), Vec::new()));
        }
        let value = value.unfolded(self.reader);
        let rationale = value.get("rationale").and_then(Node::text);
        let rationale = rationale.unwrap_or_default().trim().to_owned();
        let graded = value.get(self.key);
        if graded.is_some_and(declines) {
            let quotes = self.quotes(&value)?;
            return Ok(CriterionVerdict::not_applicable(rationale, quotes));
        }
        if rationale.is_empty() {
            return Err("it has no `rationale`".to_owned());
        }
        let graded = graded.ok_or_else(|| format!("it has no `{}`", self.key))?;
        siblings::check_name(self.rubric, &value, self.key)?;
        let grade = (self.grade)(criterion, graded)?;
        siblings::check(
            self.rubric,
            criterion,
            (self.reader, self.key == "better"),
            (self.key, &grade),
            &value,
        )?;
        let located = self.messages.filter(|_| criterion.locate);
        let failure_step = match located {
            Some(messages) => failure_step::read(&value, &grade, messages, self.reader)?,
            None => None,
        };
        let is_known = |key: &str| {
            matches!(key, "rationale" | "evidence")
                || key == self.key
                || located.is_some() && key == FAILURE_STEP
        };
        let read = [(criterion, Some(&grade))];
        unasked::check(self.rubric, self.key == "better", &read, &value, is_known)?;
        let how = (self.reader, self.key == "better");
        unasked::check_texts(self.rubric, how, &read, &value, |key| key == "rationale")?;
        Ok(CriterionVerdict {
            rationale,
            quotes: self.quotes(&value)?,
            grade: Some(grade),
            failure_step,
        })
    }

    fn quotes(&self, value: &Node<'_>) -> Result<Vec<String>, String> {
        let Some(evidence) = value.get("evidence") else {
            return Ok(Vec::new());
        };
        match &evidence.unfolded(self.reader).value {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => Ok(items
                .iter()
                .filter_map(Node::text)
                .take(MAX_QUOTES)
                .map(str::to_owned)
                .collect()),
            // An object in a string is a quotation of one.
            _ => match evidence.text() {
                Some(quote) => Ok(vec![quote.to_owned()]),
                None => Err(format!("`evidence` is {}", evidence.kind())),
            },
        }
    }
}

/// Whether what is missing of a verdict is left out: something is there, and nothing that may be it by another name.
/// `is_other` says which members belong to no criterion.
pub(super) fn leaves_out(
    rubric: &Rubric,
    given: &Node<'_>,
    is_other: impl Fn(&str) -> bool,
) -> bool {
    let members = given.members().unwrap_or_default();
    let is_named = |key: &str| rubric.criteria.iter().any(|each| each.name == key);
    members.iter().any(|(key, _)| is_named(key))
        && members
            .iter()
            .all(|(key, _)| is_named(key) || is_other(key))
}
