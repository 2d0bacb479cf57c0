//! Where an object holds its criteria: at its top, under a word for them (`criteria`, `scores`, `assessment`), in a list of
//! objects that name theirs, or each under its name and a word for a score (`clarity_score`).

use std::borrow::Cow;

use domain::plan::ReaderVersion;
use domain::rubric::Rubric;

use super::json::{Node, Value};
use super::siblings::{is_among, plain};

/// Keys of an object, or a list, that holds the criteria, or the value of a sole one.
const WRAPPERS: &str = "criteria scores ratings grades assessment assessments evaluation evaluations judgement judgment judgements \
    judgments verdict verdicts result results";

/// Keys of a criterion's name in a list.
const NAMES: &str = "criterion name aspect dimension metric";

/// What may stand behind a criterion's name in its key.
const SUFFIXES: [&str; 4] = ["score", "rating", "grade", "value"];

/// How deep one wrapper may stand in another.
const MAX_DEPTH: usize = 2;

/// What holds the criteria under a key of its own, with that key; `None` where nothing does. `keys` are those of a value.
///
/// # Errors
/// A list names a criterion twice.
pub(super) fn wrapped<'n>(
    rubric: &Rubric,
    reader: ReaderVersion,
    object: &'n Node<'n>,
    keys: &[&str],
) -> Result<Option<(&'n str, Node<'n>)>, String> {
    let members = object.members().unwrap_or_default();
    let is_value = |(key, node): &(Cow<'_, str>, Node<'_>)| {
        keys.contains(&plain(key).as_str()) && !is_nested(&node.value)
    };
    // What stands at the top is the verdict, and what is wrapped beside it another one.
    let has_own = members.iter().any(|(key, _)| names_one(rubric, key))
        || rubric.criteria.len() == 1 && members.iter().any(is_value);
    for (key, member) in members {
        let is_wrapper = key == "criteria" || !has_own && is_among(WRAPPERS, &plain(key));
        if !is_wrapper {
            continue;
        }
        let mut node = member.unfolded(reader).into_owned();
        for _ in 0..MAX_DEPTH {
            node.value = match node.value {
                Value::Map(mut inner) if is_wrapper_alone(rubric, &inner) => {
                    inner.pop().map_or(Value::Null, |(_, inner)| inner.value)
                }
                other => other,
            };
        }
        if let Value::List(items) = node.value {
            node.value = listed(rubric, items)?;
        }
        let members = node.members().unwrap_or_default();
        let holds = members.iter().any(|(key, _)| names_one(rubric, key))
            || rubric.criteria.len() == 1 && members.iter().any(is_value);
        if node.members().is_some() && (holds || key == "criteria") {
            return Ok(Some((key, node)));
        }
    }
    Ok(None)
}

/// What a sole member holds that is an object with `key`, where its own name is one of those of a wrapper, from version 2 on.
pub(super) fn unwrapped<'n, 't>(
    object: &'n Node<'t>,
    key: &str,
    reader: ReaderVersion,
) -> Cow<'n, Node<'t>> {
    match object.members() {
        Some([(name, inner)])
            if reader >= ReaderVersion::V2
                && name != key
                && is_among(WRAPPERS, &plain(name))
                && inner.get(key).is_some() =>
        {
            Cow::Borrowed(inner)
        }
        _ => Cow::Borrowed(object),
    }
}

/// A list of criteria as an object that has each under its name; any other value as it is.
///
/// # Errors
/// The list names a criterion twice.
pub(super) fn by_name<'n, 't>(
    rubric: &Rubric,
    given: Cow<'n, Node<'t>>,
) -> Result<Cow<'n, Node<'t>>, String> {
    match &given.value {
        Value::List(items) => {
            let value = listed(rubric, items.clone())?;
            let at = given.at.clone();
            Ok(Cow::Owned(Node { at, value }))
        }
        _ => Ok(given),
    }
}

/// A list of objects that name the criteria of theirs, as an object that holds it; any other value as it is.
pub(super) fn enlisted(node: Node<'_>, reader: ReaderVersion) -> Node<'_> {
    let names_one = |item: &Node<'_>| {
        let mut members = item.members().unwrap_or_default().iter();
        members.any(|(key, _)| is_among(NAMES, &plain(key)))
    };
    match &node.value {
        Value::List(items)
            if reader >= ReaderVersion::V2 && items.len() > 1 && items.iter().all(names_one) =>
        {
            let at = node.at.clone();
            let value = Value::Map(vec![(Cow::Borrowed("criteria"), node)]);
            Node { at, value }
        }
        _ => node,
    }
}

fn is_nested(value: &Value<'_>) -> bool {
    matches!(value, Value::Map(_) | Value::List(_))
}

fn is_wrapper_alone(rubric: &Rubric, members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    matches!(members, [(key, inner)]
        if is_among(WRAPPERS, &plain(key)) && is_nested(&inner.value) && !names_one(rubric, key))
}

fn names_one(rubric: &Rubric, key: &str) -> bool {
    let named = |name: &str| named_by(name, key);
    rubric.criteria.iter().any(|each| named(&each.name))
}

/// Whether a key is a name, or one with a word for a score behind.
fn named_by(name: &str, key: &str) -> bool {
    let (name, key) = (plain(name), plain(key));
    let rest = key.strip_prefix(name.as_str());
    rest.is_some_and(|rest| rest.is_empty() || SUFFIXES.contains(&rest))
}

/// The criteria of a list, each under its name; the list itself where one of its items has none.
fn listed<'n>(rubric: &Rubric, items: Vec<Node<'n>>) -> Result<Value<'n>, String> {
    let mut found: Vec<(Cow<'n, str>, Node<'n>)> = Vec::new();
    for item in &items {
        let members = item.members().unwrap_or_default();
        let (name, rest): (Vec<_>, Vec<_>) = members
            .iter()
            .cloned()
            .partition(|(key, _)| is_among(NAMES, &plain(key)));
        let [
            (
                _,
                Node {
                    value: Value::Text(name),
                    ..
                },
            ),
        ] = name.as_slice()
        else {
            return Ok(Value::List(items));
        };
        let known = rubric
            .criteria
            .iter()
            .find(|each| plain(&each.name) == plain(name));
        let name = known.map_or_else(|| name.clone(), |each| Cow::Owned(each.name.clone()));
        if found.iter().any(|(other, _)| *other == name) {
            return Err(format!("its list has `{name}` twice"));
        }
        let (at, value) = (item.at.clone(), Value::Map(rest));
        found.push((name, Node { at, value }));
    }
    Ok(if found.is_empty() {
        Value::List(items)
    } else {
        Value::Map(found)
    })
}

/// An object whose keys with a word for a score behind a criterion's name are those names, where nothing else has such a one.
pub(super) fn plainly_named<'n, 't>(rubric: &Rubric, object: &'n Node<'t>) -> Cow<'n, Node<'t>> {
    let members = object.members().unwrap_or_default();
    let named = |name: &str| {
        let mut keys = members.iter().filter(|(key, _)| named_by(name, key));
        let sole = keys.next().filter(|_| keys.next().is_none());
        sole.filter(|(key, _)| plain(key) != plain(name))
            .map(|(key, _)| key.clone())
    };
    let renamed: Vec<(Cow<'t, str>, &str)> = rubric
        .criteria
        .iter()
        .filter_map(|each| Some((named(&each.name)?, each.name.as_str())))
        .collect();
    if renamed.is_empty() {
        return Cow::Borrowed(object);
    }
    let new_name = |key: &Cow<'t, str>| {
        let found = renamed.iter().find(|(old, _)| old == key);
        found.map_or_else(|| key.clone(), |(_, name)| Cow::Owned((*name).to_owned()))
    };
    let members = members
        .iter()
        .map(|(key, node)| (new_name(key), node.clone()));
    let value = Value::Map(members.collect());
    Cow::Owned(Node {
        at: object.at.clone(),
        value,
    })
}
