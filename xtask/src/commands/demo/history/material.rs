//! What the history is made of: the files of `xtask/demo/history`, and which of it happened when.

use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::SCRIPT;
use crate::workspace;

/// What each evaluation of the history says of itself.
pub(super) const SOURCE: &str = "demo: replies written by hand, times moved back";

const DAY: u64 = 24 * 3600;
/// How many nights there are, the last one yesterday.
const NIGHTS: u64 = 14;
/// The night from which on a version of the rubric is used.
const VERSIONS_FROM: [u64; 3] = [0, 5, 9];

/// An evaluation of the history, and what people said of it.
pub(super) struct Entry {
    pub(super) body: Value,
    pub(super) seconds_ago: u64,
    pub(super) labels: Vec<Value>,
}

pub(super) struct Material {
    rubrics: Rubrics,
    cases: Cases,
    debates: Debates,
    examples: Vec<Value>,
}

#[derive(Deserialize)]
struct Rubrics {
    name: String,
    versions: Vec<Value>,
}

#[derive(Deserialize)]
struct Cases {
    context: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    case: String,
    input: String,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    text: String,
    summary: String,
    /// By criterion, or by `criterion@version` where a version is judged differently: score, rationale, quotes.
    #[serde(flatten)]
    verdicts: Map<String, Value>,
}

#[derive(Deserialize)]
struct Debates {
    debates: Vec<Debate>,
}

#[derive(Deserialize)]
struct Debate {
    case: String,
    answer: String,
    opening: Map<String, Value>,
    then: Map<String, Value>,
    moved_by: Option<String>,
}

/// What goes wrong in the history: its name, a candidate, and how the provider answers to it.
fn mishaps() -> [(&'static str, &'static str, Value); 3] {
    [
        (
            "the agent gave no answer",
            "[the agent ended without an answer]",
            json!({"fault": "reply", "text": "There is nothing here that I could judge."}),
        ),
        (
            "an insult",
            "Stop writing to us. You are the problem, not the van.",
            json!({"fault": "refusal"}),
        ),
        (
            "a transcript as one text",
            "[transcript of 412 messages, pasted as one]",
            json!({"fault": "status", "status": 400}),
        ),
    ]
}

impl Material {
    pub(super) fn load() -> Result<Self> {
        let demo = workspace::root()?.join("xtask/demo");
        let mut files: Vec<_> = fs::read_dir(&demo)?
            .collect::<Result<Vec<_>, _>>()?
            .iter()
            .map(fs::DirEntry::path)
            .filter(|path| {
                path.extension().is_some_and(|kind| kind == "json") && !path.ends_with(SCRIPT)
            })
            .collect();
        files.sort();
        Ok(Self {
            rubrics: read("rubrics.json")?,
            cases: read("cases.json")?,
            debates: read("debates.json")?,
            examples: files
                .iter()
                .map(|file| Ok(serde_json::from_slice(&fs::read(file)?)?))
                .collect::<Result<_>>()?,
        })
    }

    pub(super) fn rubric_name(&self) -> &str {
        &self.rubrics.name
    }

    /// The oldest first.
    pub(super) fn rubric_versions(&self) -> &[Value] {
        &self.rubrics.versions
    }

    /// All evaluations.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.nights();
        entries.extend(self.releases());
        entries.extend(self.others());
        entries
    }

    /// Each night both agents answer every question: the older one worse, the newer one better.
    fn nights(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for night in 0..NIGHTS {
            let version = 1 + VERSIONS_FROM
                .iter()
                .rposition(|from| *from <= night)
                .unwrap_or(0);
            for (number, case) in (0_u64..).zip(&self.cases.cases) {
                for (agent, turn) in [
                    ("support-3", night + number),
                    ("support-4", 2 * night + 3 * number),
                ] {
                    let quality = match (agent, turn % 7) {
                        ("support-3", 0 | 3 | 5) | ("support-4", 0 | 1 | 2 | 3 | 5) => 0,
                        ("support-3", 1 | 6) | ("support-4", 4) => 1,
                        _ => 2,
                    };
                    let Some(answer) = case.answers.get(quality) else {
                        continue;
                    };
                    let mut entry = self.entry(
                        case,
                        answer,
                        version,
                        (NIGHTS - night) * DAY - 1800 - number * 97,
                        &json!({"run": format!("nightly {}", night + 1), "agent": agent}),
                    );
                    if (night + number) % 6 == 0 {
                        entry.labels = labels(answer, version, night);
                    }
                    entries.push(entry);
                }
            }
        }
        entries
    }

    /// Before a version of the rubric is used it judges every answer, and so does the version before it.
    fn releases(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (index, from) in VERSIONS_FROM.iter().enumerate() {
            for (case, answer) in self.answers() {
                let ago = (NIGHTS - from) * DAY + 9000;
                let labels =
                    json!({"run": format!("rubric version {}", index + 1), "agent": "all"});
                entries.push(self.entry(case, answer, index + 1, ago, &labels));
            }
        }
        entries
    }

    /// What else there is: debates, comparisons, disagreeing samples, mishaps, and the demo's examples.
    fn others(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (index, debate) in (1_u64..).zip(&self.debates.debates) {
            let found = self
                .answers()
                .find(|(case, answer)| case.case == debate.case && answer.id == debate.answer);
            let Some((case, answer)) = found else {
                continue;
            };
            for again in 0..2 {
                let mut entry = self.entry(
                    case,
                    answer,
                    3,
                    index * 9 * 3600 + again * DAY,
                    &json!({"run": format!("second opinion {}", again + 1)}),
                );
                set(
                    &mut entry.body,
                    "strategy",
                    json!({"kind": "debate", "models": ["gpt-4o", "claude-sonnet"], "rounds": 1}),
                );
                entries.push(entry);
            }
        }
        for (index, case) in (1_u64..).zip(&self.cases.cases) {
            let [first, second, third] = case.answers.as_slice() else {
                continue;
            };
            for (other, swap) in [(third, false), (second, true)] {
                let mut entry = self.entry(
                    case,
                    first,
                    3,
                    index * 7 * 3600,
                    &json!({"run": "which is better"}),
                );
                let title = format!("{}: two answers", case.case);
                set_in(&mut entry.body, "metadata", "title", title.into());
                if let Some(body) = entry.body.as_object_mut() {
                    body.remove("output");
                    body.insert("outputs".to_owned(), json!([{"id": "support-4", "text": first.text}, {"id": "support-3", "text": other.text}]));
                    body.insert(
                        "strategy".to_owned(),
                        json!({"kind": "direct", "swap": swap}),
                    );
                }
                entries.push(entry);
            }
            let mut entry = self.entry(
                case,
                second,
                3,
                index * 5 * 3600,
                &json!({"run": "five samples"}),
            );
            set(&mut entry.body, "model", json!("gpt-4o-mini"));
            set(&mut entry.body, "samples", json!(5));
            entries.push(entry);
        }
        for (index, (name, output, _)) in (1_u64..).zip(mishaps()) {
            let Some(case) = self.cases.cases.first() else {
                continue;
            };
            for again in 0..3 {
                entries.push(self.built(
                    case,
                    output,
                    name,
                    3,
                    index * 8 * 3600 + again * 3 * DAY,
                    &json!({"run": format!("nightly {}", NIGHTS - 3 * again), "agent": "support-3"}),
                ));
            }
        }
        for (index, example) in (1_u64..).zip(&self.examples) {
            for day in [1, 4, 8, 11] {
                let mut body = example.clone();
                set_in(&mut body, "metadata", "source", SOURCE.into());
                set_in(
                    &mut body,
                    "metadata",
                    "run",
                    format!("examples {day}").into(),
                );
                entries.push(Entry {
                    body,
                    seconds_ago: day * DAY + index * 1900,
                    labels: Vec::new(),
                });
            }
        }
        entries
    }

    fn answers(&self) -> impl Iterator<Item = (&Case, &Answer)> {
        self.cases
            .cases
            .iter()
            .flat_map(|case| case.answers.iter().map(move |answer| (case, answer)))
    }

    fn entry(
        &self,
        case: &Case,
        answer: &Answer,
        version: usize,
        seconds_ago: u64,
        metadata: &Value,
    ) -> Entry {
        let name = format!("{}, answer {}", case.case, answer.id);
        self.built(case, &answer.text, &name, version, seconds_ago, metadata)
    }

    fn built(
        &self,
        case: &Case,
        output: &str,
        name: &str,
        version: usize,
        seconds_ago: u64,
        metadata: &Value,
    ) -> Entry {
        let mut body = json!({
            "input": case.input,
            "context": self.cases.context,
            "output": output,
            "rubric": format!("{}@{version}", self.rubrics.name),
            "metadata": metadata,
        });
        set_in(&mut body, "metadata", "source", SOURCE.into());
        set_in(&mut body, "metadata", "title", name.into());
        Entry {
            body,
            seconds_ago,
            labels: Vec::new(),
        }
    }

    /// What the simulated provider says to them.
    ///
    /// # Errors
    /// The files do not fit together.
    pub(super) fn rules(&self) -> Result<Vec<Value>> {
        let mut rules = Vec::new();
        for (_, output, fault) in mishaps() {
            let mut rule = fault;
            set(&mut rule, "contains", json!([output]));
            rules.push(rule);
        }
        for debate in &self.debates.debates {
            let mut answers = self.answers();
            let found = answers
                .find(|(case, answer)| case.case == debate.case && answer.id == debate.answer);
            let (_, answer) = found.context("a debate is about no answer")?;
            let second = "You are judge B of 2";
            let again = "\"moved_by\": <";
            for (judge, changes, moved_by) in [
                (second, &debate.then, debate.moved_by.clone()),
                ("You are judge A of 2", &Map::new(), None),
            ] {
                let mut reply = self.reply(answer, 3, changes)?;
                set(&mut reply, "moved_by", json!(moved_by));
                rules.push(json!({"fault": "reply", "contains": [judge, again, answer.text], "text": reply}));
            }
            let reply = self.reply(answer, 3, &debate.opening)?;
            rules.push(json!({"fault": "reply", "contains": [second, answer.text], "text": reply}));
        }
        for case in &self.cases.cases {
            let [first, others @ ..] = case.answers.as_slice() else {
                continue;
            };
            for other in others {
                rules.push(json!({
                    "fault": "reply", "contains": ["\"better\": ", first.text, other.text], "text": self.preference(first, other)?,
                }));
            }
        }
        for (_, answer) in self.answers() {
            for (version, rubric) in (1..).zip(&self.rubrics.versions) {
                let said = rubric
                    .get("description")
                    .context("a version has no description")?;
                let contains = json!([said, answer.text]);
                // A smaller model that is of two minds: sometimes it takes a good answer for a bad one.
                let mut harsh = Map::new();
                harsh.insert(
                    "policy".to_owned(),
                    json!([1, "The reader is left to guess what the policy is.", []]),
                );
                rules.push(json!({
                    "fault": "reply", "model": "gpt-4o-mini", "probability": 0.4, "contains": contains, "text": self.reply(answer, version, &harsh)?,
                }));
                rules.push(json!({
                    "fault": "reply", "contains": contains, "text": self.reply(answer, version, &Map::new())?,
                }));
            }
        }
        Ok(rules)
    }

    /// The names of a version's criteria.
    fn criteria(&self, version: usize) -> impl Iterator<Item = &str> {
        let rubric = version
            .checked_sub(1)
            .and_then(|index| self.rubrics.versions.get(index));
        let criteria = rubric.and_then(|rubric| rubric.get("criteria")?.as_array());
        criteria
            .into_iter()
            .flatten()
            .filter_map(|criterion| criterion.get("name")?.as_str())
    }

    /// A judge's reply, with other verdicts on some criteria.
    fn reply(
        &self,
        answer: &Answer,
        version: usize,
        changes: &Map<String, Value>,
    ) -> Result<Value> {
        let mut criteria = Map::new();
        for name in self.criteria(version) {
            let verdict = changes
                .get(name)
                .or_else(|| verdict_of(answer, name, version));
            let verdict = verdict.with_context(|| format!("answer {} has no {name}", answer.id))?;
            criteria.insert(
                name.to_owned(),
                json!({"rationale": verdict[1], "evidence": verdict[2], "score": verdict[0]}),
            );
        }
        Ok(json!({"criteria": criteria, "summary": answer.summary}))
    }

    /// A reply to a comparison that is always for the one that it was shown first.
    fn preference(&self, first: &Answer, other: &Answer) -> Result<Value> {
        let mut criteria = Map::new();
        for name in self.criteria(3) {
            let both = verdict_of(first, name, 3).zip(verdict_of(other, name, 3));
            let (one, two) = both.with_context(|| format!("an answer has no {name}"))?;
            let rationale = format!("The one: {} The other: {}", text(&one[1]), text(&two[1]));
            let evidence: Vec<_> = [&one[2], &two[2]]
                .into_iter()
                .filter_map(Value::as_array)
                .flatten()
                .collect();
            criteria.insert(
                name.to_owned(),
                json!({"rationale": rationale, "evidence": evidence, "better": "A"}),
            );
        }
        Ok(json!({"criteria": criteria, "summary": format!("{} {}", first.summary, other.summary)}))
    }
}

fn verdict_of<'a>(answer: &'a Answer, name: &str, version: usize) -> Option<&'a Value> {
    let special = answer.verdicts.get(&format!("{name}@{version}"));
    special.or_else(|| answer.verdicts.get(name))
}

/// Two people: one agrees with the judge, the other is a little stricter at times.
fn labels(answer: &Answer, version: usize, night: u64) -> Vec<Value> {
    let Some(score) = verdict_of(answer, "policy", version).and_then(|verdict| verdict[0].as_f64())
    else {
        return Vec::new();
    };
    let stricter = if night.is_multiple_of(3) {
        (score - 1.0).max(1.0)
    } else {
        score
    };
    vec![
        json!({"rater": "rater-1", "criterion": "policy", "score": score}),
        json!({"rater": "rater-2", "criterion": "policy", "score": stricter}),
        json!({"rater": "rater-1", "score": (score - 1.0) / 4.0, "note": answer.summary}),
    ]
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn set(body: &mut Value, key: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(key.to_owned(), value);
    }
}

fn set_in(body: &mut Value, object: &str, key: &str, value: Value) {
    if let Some(inner) = body.get_mut(object) {
        set(inner, key, value);
    }
}

fn read<T: DeserializeOwned>(name: &str) -> Result<T> {
    let path = workspace::root()?.join("xtask/demo/history").join(name);
    let text = fs::read(&path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}
