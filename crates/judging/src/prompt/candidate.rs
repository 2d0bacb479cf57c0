//! The material: each part fenced by lines that carry the plan's nonce, so that no text can end its own block.

use domain::json::Json;
use domain::submission::{Conversation, Prose, Submission};

use crate::context::{EvaluationContext, Order};

/// Every part of a submission that a judge may see, the candidate last; two candidates in the given order as A
/// and B.
pub(super) fn blocks(case: &EvaluationContext<'_>, order: Order) -> String {
    let (submission, nonce): (&Submission<'_>, &str) = (case.submission, &case.plan.nonce);
    let mut blocks = Blocks {
        text: String::from("# Material\n"),
        nonce,
    };
    match &submission.input {
        Some(Prose::Text(text)) => blocks.add("input", "What the agent was asked to do", text),
        Some(Prose::Messages(messages)) => blocks.add(
            "input",
            "What the agent was asked to do",
            &conversation(messages, nonce, 1),
        ),
        None => {}
    }
    if let Some(text) = &submission.context {
        blocks.add("context", "What the agent was given to work with", text);
    }
    if let Some(text) = &submission.reference {
        blocks.add(
            "reference",
            "A reference: one good result, not the only one",
            text,
        );
    }
    let candidate = &submission.candidate;
    if let Some(messages) = &candidate.trajectory {
        blocks.add(
            "candidate trajectory",
            "The candidate: the course of the agent's work",
            &conversation(messages, nonce, first_number(case)),
        );
    }
    if let Some(change) = &candidate.change {
        if let Some(text) = &change.base {
            blocks.add("base", "What the candidate's patch applies to", text);
        }
        blocks.add("candidate patch", "The candidate: a patch", &change.patch);
        if let Some(text) = &change.test_log {
            blocks.add("test log", "What the tests said after the patch", text);
        }
    }
    if let Some(text) = &candidate.output {
        blocks.add("candidate", "The candidate: the agent's output", text);
    }
    if let Some(outputs) = &candidate.outputs {
        let (a, b) = order.in_order(outputs);
        blocks.add("candidate A", "Candidate A: one agent's output", &a.text);
        blocks.add(
            "candidate B",
            "Candidate B: another agent's output",
            &b.text,
        );
    }
    blocks.text
}

/// The number of a trajectory's first message: 0 where a judge names one by its index, so that prompt, reply, assessment
/// and pointers have one number for it.
pub(crate) fn first_number(case: &EvaluationContext<'_>) -> usize {
    usize::from(case.messages().is_none())
}

struct Blocks<'n> {
    text: String,
    nonce: &'n str,
}

impl Blocks<'_> {
    fn add(&mut self, name: &str, title: &str, body: &str) {
        let nonce = self.nonce;
        let end = if body.ends_with('\n') { "" } else { "\n" };
        for part in [
            "\n", title, ":\n<", name, " ", nonce, ">\n", body, end, "</", name, " ", nonce, ">\n",
        ] {
            self.text.push_str(part);
        }
    }
}

/// A conversation as text: each message under its role, tool calls with name and arguments, whatever else
/// a framework put into a message as JSON. The lines that are ours carry the nonce, so that no message can
/// forge another one.
pub(crate) fn conversation(conversation: &Conversation<'_>, nonce: &str, first: usize) -> String {
    let mut text = String::new();
    for (index, message) in conversation.0.iter().enumerate() {
        let Json::Object(members) = message else {
            continue;
        };
        let role = message
            .get("role")
            .and_then(Json::as_str)
            .unwrap_or("unknown");
        text.push_str(&format!("[{nonce}] {}. {role}", index + first));
        if let Some(name) = message.get("name").and_then(Json::as_str) {
            text.push_str(&format!(" ({name})"));
        }
        text.push('\n');
        match message.get("content") {
            Some(Json::String(content)) => text.push_str(content),
            Some(Json::Null) | None => {}
            Some(parts) => text.push_str(&content_parts(parts)),
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        for (key, value) in members {
            match key.as_ref() {
                "role" | "name" | "content" => {}
                "tool_calls" => text.push_str(&tool_calls(value, nonce)),
                other => text.push_str(&format!("[{nonce}] {other}: {}\n", as_json(value))),
            }
        }
    }
    text
}

fn content_parts(parts: &Json<'_>) -> String {
    let Json::Array(items) = parts else {
        return as_json(parts);
    };
    let each = |item: &Json<'_>| {
        item.get("text")
            .and_then(Json::as_str)
            .map_or_else(|| as_json(item), str::to_owned)
    };
    items.iter().map(each).collect::<Vec<_>>().join("\n")
}

fn tool_calls(calls: &Json<'_>, nonce: &str) -> String {
    let Json::Array(items) = calls else {
        return format!("[{nonce}] tool_calls: {}\n", as_json(calls));
    };
    let mut text = String::new();
    for item in items {
        let function = item.get("function").unwrap_or(item);
        let name = function.get("name").and_then(Json::as_str);
        let arguments = function
            .get("arguments")
            .map(|value| value.as_str().map_or_else(|| as_json(value), str::to_owned));
        match (name, arguments) {
            (Some(name), Some(arguments)) => {
                text.push_str(&format!("[{nonce}] tool call: {name}({arguments})\n"));
            }
            _ => text.push_str(&format!("[{nonce}] tool call: {}\n", as_json(item))),
        }
    }
    text
}

fn as_json(value: &Json<'_>) -> String {
    String::from_utf8_lossy(&value.canonical()).into_owned()
}
