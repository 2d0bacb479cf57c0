//! What is judged.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// Bytes of a token, as mock-llm counts.
const TOKEN: usize = 4;

/// A kind of evaluation, and how many of them.
#[derive(Debug)]
pub(super) struct Workload {
    kind: Kind,
    count: usize,
    rubric: Value,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Direct,
    PerCriterion,
    Debate,
}

impl Workload {
    pub(super) fn all(direct: usize, large: usize, rubric: &str) -> [Self; 3] {
        let four = ["correct", "complete", "concise", "safe"]
            .map(|name| json!({"name": name, "description": format!("Is the answer {name}?")}));
        let four = json!({"description": "What a good answer is.", "criteria": four});
        let of = |kind, count, rubric| Self {
            kind,
            count,
            rubric,
        };
        [
            of(Kind::Direct, direct, json!(rubric)),
            of(Kind::PerCriterion, large, four.clone()),
            of(Kind::Debate, large, four),
        ]
    }

    pub(super) fn name(&self) -> String {
        let count = self.count;
        match self.kind {
            Kind::Direct => format!("{count} `direct` of 2 KB"),
            Kind::PerCriterion => format!("{count} `per_criterion`, four on 100 KB"),
            Kind::Debate => format!("{count} debates of three over two rounds on 20 KB"),
        }
    }

    /// Whether all its calls are by one rubric and nothing else is shared.
    pub(super) fn is_of_one_rubric(&self) -> bool {
        self.kind == Kind::Direct
    }

    pub(super) fn payloads(&self, model: &str, run: &str) -> Vec<Value> {
        let (strategy, bytes) = match self.kind {
            Kind::Direct => (json!("direct"), 2 * 1024),
            Kind::PerCriterion => (json!({"kind": "direct", "per_criterion": true}), 100 * 1024),
            Kind::Debate => (
                json!({"kind": "debate", "rounds": 2, "agreement": 0, "models": [model, model, model]}),
                20 * 1024,
            ),
        };
        let payload = |number: usize| {
            let line = format!("Line of candidate {number}, which says little.\n");
            json!({"input": "Say little.", "output": line.repeat(bytes / line.len() + 1), "rubric": self.rubric,
                   "strategy": strategy, "model": model, "run": run})
        };
        (0..self.count).map(payload).collect()
    }

    /// What the judges of a debate say, so that they do not agree and both rounds take place; the others say what fits.
    pub(super) fn replies(&self) -> Value {
        if self.kind != Kind::Debate {
            return json!([]);
        }
        let criteria = |score: u32| -> Value {
            let said = json!({"rationale": "So it is.", "evidence": [], "score": score});
            let names = ["correct", "complete", "concise", "safe"];
            names
                .into_iter()
                .map(|name| (name.to_owned(), said.clone()))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let reply = |words: &str, score| {
            json!({"fault": "reply", "contains": [words],
                   "text": {"criteria": criteria(score), "summary": "", "moved_by": null, "consensus": true}})
        };
        json!([
            reply("You moderate a debate", 3),
            reply("You are judge A of", 1),
            reply("You are judge B of", 5),
            reply("You are judge C of", 3)
        ])
    }
}

/// Tokens of a call that are the same for every evaluation by its rubric, behind the candidate as well: from its latest request.
pub(super) fn constant_tokens(requests: &[Value]) -> Result<u64> {
    let body = requests.last().context("no request")?["body"].as_str();
    let body: Value = serde_json::from_str(body.context("no body")?)?;
    let schema = body["response_format"]["json_schema"]["schema"].to_string();
    let text = |message: usize| -> String {
        match &body["messages"][message]["content"] {
            Value::String(text) => text.clone(),
            Value::Array(blocks) => blocks
                .iter()
                .filter_map(|block| block["text"].as_str())
                .collect(),
            _ => String::new(),
        }
    };
    let (system, user) = (text(0), text(1));
    let (_, task) = user.rsplit_once("# Task").context("no task")?;
    ensure!(system.contains("# Mark\nThe mark is "), "no mark");
    const MARK: usize = 32;
    let bytes = schema.len() + system.len() - MARK + task.len();
    Ok(u64::try_from(bytes / TOKEN)?)
}
