//! The models that a provider lists at `GET /models`, with the dates at which it takes them off.
//!
//! Nobody has agreed on how a date is told, so all the names that are in use count. What a list does not say for sure
//! (an empty one, one with patterns, one that was not read to its end) says nothing about a model that is not in it.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the entries of a list stand: `OpenAI` and those after it, and Cohere.
const ENTRIES: [&str; 2] = ["data", "models"];
/// By what an entry names its model.
const NAMES: [&str; 2] = ["id", "name"];
/// Under which a date stands: `OpenAI`, Mistral and Azure, `LiteLLM`, `OpenRouter`, others.
const DATES: [&str; 6] = [
    "shutdown_date",
    "deprecation",
    "deprecation_date",
    "expiration_date",
    "retirement_date",
    "sunset_date",
];
/// Where one date stands for each use, the one that counts here.
const OF_CALLS: &str = "inference";

/// What a provider lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelList {
    models: Vec<ListedModel>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ListedModel {
    id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retires_at: Option<Timestamp>,
}

/// What a list says of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Whether it is in the list.
    pub is_listed: bool,
    /// When its provider takes it off, or has.
    pub retires_at: Option<Timestamp>,
}

impl ModelList {
    /// What it says of a model, if anything.
    #[must_use]
    pub fn find(&self, model: &str) -> Option<Listing> {
        let found = self.models.iter().find(|listed| listed.is(model));
        match found {
            Some(listed) => Some(Listing {
                is_listed: true,
                retires_at: listed.retires_at,
            }),
            None if self.is_conclusive() => Some(Listing {
                is_listed: false,
                retires_at: None,
            }),
            None => None,
        }
    }

    /// Whether a model that is not in it is not there.
    fn is_conclusive(&self) -> bool {
        !self.models.is_empty() && !self.models.iter().any(|listed| listed.id.contains('*'))
    }

    /// Adds a page, and says from where on the next one is read, if there is one. `None`: it is no list.
    pub(crate) fn add(&mut self, page: &Value) -> Option<Next> {
        let of_object = || ENTRIES.iter().find_map(|name| page.get(name)?.as_array());
        let entries = page.as_array().or_else(of_object)?;
        self.models
            .extend(entries.iter().filter_map(ListedModel::read));
        // Anthropic's pages.
        if page.get("has_more").and_then(Value::as_bool) != Some(true) {
            return Some(Next::End);
        }
        let last = page.get("last_id").and_then(Value::as_str);
        Some(last.map_or(Next::Unknown, |last| Next::After(last.to_owned())))
    }
}

/// What comes behind a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing.
    End,
    /// The page behind this model.
    After(String),
    /// More, nobody knows where.
    Unknown,
}

impl ListedModel {
    fn read(entry: &Value) -> Option<Self> {
        let id = NAMES.iter().find_map(|name| entry.get(name)?.as_str())?;
        let aliases = entry.get("aliases").and_then(Value::as_array);
        Some(Self {
            id: id.to_owned(),
            aliases: aliases
                .into_iter()
                .flatten()
                .filter_map(|alias| Some(alias.as_str()?.to_owned()))
                .collect(),
            retires_at: DATES.iter().filter_map(|name| date(entry.get(name)?)).min(),
        })
    }

    fn is(&self, model: &str) -> bool {
        // Gemini puts `models/` before names, and Ollama `:latest` behind them.
        let bare = |name: &str| {
            let name = name.strip_prefix("models/").unwrap_or(name);
            name.strip_suffix(":latest").unwrap_or(name).to_owned()
        };
        let model = bare(model);
        bare(&self.id) == model || self.aliases.iter().any(|alias| bare(alias) == model)
    }
}

/// A day, a time with or without a zone (then in UTC), or seconds since 1970.
fn date(told: &Value) -> Option<Timestamp> {
    match told {
        Value::String(text) => {
            let at_utc = |time: DateTime| time.to_zoned(TimeZone::UTC).ok();
            let day = || Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0));
            text.parse().ok().or_else(|| {
                let time = text.parse::<DateTime>().ok().or_else(day)?;
                Some(at_utc(time)?.timestamp())
            })
        }
        Value::Number(seconds) => {
            let seconds = seconds.as_f64().filter(|seconds| *seconds > 0.0)?;
            let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
            Timestamp::UNIX_EPOCH.checked_add(since).ok()
        }
        Value::Object(uses) => date(uses.get(OF_CALLS)?),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(page: &Value) -> ModelList {
        let mut list = ModelList::default();
        assert_eq!(list.add(page), Some(Next::End), "{page}");
        list
    }

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_date_is_read_under_each_name_and_in_each_form() {
        let january = "2027-01-14T00:00:00Z";
        for (told, expected) in [
            (json!({"shutdown_date": "2027-01-14"}), at(january)),
            (
                json!({"shutdown_date": null, "deprecation": "2027-01-14T00:00:00"}),
                at(january),
            ),
            (
                json!({"deprecation": {"fine_tune": 1, "inference": 1_799_884_800}}),
                at(january),
            ),
            (
                json!({"expiration_date": "2027-01-14T01:00:00+01:00"}),
                at(january),
            ),
            (
                json!({"deprecation_date": "2027-02-01", "retirement_date": "2027-01-14"}),
                at(january),
            ),
            (
                json!({"sunset_date": "soon", "created": 1_799_884_800}),
                None,
            ),
            (json!({"shutdown_date": 0}), None),
        ] {
            let mut entry = told.clone();
            entry["id"] = json!("judge");
            let found = list(&json!({"object": "list", "data": [entry]})).find("judge");
            let expected = Listing {
                is_listed: true,
                retires_at: expected,
            };
            assert_eq!(found, Some(expected), "{told}");
        }
    }

    #[test]
    fn a_model_is_found_by_its_names_and_missed_only_in_a_list_that_is_whole() {
        let page = json!({"data": [
            {"id": "models/gemini-3"}, {"id": "small:latest"}, {"id": "large-2611", "aliases": ["large-latest"]}, {"object": "model"}
        ]});
        let whole = list(&page);
        for (model, is_listed) in [
            ("gemini-3", true),
            ("models/gemini-3", true),
            ("small", true),
            ("large-latest", true),
            ("large", false),
            ("gpt-4o", false),
        ] {
            let found = whole.find(model).map(|listing| listing.is_listed);
            assert_eq!(found, Some(is_listed), "{model}");
        }
        for page in [json!({"data": []}), json!([{"id": "openai/*"}])] {
            assert_eq!(list(&page).find("gpt-4o"), None, "{page}");
        }
        assert_eq!(ModelList::default().add(&json!({"ok": true})), None);
        assert_eq!(ModelList::default().add(&json!("no")), None);
    }

    #[test]
    fn pages_go_on_behind_the_last_model() {
        let mut list = ModelList::default();
        let first = json!({"data": [{"id": "a"}], "has_more": true, "last_id": "a"});
        assert_eq!(list.add(&first), Some(Next::After("a".to_owned())));
        let lost = json!({"data": [], "has_more": true});
        assert_eq!(list.add(&lost), Some(Next::Unknown));
        assert_eq!(
            list.add(&json!({"data": [{"id": "b"}], "has_more": false})),
            Some(Next::End)
        );
        let is_listed = |model| list.find(model).map(|listing| listing.is_listed);
        assert_eq!(
            (is_listed("a"), is_listed("b"), is_listed("c")),
            (Some(true), Some(true), Some(false))
        );
    }
}
