//! Looking up what a judge quotes.

use domain::assessment::Evidence;
use domain::json::Json;
use domain::submission::Candidate;

/// The texts of a candidate in which quotations are looked up, each with the pointer to it.
#[derive(Debug)]
pub(crate) struct Index<'c> {
    texts: Vec<(String, &'c str)>,
}

impl<'c> Index<'c> {
    /// Every text of the candidate, in the order in which quotations are looked for.
    pub(crate) fn of(candidate: &'c Candidate<'_>) -> Self {
        let mut texts = Vec::new();
        if let Some(text) = &candidate.output {
            texts.push(("/output".to_owned(), text.as_ref()));
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
        Self { texts }
    }

    /// Looks a quotation up: as it stands, else without the quotation marks and blanks that judges put around it.
    pub(crate) fn look_up(&self, quote: String) -> Evidence {
        let bare = quote.trim().trim_matches(['"', '`', '“', '”']).trim();
        let spot = [quote.as_str(), bare]
            .into_iter()
            .filter(|words| !words.is_empty())
            .find_map(|words| self.find(words));
        let (pointer, range) = spot.unzip();
        let (start, end) = range.unzip();
        Evidence {
            found: pointer.is_some(),
            quote,
            pointer,
            start,
            end,
        }
    }

    fn find(&self, words: &str) -> Option<(String, (usize, usize))> {
        self.texts.iter().find_map(|(pointer, text)| {
            let start = text.find(words)?;
            Some((pointer.clone(), (start, start + words.len())))
        })
    }
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
