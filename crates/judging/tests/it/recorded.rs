//! Replies that other projects recorded, where they lie beside the repository; never part of it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use domain::rubric::{Criterion, Meaning, ReplyForm, ReplyFormat, Rubric, Scale, Side, Take};
use flate2::read::GzDecoder;
use judging::reading::Form;
use serde_json::Value;

/// The records of a file; `None`, said on stderr, where it is not there.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn records(set: &str, file: &str) -> Option<Vec<Value>> {
    let path = folder(set).join(file);
    let Ok(packed) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    let mut text = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn folder(set: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/judgements")
        .join(set)
}

/// How the replies of a prompt are read: what a user would write into a rubric for it.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) rubric: Rubric,
    pub(crate) form: ReplyForm,
    pub(crate) comparison: bool,
}

/// The reader of a call's replies; `None` for a call that asks for no verdict.
pub(crate) fn reader(set: &str, call: &Value) -> Option<Reader> {
    let prompt = call["prompt_id"].as_str().unwrap_or_default();
    Some(match set {
        "mtbench_gpt4" if prompt.starts_with("single") => single("quality", 1.0, 10.0),
        "mtbench_gpt4" => comparing(&[("A", Side::First), ("B", Side::Second), ("C", Side::Tie)]),
        "icescore_code" if prompt.starts_with("functional") => {
            single("functional correctness", 0.0, 4.0)
        }
        "icescore_code" => single("usefulness", 0.0, 4.0),
        "justeval_json_aspects" => aspects(),
        "vicuna80_two_scores" => {
            let numbers = ReplyFormat::Numbers { count: 2 };
            let take = if prompt.ends_with("math") {
                Take::Last
            } else {
                Take::First
            };
            Reader {
                form: form(numbers, Some(take)),
                ..comparing(&[])
            }
        }
        "prd_jury_pairwise" => Reader {
            form: form(
                sides(&[("1", Side::First), ("2", Side::Second), ("3", Side::Tie)]),
                Some(Take::Last),
            ),
            ..comparing(&[])
        },
        "scaleeval_debate" => Reader {
            form: form(
                sides(&[("1", Side::First), ("2", Side::Second), ("0", Side::Tie)]),
                Some(Take::Last),
            ),
            ..comparing(&[])
        },
        "alpacaeval2_logprobs" => {
            let mut reader = comparing(&[("m", Side::First), ("M", Side::Second)]);
            reader.form.logprobs = true;
            reader
        }
        "llmbar_pairwise" if prompt == "rating/Rating" => single("score", 0.0, 9.0),
        "llmbar_pairwise" if prompt.ends_with("CoT") => {
            let pattern =
                r"(?im)(?:^|therefore,[^.\n]*)output \((?P<winner>[ab])\) is (?:the )?better"
                    .to_owned();
            let ReplyFormat::Choice { choices } = sides(&[("a", Side::First), ("b", Side::Second)])
            else {
                return None;
            };
            Reader {
                form: form(ReplyFormat::Regex { pattern, choices }, Some(Take::Last)),
                ..comparing(&[])
            }
        }
        "llmbar_pairwise" => {
            comparing(&[("Output (a)", Side::First), ("Output (b)", Side::Second)])
        }
        _ => return None,
    })
}

/// The readers of a call's replies in each of the forms that a user might write, by a name for the form.
pub(crate) fn forms(set: &str, call: &Value) -> Vec<(&'static str, Reader)> {
    let prompt = call["prompt_id"].as_str().unwrap_or_default();
    let Some(own) = reader(set, call) else {
        return Vec::new();
    };
    if prompt.starts_with("auxiliary") {
        return Vec::new();
    }
    let mut forms = vec![("as suggested", own)];
    let takes = [("", None), (", last", Some(Take::Last))];
    let mut compare = |names: [&'static str; 2], choices: &[(&str, Side)]| {
        for (name, (_, take)) in names.into_iter().zip(takes) {
            let mut reader = comparing(choices);
            reader.form.take = take;
            forms.push((name, reader));
        }
    };
    match set {
        "llmbar_pairwise" if !prompt.starts_with("rating") => {
            compare(
                ["nouns", "nouns, last"],
                &[("Output (a)", Side::First), ("Output (b)", Side::Second)],
            );
            compare(
                ["clauses", "clauses, last"],
                &[
                    ("Output (a) is better", Side::First),
                    ("Output (b) is better", Side::Second),
                ],
            );
            compare(
                ["sentences", "sentences, last"],
                &[
                    ("Therefore, Output (a) is better.", Side::First),
                    ("Therefore, Output (b) is better.", Side::Second),
                ],
            );
        }
        "prd_jury_pairwise" => {
            compare(
                ["digits", "digits, last"],
                &[("1", Side::First), ("2", Side::Second), ("3", Side::Tie)],
            );
            compare(
                ["nouns", "nouns, last"],
                &[("Assistant 1", Side::First), ("Assistant 2", Side::Second)],
            );
            forms.push((
                "numbers",
                Reader {
                    form: form(ReplyFormat::Numbers { count: 2 }, None),
                    ..comparing(&[])
                },
            ));
        }
        "scaleeval_debate" => {
            compare(
                ["digits", "digits, last"],
                &[("1", Side::First), ("2", Side::Second), ("0", Side::Tie)],
            );
            compare(
                ["nouns", "nouns, last"],
                &[("Assistant 1", Side::First), ("Assistant 2", Side::Second)],
            );
        }
        "icescore_code" => {
            let name = if prompt.starts_with("functional") {
                "functional correctness"
            } else {
                "usefulness"
            };
            let mut last = single(name, 0.0, 4.0);
            last.form.take = Some(Take::Last);
            forms.push(("number, last", last));
            for (form, take) in [("choices", None), ("choices, last", Some(Take::Last))] {
                let mut reader = single(name, 0.0, 4.0);
                let choices = ["0", "1", "2", "3", "4"]
                    .map(|text| (text.to_owned(), Meaning::Number(text.parse().unwrap())));
                reader.form = ReplyForm {
                    format: ReplyFormat::Choice {
                        choices: choices.into(),
                    },
                    take,
                    logprobs: false,
                };
                forms.push((form, reader));
            }
        }
        _ => {}
    }
    forms
}

fn form(format: ReplyFormat, take: Option<Take>) -> ReplyForm {
    ReplyForm {
        format,
        take,
        logprobs: false,
    }
}

fn sides(choices: &[(&str, Side)]) -> ReplyFormat {
    let choices: BTreeMap<String, Meaning> = choices
        .iter()
        .map(|(text, side)| ((*text).to_owned(), Meaning::Side(*side)))
        .collect();
    ReplyFormat::Choice { choices }
}

fn comparing(choices: &[(&str, Side)]) -> Reader {
    Reader {
        rubric: rubric(vec![criterion("quality", 1.0, 10.0)]),
        form: form(sides(choices), None),
        comparison: true,
    }
}

fn single(name: &str, min: f64, max: f64) -> Reader {
    Reader {
        rubric: rubric(vec![criterion(name, min, max)]),
        form: form(ReplyFormat::Number { min, max }, None),
        comparison: false,
    }
}

fn aspects() -> Reader {
    let names = [
        "Helpfulness",
        "Clarity",
        "Factuality",
        "Depth",
        "Engagement",
    ];
    Reader {
        rubric: rubric(names.map(|name| criterion(name, 1.0, 5.0)).into()),
        form: form(ReplyFormat::Json, None),
        comparison: false,
    }
}

pub(crate) fn rubric(criteria: Vec<Criterion>) -> Rubric {
    Rubric {
        name: None,
        description: String::new(),
        pass_threshold: None,
        fallback: true,
        model: None,
        criteria,
        steps: Vec::new(),
        prompt: None,
        reply: None,
        webhook: None,
    }
}

pub(crate) fn criterion(name: &str, min: f64, max: f64) -> Criterion {
    Criterion {
        name: name.to_owned(),
        description: String::new(),
        weight: 1.0,
        scale: Scale::Numeric {
            min,
            max,
            anchors: BTreeMap::new(),
        },
        may_not_apply: false,
        locate: false,
    }
}

/// What a reply says, in one word: `first`, `second`, `tie`, or the scores with commas between.
pub(crate) fn reading(reader: &Reader, reply: &str) -> Result<String, String> {
    let form = Form::Custom {
        form: &reader.form,
        comparison: reader.comparison,
    };
    let reading = judging::reading::read(&reader.rubric, form, reply, None)?;
    let words = reading.criteria.into_iter().map(|each| {
        each.label
            .unwrap_or_else(|| each.score.unwrap().to_string())
    });
    Ok(words.collect::<Vec<_>>().join(","))
}

/// What the source's own parser made of a call's first reply, in the same words; `None` where it made nothing of it,
/// or nothing is recorded.
pub(crate) fn recorded(call: &Value) -> Option<String> {
    let recorded = &call["recorded"];
    let side = |named: &Value| match named.as_str()? {
        "tie" => Some("tie".to_owned()),
        name if call["shown"][0] == name => Some("first".to_owned()),
        name if call["shown"][1] == name => Some("second".to_owned()),
        _ => None,
    };
    match call_kind(recorded) {
        "winner" => side(&recorded["winner"]),
        "choice" => side(&recorded["choice"]),
        "scores" => {
            let score = |index: usize| recorded["scores"][index].as_f64();
            Some(match score(0)?.total_cmp(&score(1)?) {
                std::cmp::Ordering::Greater => "first".to_owned(),
                std::cmp::Ordering::Less => "second".to_owned(),
                std::cmp::Ordering::Equal => "tie".to_owned(),
            })
        }
        "score" => match &recorded["score"] {
            Value::Number(score) => score
                .as_f64()
                .filter(|score| *score >= 0.0)
                .map(|score| score.to_string()),
            // The debates write the side as text: 0 is neither.
            Value::String(side) => match side.as_str() {
                "1" => Some("first".to_owned()),
                "2" => Some("second".to_owned()),
                "0" => Some("tie".to_owned()),
                _ => None,
            },
            _ => None,
        },
        "parsed" => {
            let aspects = [
                "helpfulness",
                "clarity",
                "factuality",
                "depth",
                "engagement",
            ];
            let scores = aspects.map(|aspect| {
                let score = recorded["parsed"][aspect]["score"].as_str()?;
                score.parse::<f64>().ok().map(|score| score.to_string())
            });
            let scores: Option<Vec<String>> = scores.into_iter().collect();
            scores.map(|scores| scores.join(","))
        }
        _ => None,
    }
}

fn call_kind(recorded: &Value) -> &'static str {
    ["winner", "choice", "scores", "score", "parsed"]
        .into_iter()
        .find(|key| recorded.get(*key).is_some())
        .unwrap_or_default()
}
