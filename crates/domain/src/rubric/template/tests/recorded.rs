//! The prompts of recorded judgements pass the check and become what was sent, byte for byte.
//!
//! The records are not part of this repository: without them these tests say that they are skipped.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;

fn path(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/judgements")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    say(&format!("skipped: no recorded judgements of {name}"));
    None
}

/// Says something where the test's own output stands.
fn say(words: &str) {
    writeln!(std::io::stderr(), "{words}").unwrap();
}

fn prompts(set: &str) -> Option<Value> {
    let file = File::open(path(set)?.join("prompts.json")).unwrap();
    Some(serde_json::from_reader(BufReader::new(file)).unwrap())
}

fn lines(set: &str, name: &str) -> Vec<Value> {
    let path = path(set).unwrap().join(format!("{name}.jsonl.gz"));
    BufReader::new(GzDecoder::new(File::open(path).unwrap()))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

fn items(set: &str) -> HashMap<String, Value> {
    let items = lines(set, "items").into_iter();
    items
        .map(|item| (item["item_id"].to_string(), item))
        .collect()
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap()
}

/// The text of a candidate.
fn candidate<'v>(item: &'v Value, id: &Value) -> &'v str {
    let candidates = item["candidates"].as_array().unwrap();
    text(
        candidates.iter().find(|one| one["cid"] == *id).unwrap(),
        "text",
    )
}

fn is_as_sent(call: &Value, prompt: &Prompt, given: &[(&'static str, &str)]) -> bool {
    let hash = Sha256::digest(rendered(prompt, given));
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    hash == text(call, "prompt_sha256")
}

#[test]
fn aspects_in_one_reply_are_asked_for_as_recorded() {
    const SET: &str = "justeval_json_aspects";
    let Some(prompts) = prompts(SET) else { return };
    let prompt = jinja(text(&prompts["score_multi"], "user"));
    passes(&prompt);
    assert_eq!(names(&prompt), BTreeSet::from(["input", "output"]));
    let (items, calls) = (items(SET), lines(SET, "calls"));
    let exact = calls
        .iter()
        .filter(|call| {
            let item = &items[&call["item_id"].to_string()];
            let output = candidate(item, &call["shown"][0]);
            is_as_sent(
                call,
                &prompt,
                &[("input", text(item, "instruction")), ("output", output)],
            )
        })
        .count();
    say(&format!("{SET}: {exact} of {} as sent", calls.len()));
    assert!(exact == calls.len() && exact > 0);
}

#[test]
fn a_debate_is_put_to_its_judge_as_recorded() {
    const SET: &str = "llmbar_pairwise";
    let Some(prompts) = prompts(SET) else { return };
    let (items, calls) = (items(SET), lines(SET, "calls"));
    let debate =
        |call: &Value| ["item_id", "judge", "mode"].map(|field| text(call, field).to_owned());
    let mut compared: HashMap<_, Vec<&Value>> = HashMap::new();
    for call in calls.iter().filter(|call| call["stage"] == "compare") {
        compared.entry(debate(call)).or_default().push(call);
    }
    let mut exact = 0;
    let mut all = 0;
    for call in calls.iter().filter(|call| call["stage"] == "adjudicate") {
        let item = &items[&call["item_id"].to_string()];
        // The prompt has places of its own for the two sides of the debate.
        let prompt = format(
            &text(&prompts[text(call, "prompt_id")], "template")
                .replace("{explanation_1}", "{context}")
                .replace("{explanation_2}", "{trajectory}"),
        );
        passes(&prompt);
        let (a, b) = (&call["shown"][0], &call["shown"][1]);
        let of = |winner: &Value| {
            let compared = &compared[&debate(call)];
            let compared = compared
                .iter()
                .find(|other| other["recorded"]["winner"] == *winner);
            let compared = compared.unwrap();
            let reply = compared["replies"][0].as_str().unwrap();
            if compared["shown"] == call["shown"] {
                reply.to_owned()
            } else {
                exchanged(reply)
            }
        };
        let given = [
            ("input", text(item, "instruction")),
            ("output_a", candidate(item, a)),
            ("output_b", candidate(item, b)),
            ("context", &of(a)),
            ("trajectory", &of(b)),
        ];
        all += 1;
        exact += usize::from(is_as_sent(call, &prompt, &given));
    }
    say(&format!("{SET}: {exact} of {all} as sent"));
    // The README of the records knows of two that differ, of which one is in this part.
    assert!(exact + 1 >= all && exact > 0);
}

fn exchanged(text: &str) -> String {
    let parts: Vec<String> = text
        .split("Output (a)")
        .map(|part| part.replace("Output (b)", "Output (a)"))
        .collect();
    parts.join("Output (b)")
}

#[test]
fn prompts_of_others_pass_as_they_are() {
    let mut passed = 0;
    let mut pass = |prompt: &Prompt, expected: &[&'static str]| {
        passes(prompt);
        assert_eq!(names(prompt), expected.iter().copied().collect());
        passed += 1;
    };
    if let Some(prompts) = prompts("icescore_code") {
        for (kind, count) in [("humaneval", 2), ("conala", 4)] {
            for number in 0..count {
                let prompt = jinja(prompts[kind][number].as_str().unwrap());
                let plain = ["input", "output"];
                let referring = ["input", "output", "reference"];
                pass(&prompt, if number % 2 == 0 { &plain } else { &referring });
            }
        }
    }
    let sides = ["input", "output_a", "output_b"];
    if let Some(prompts) = prompts("alpacaeval2_logprobs") {
        // Its tool puts the names in by search and leaves other braces alone, which `str.format` does not.
        let prompt = text(&prompts["clf"], "template");
        refused(&format(prompt), "doubled");
        let doubled = prompt.replace('{', "{{").replace('}', "}}");
        let named = ["instruction", "output_1", "output_2"];
        let prompt = named.iter().fold(doubled, |prompt, name| {
            prompt.replace(&format!("{{{{{name}}}}}"), &format!("{{{name}}}"))
        });
        pass(&format(&prompt), &sides);
    }
    if let Some(prompts) = prompts("llmbar_pairwise") {
        for name in ["comparison/Vanilla", "comparison/CoT"] {
            pass(&format(text(&prompts[name], "template")), &sides);
        }
        let rating = format(text(&prompts["rating/Rating"], "template"));
        pass(&rating, &["input", "output"]);
    }
    for (set, all) in [
        (
            "prd_jury_pairwise",
            ["1", "2", "3"].map(|id| format!("/{id}")),
        ),
        (
            "vicuna80_two_scores",
            ["0", "1", "2"].map(|id| format!("/templates/{id}")),
        ),
    ] {
        let Some(prompts) = prompts(set) else {
            continue;
        };
        for one in all.iter().filter_map(|at| prompts.pointer(at)) {
            // Their instructions are kept apart from the layout, under a name of its own.
            let words = text(&one["defaults"], "prompt");
            let words = words.replace('{', "{{").replace('}', "}}");
            let mut prompt = format(&text(one, "prompt_template").replace("{prompt}", &words));
            prompt.system = Some(text(one, "system_prompt").to_owned());
            pass(&prompt, &sides);
        }
    }
    if let Some(prompts) = prompts("mtbench_gpt4") {
        for (name, prompt) in prompts.as_object().unwrap() {
            let prompt = Prompt {
                system: Some(text(prompt, "system_prompt").to_owned()),
                ..format(text(prompt, "prompt_template"))
            };
            let judged = name.starts_with("pair").then_some(["output_a", "output_b"]);
            let judged = judged.as_ref().map_or(&["output"][..], |sides| sides);
            let reference = name.contains("math").then_some("reference");
            let names: Vec<_> = ["input"]
                .iter()
                .chain(judged)
                .copied()
                .chain(reference)
                .collect();
            if name.ends_with("multi-turn") {
                refused(&prompt, "`question_1`");
            } else {
                pass(&prompt, &names);
            }
        }
    }
    say(&format!("{passed} prompts of others pass"));
}
