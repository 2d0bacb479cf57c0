//! Members of an answer's object that nobody asked for, and that may be another value or say that there is none.
//!
//! What such a member means is not known: `"adjustment": -2`, `"merit_v2": {"score": 2}`, `"partial": true`. So one that holds
//! a number or a truth makes two readings, unless its key says that it is something else (`"confidence": 0.9`, `"errors": 3`), it
//! says the same as the value, or the rubric's own words name it between quotes.

use domain::plan::ReaderVersion;
use domain::rubric::{Criterion, Rubric, Scale};

use super::custom::{self, check_text, is_anew, is_another, is_open};
use super::json::{Node, Value};
use super::siblings::{VALUES, end_by, is_among, is_upheld, is_void_key, plain, spaced};
use super::verdict::{Grade, Verdict};

/// Words of keys whose truths say something of what is judged, and nothing of its value.
const OF_CANDIDATE: &str = "passed pass passes correct acceptable accepted right tie";

/// Words of keys whose numbers are no values, besides plurals, which count: `errors`.
const UNRATED: &str = "confidence certainty probability weight count id index version seed threshold passed failed \
    line page step time ms seconds year min minimum lowest";

/// Words of keys for what judging took; of none that is a value: `cost_score`.
const TAKEN: &str =
    "cost price usd duration latency elapsed runtime took token timestamp created usage";

/// Words of keys for what is judged, what it is held against, and what else is known of it: their texts are no values.
const OF_MATTER: &str = "question prompt task input output answer reply candidate expected reference correct gold truth loser losing runner worse \
    worst language lang locale name criterion category topic subject type kind level model tone version id date title text quote quotes evidence \
    original improved suggested suggestion prediction options choices scale range anchors judge error";

/// Plurals that are values, or parts of one.
const PLURAL_VALUES: &str = "scores ratings grades values points marks stars deductions penalties adjustments corrections reductions revisions";

/// Words of keys for the value of several criteria together.
const WHOLE: &str = "overall total average mean sum aggregate weighted combined global";

/// The shortest word that is looked at by its ending, and the shortest short form of a name, in bytes.
const SHORTEST: usize = 4;

/// A criterion, and what was read for it.
pub(super) type Given<'g> = (&'g Criterion, Option<&'g Grade>);

/// The criteria with what was read.
pub(super) fn given<'g>(rubric: &'g Rubric, verdict: &'g Verdict) -> Vec<Given<'g>> {
    let said = verdict.criteria.iter().map(|said| said.grade.as_ref());
    rubric.criteria.iter().zip(said).collect()
}

/// Checks the members of an object; `is_known` says which of them the form names.
///
/// # Errors
/// One sentence: what stands there.
pub(super) fn check(
    rubric: &Rubric,
    comparison: bool,
    given: &[Given<'_>],
    object: &Node<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Result<(), String> {
    let read = Read {
        rubric,
        comparison,
        given,
    };
    let members = object.members().unwrap_or_default().iter();
    let mut others = members.filter(|(key, _)| !is_known(key) && read.criterion(key).is_none());
    match others.find(|(key, member)| !read.is_asked(key) && read.is_rival(key, member)) {
        Some((key, _)) => Err(format!(
            "its `{key}`, which was not asked for, may change its value"
        )),
        None => Ok(()),
    }
}

/// Checks the texts of an object's members, such as reasons: whether one gives another value, or takes it back.
///
/// # Errors
/// One sentence: what a text does.
pub(super) fn check_texts(
    rubric: &Rubric,
    how: (ReaderVersion, bool),
    given: &[Given<'_>],
    object: &Node<'_>,
    is_reason: impl Fn(&str) -> bool,
) -> Result<(), String> {
    let read = Read {
        rubric,
        comparison: how.1,
        given,
    };
    for (key, member) in object.members().unwrap_or_default() {
        let words = spaced(key);
        let has = |list| words.split(' ').any(|word| is_among(list, word));
        let is_of_matter =
            has(OF_MATTER) || has(UNRATED) || is_void_key(key) || end_by(key, member).is_some();
        let is_known = read.criterion(key).is_some() || read.is_asked(key) || is_of_matter;
        if !is_reason(key) && is_known {
            continue;
        }
        let texts: Vec<&str> = match &member.value {
            Value::Text(text) => vec![text],
            Value::List(items) => items.iter().filter_map(Node::text).collect(),
            _ => Vec::new(),
        };
        for text in texts {
            check_text(how, given, text)?;
        }
    }
    Ok(())
}

/// Checks that no criterion that `criteria` holds stands beside it as well; `is_known` says which members the form names.
///
/// # Errors
/// One sentence: which one does.
pub(super) fn check_beside_criteria(
    rubric: &Rubric,
    object: &Node<'_>,
    is_known: impl Fn(&str) -> bool,
) -> Result<(), String> {
    let names: Vec<_> = rubric
        .criteria
        .iter()
        .map(|each| plain(&each.name))
        .collect();
    let mut members = object.members().unwrap_or_default().iter();
    match members.find(|(key, _)| !is_known(key) && names.contains(&plain(key))) {
        Some((key, _)) => Err(format!("`{key}` stands in `criteria` and beside it")),
        None => Ok(()),
    }
}

/// What is read, as other members are held against it.
struct Read<'r> {
    rubric: &'r Rubric,
    comparison: bool,
    given: &'r [Given<'r>],
}

impl Read<'_> {
    fn criterion(&self, key: &str) -> Option<&Criterion> {
        let mut criteria = self.rubric.criteria.iter();
        criteria.find(|each| plain(&each.name) == plain(key))
    }

    /// Whether the rubric's own words name a key between quotes.
    fn is_asked(&self, key: &str) -> bool {
        let quoted = ['"', '\'', '`'].map(|mark| format!("{mark}{key}{mark}"));
        let named = |text: &str| quoted.iter().any(|key| text.contains(key));
        let prompt = self.rubric.prompt.as_ref();
        prompt.is_some_and(|prompt| {
            named(&prompt.user) || prompt.system.as_deref().is_some_and(named)
        }) || named(&self.rubric.description)
            || self
                .rubric
                .criteria
                .iter()
                .any(|each| named(&each.description))
    }

    fn is_rival(&self, key: &str, member: &Node<'_>) -> bool {
        let words = spaced(key);
        let has = |list| words.split(' ').any(|word| is_among(list, word));
        let is_value = has(VALUES)
            || has(WHOLE)
            || is_anew(&words) && !has("penalty")
            || self.criterion(key).is_some();
        match &member.value {
            Value::Null => false,
            Value::Text(text) => {
                let is_of_matter = has(OF_MATTER) && !has(VALUES)
                    || self.is_side_of_matter(key)
                    || end_by(key, member).is_some();
                let is_other = words.split(' ').any(counts) || has(UNRATED) || is_void_key(key);
                !is_of_matter && !is_other && {
                    let mut given = self.given.iter();
                    given.all(|(criterion, grade)| {
                        grade.is_some_and(|grade| {
                            is_another(text, criterion, self.comparison, grade)
                                || is_open(text)
                                || is_value && belies(text, grade)
                        })
                    })
                }
            }
            Value::Bool(holds) => {
                let is_of_candidate = has(OF_CANDIDATE) || self.is_short_for_criterion(key);
                let is_harmless = if self.has(|scale| matches!(scale, Scale::Boolean)) {
                    (is_value || is_of_candidate) && self.gives(f64::from(*holds))
                } else {
                    is_of_candidate
                };
                !is_upheld(key, *holds) && !is_harmless
            }
            Value::Number(digits) => {
                let number = digits.parse().unwrap_or(f64::NAN);
                let is_most = |scale: &Scale| matches!(scale, Scale::Numeric { max, .. } if max.total_cmp(&number).is_eq());
                let is_harmless = has(UNRATED)
                    || has(TAKEN) && !has(VALUES)
                    || words.split(' ').any(counts)
                    || (is_value && self.gives(number))
                    || (end_by(key, member).is_some() && self.has(is_most))
                    || (has(WHOLE) && self.given.len() > 1);
                !is_harmless
                    && !self.comparison
                    && self.has(|scale| matches!(scale, Scale::Numeric { .. }))
            }
            // A scale is looked at elsewhere.
            Value::List(_) | Value::Map(_) if !has(WHOLE) && end_by(key, member).is_some() => false,
            Value::List(items) => {
                let is_of_choice = self.names_all(items);
                !is_of_choice && items.iter().any(|item| self.is_rival(key, item))
            }
            Value::Map(members) => {
                let is_own = |(criterion, _): &&Given<'_>| plain(&criterion.name) == plain(key);
                let own: Vec<Given<'_>> = self.given.iter().filter(is_own).copied().collect();
                let inside = Read {
                    given: if own.is_empty() { self.given } else { &own },
                    ..*self
                };
                let is_whole = has(WHOLE) && self.given.len() > 1;
                members.iter().any(|(inner, member)| {
                    let is_of_whole = is_whole && is_among(VALUES, inner);
                    !is_of_whole && inside.is_rival(inner, member)
                })
            }
        }
    }

    /// Whether a key with a word for a value is one for what is judged: `correct_answer`, `expected_label`.
    fn is_side_of_matter(&self, key: &str) -> bool {
        let words = spaced(key);
        let mut words = words.split(' ');
        let (first, last) = (words.next().unwrap_or_default(), words.next_back());
        last.is_some()
            && is_among(
                "candidate expected reference correct gold ground model original previous",
                first,
            )
            || first == "answer" && last.is_none() && !self.comparison
    }

    /// Whether a list holds all categories of a criterion: those that could be chosen.
    fn names_all(&self, items: &[Node<'_>]) -> bool {
        self.given.iter().any(|(criterion, _)| {
            let all = criterion.scale.categories();
            let is_there = |word: &&str| {
                let mut texts = items.iter().filter_map(Node::text);
                texts.any(|text| {
                    criterion
                        .scale
                        .category(text.trim())
                        .is_some_and(|(it, _)| it == *word)
                })
            };
            !all.is_empty() && all.iter().all(is_there)
        })
    }

    fn has(&self, is: impl Fn(&Scale) -> bool) -> bool {
        self.given.iter().any(|(criterion, _)| is(&criterion.scale))
    }

    /// Whether a number, or a truth as 1 and 0, is one of the values that were read.
    fn gives(&self, number: f64) -> bool {
        let mut grades = self.given.iter().filter_map(|(_, grade)| *grade);
        grades.any(|grade| grade.score.total_cmp(&number).is_eq())
    }

    /// Whether a criterion's name begins with a key: `helpful` of `helpfulness`.
    fn is_short_for_criterion(&self, key: &str) -> bool {
        let begins = |(criterion, _): &Given<'_>| plain(&criterion.name).starts_with(&plain(key));
        key.len() >= SHORTEST && self.given.iter().any(begins)
    }
}

/// Whether a word of a key is a plural, so that its number counts.
fn counts(word: &str) -> bool {
    custom::counts(word) && !is_among(PLURAL_VALUES, word)
}

/// Words for a value that could hardly be better, and for one that could hardly be worse.
const BEST: &str = "excellent outstanding great good perfect superb flawless";
const WORST: &str = "terrible poor bad awful horrible useless unacceptable";

/// Whether a text calls a value good that is in the lower half of its scale, or bad one that is in the upper half.
fn belies(text: &str, grade: &Grade) -> bool {
    let word = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    let word = word.strip_prefix("very ").unwrap_or(&word);
    is_among(BEST, word) && grade.normalized < MIDDLE
        || is_among(WORST, word) && grade.normalized > MIDDLE
}

/// The middle of a scale.
const MIDDLE: f64 = 0.5;
