//! Looking up what a judge quotes.

use std::cell::OnceCell;

use domain::assessment::Evidence;
use domain::json::Json;
use domain::submission::{Candidate, Prose, Submission};

use crate::context::EvaluationContext;
use crate::{mark, prompt};

/// The texts of a candidate in which quotations are looked up, each with the pointer to it.
#[derive(Debug)]
pub(crate) struct Index<'c> {
    texts: Vec<(String, &'c str)>,
    /// A trajectory as the judge read it, without marks: roles, names and tool calls stand in it in words of ours.
    rendered: Option<String>,
    nonce: String,
    /// All of the material without its white space; made when it is first asked for.
    bare: OnceCell<Vec<String>>,
}

impl<'c> Index<'c> {
    /// Every text of the candidate, in the order in which quotations are looked for.
    pub(crate) fn of(case: &EvaluationContext<'c>) -> Self {
        let candidate: &'c Candidate<'_> = &case.submission.candidate;
        let (nonce, first) = (&*case.plan.nonce, prompt::first_number(case));
        let mut texts = Vec::new();
        if let Some(text) = &candidate.output {
            texts.push(("/output".to_owned(), text.as_ref()));
        }
        for (place, output) in candidate.outputs.iter().flatten().enumerate() {
            texts.push((format!("/outputs/{place}/text"), output.text.as_ref()));
        }
        if let Some(change) = &candidate.change {
            texts.push(("/change/patch".to_owned(), change.patch.as_ref()));
            let others = [
                ("/change/test_log", &change.test_log),
                ("/change/base", &change.base),
            ];
            texts.extend(
                others
                    .into_iter()
                    .filter_map(|(pointer, text)| Some((pointer.to_owned(), text.as_deref()?))),
            );
        }
        if let Some(conversation) = &candidate.trajectory {
            for (index, message) in conversation.0.iter().enumerate() {
                strings(message, &format!("/trajectory/{index}"), &mut texts);
            }
        }
        Self {
            texts,
            rendered: candidate.trajectory.as_ref().map(|messages| {
                mark::removed(&prompt::conversation(messages, nonce, first), nonce)
            }),
            nonce: nonce.to_owned(),
            bare: OnceCell::new(),
        }
    }

    /// Looks a quotation up: as it stands, else without the quotation marks and blanks that judges put around it; one that
    /// holds marks of ours without them, first without the whole lines that carry them. One that has a place is what
    /// stands there; any other stays in the judge's words. What stands in several messages of a trajectory is looked for in
    /// the `preferred` one first.
    pub(crate) fn look_up(&self, quote: &str, preferred: Option<usize>) -> Evidence {
        let unmarked = mark::removed(quote, &self.nonce);
        let lines;
        let quotes = if mark::is_in(quote, &self.nonce) {
            lines = mark::without_lines(quote, &self.nonce);
            [lines.as_str(), unmarked.as_str()]
        } else {
            [quote, ""]
        };
        let escaped = escaped(bare(&unmarked));
        let words = || {
            let forms = quotes
                .into_iter()
                .flat_map(|quote| [quote, quote.trim_end_matches('\n'), bare(quote)])
                .chain(escaped.as_deref());
            forms.filter(|words| !words.trim().is_empty())
        };
        if let Some((pointer, start, words)) = words().find_map(|words| {
            self.find(words, preferred)
                .map(|(pointer, at)| (pointer, at, words))
        }) {
            return Evidence {
                found: true,
                quote: words.to_owned(),
                pointer: Some(pointer),
                start: Some(start),
                end: Some(start + words.len()),
            };
        }
        let rendered = words().any(|words| self.is_rendered(words));
        Evidence {
            found: rendered,
            quote: unmarked,
            pointer: rendered.then(|| "/trajectory".to_owned()),
            start: None,
            end: None,
        }
    }

    /// Whether words stand in the material: in the candidate, which this is the index of, or in what was submitted
    /// with it. White space does not count, since whoever repeats a text lays it out anew.
    pub(crate) fn holds(&self, submission: &Submission<'_>, words: &str) -> bool {
        let words = without_blanks(words);
        let material = self.bare.get_or_init(|| self.bare(submission));
        !words.is_empty() && material.iter().any(|text| text.contains(&words))
    }

    fn bare(&self, submission: &Submission<'_>) -> Vec<String> {
        let mut messages = Vec::new();
        let input = match &submission.input {
            Some(Prose::Text(text)) => Some(text.as_ref()),
            Some(Prose::Messages(conversation)) => {
                for message in &conversation.0 {
                    strings(message, "", &mut messages);
                }
                None
            }
            None => None,
        };
        let others = [
            input,
            submission.context.as_deref(),
            submission.reference.as_deref(),
            self.rendered.as_deref(),
        ];
        let texts = self.texts.iter().chain(&messages).map(|(_, text)| *text);
        texts
            .chain(others.into_iter().flatten())
            .map(without_blanks)
            .collect()
    }

    fn is_rendered(&self, words: &str) -> bool {
        self.rendered
            .as_ref()
            .is_some_and(|text| text.contains(words))
    }

    /// The pointer to the text that holds the words, and where they begin in it, in bytes.
    fn find(&self, words: &str, preferred: Option<usize>) -> Option<(String, usize)> {
        let ahead = self
            .texts
            .iter()
            .filter(|(pointer, _)| preferred.is_some_and(|step| message_of(pointer) == Some(step)));
        ahead
            .chain(&self.texts)
            .find_map(|(pointer, text)| Some((pointer.clone(), text.find(words)?)))
    }
}

/// The index of the message of a trajectory that a pointer leads into; `None` for any other text.
pub(crate) fn message_of(pointer: &str) -> Option<usize> {
    let rest = pointer.strip_prefix("/trajectory/")?;
    rest.split('/').next()?.parse().ok()
}

/// A quotation without the blanks and quotation marks around it, of whatever language.
fn bare(quote: &str) -> &str {
    let is_mark = |c| "\"'`“”„‟‘’‚‛«»‹›「」『』《》〈〉＂＇".contains(c);
    quote.trim().trim_matches(is_mark).trim()
}

/// A quotation whose backslashes were not doubled where JSON takes them for an escape: `D:\temp` came as a tab. `None` where
/// there is no such character.
fn escaped(quote: &str) -> Option<String> {
    let letter = |each: char| match each {
        '\u{8}' => Some('b'),
        '\t' => Some('t'),
        '\n' => Some('n'),
        '\u{c}' => Some('f'),
        '\r' => Some('r'),
        _ => None,
    };
    quote.chars().any(|each| letter(each).is_some()).then(|| {
        let mut out = String::with_capacity(quote.len() + 2);
        for each in quote.chars() {
            match letter(each) {
                Some(letter) => out.extend(['\\', letter]),
                None => out.push(each),
            }
        }
        out
    })
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

fn strings<'c>(value: &'c Json<'_>, pointer: &str, texts: &mut Vec<(String, &'c str)>) {
    match value {
        Json::String(text) => texts.push((pointer.to_owned(), text.as_ref())),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                strings(item, &format!("{pointer}/{index}"), texts);
            }
        }
        Json::Object(members) => {
            for (key, member) in members {
                strings(member, &domain::fields::pointer_to(pointer, key), texts);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
