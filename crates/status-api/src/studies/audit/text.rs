//! The text of a candidate that an audit changes: where it stands, and with another one in its place.

use domain::json::Json;
use domain::rubric::{Rubric, template};
use domain::submission::Candidate;
use serde_json::{Value, json};

/// Who an agent is in a trajectory, by the frameworks that hold it.
const AGENTS: [&str; 4] = ["assistant", "ai", "model", "agent"];

/// The text that is changed: of two candidates the first one's, else the output, else the last that the agent says in its trajectory.
pub(super) struct Text<'c> {
    candidate: &'c Candidate<'c>,
    text: String,
    in_output: bool,
    in_trajectory: bool,
}

impl<'c> Text<'c> {
    /// That of a candidate. `None`: the judge sees no text by this rubric, or nothing but a patch.
    pub(super) fn of(candidate: &'c Candidate<'c>, rubric: &Rubric) -> Option<Self> {
        let names = rubric.prompt.as_ref().map(template::names);
        let is_shown = |name| names.as_ref().is_none_or(|names| names.contains(name));
        let output = match &candidate.outputs {
            Some([first, _]) => Some(first.text.as_str()),
            None => candidate.output.as_deref().filter(|_| is_shown("output")),
        };
        let trajectory = candidate.trajectory.as_ref();
        let mut messages = trajectory.filter(|_| is_shown("trajectory")).cloned();
        let answer = messages.as_mut().and_then(|it| answer(&mut it.0));
        let answer = answer.as_deref().and_then(Json::as_str);
        Some(Self {
            candidate,
            text: output.or(answer)?.to_owned(),
            in_output: output.is_some(),
            // An output is the answer once more: changed in one place only the two would contradict each other.
            in_trajectory: answer
                .is_some_and(|answer| output.is_none_or(|output| output.trim() == answer.trim())),
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The members of the payload that hold it, with another text in its place; two candidates the other way round if that is wanted.
    pub(super) fn replaced(&self, text: &str, is_swapped: bool) -> Vec<(&'static str, Vec<u8>)> {
        let mut members = Vec::new();
        if let Some([first, second]) = &self.candidate.outputs {
            let mut outputs = [(&first.id, text), (&second.id, second.text.as_str())]
                .map(|(id, text)| json!({"id": id.as_str(), "text": text}));
            if is_swapped {
                outputs.reverse();
            }
            members.push(("outputs", json!(outputs).to_string().into()));
            return members;
        }
        let text = Value::from(text).to_string().into_bytes();
        let trajectory = self.candidate.trajectory.as_ref();
        if let (Some(messages), Ok(text)) = (
            trajectory.filter(|_| self.in_trajectory),
            Json::parse(&text),
        ) {
            let mut messages = messages.0.clone();
            if let Some(answer) = answer(&mut messages) {
                *answer = text;
            }
            members.push(("trajectory", Json::Array(messages).canonical()));
        }
        if self.in_output {
            members.push(("output", text));
        }
        members
    }
}

/// The last text that the agent says: the content of its message, or the last part of it.
fn answer<'m, 'a>(messages: &'m mut [Json<'a>]) -> Option<&'m mut Json<'a>> {
    let is_agents = |message: &&mut Json<'a>| {
        let role = message.get("role").and_then(Json::as_str);
        role.is_some_and(|role| AGENTS.contains(&role))
    };
    let text = |message: &'m mut Json<'a>| {
        let text = match member(message, "content")? {
            Json::Array(parts) => parts
                .iter_mut()
                .rev()
                .find_map(|part| member(part, "text"))?,
            content => content,
        };
        let is_text = text.as_str().is_some_and(|text| !text.trim().is_empty());
        is_text.then_some(text)
    };
    messages.iter_mut().rev().filter(is_agents).find_map(text)
}

fn member<'m, 'a>(object: &'m mut Json<'a>, key: &str) -> Option<&'m mut Json<'a>> {
    let Json::Object(members) = object else {
        return None;
    };
    let mut members = members.iter_mut();
    members
        .find(|(name, _)| name == key)
        .map(|(_, value)| value)
}
