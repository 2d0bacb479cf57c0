//! What the history is made of: the files of `xtask/demo/history`, and which of it happened when.

use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::SCRIPT;
use super::rules::verdict_of;
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
    pub(super) rubrics: Rubrics,
    pub(super) cases: Cases,
    pub(super) debates: Debates,
    examples: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Rubrics {
    pub(super) name: String,
    pub(super) versions: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Cases {
    pub(super) context: String,
    pub(super) cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) case: String,
    pub(super) input: String,
    pub(super) answers: Vec<Answer>,
}

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) summary: String,
    /// By criterion, or by `criterion@version` where a version is judged differently: score, rationale, quotes.
    #[serde(flatten)]
    pub(super) verdicts: Map<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct Debates {
    pub(super) debates: Vec<Debate>,
}

#[derive(Deserialize)]
pub(super) struct Debate {
    pub(super) case: String,
    pub(super) answer: String,
    pub(super) opening: Map<String, Value>,
    pub(super) then: Map<String, Value>,
    pub(super) moved_by: Option<String>,
}

/// What goes wrong in the history: its name, a candidate, and how the provider answers to it.
pub(super) fn mishaps() -> [(&'static str, &'static str, Value); 3] {
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

    pub(super) fn answers(&self) -> impl Iterator<Item = (&Case, &Answer)> {
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

pub(super) fn set(body: &mut Value, key: &str, value: Value) {
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
