//! What the simulated provider says to the evaluations of the history.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::material::{Answer, Material, mishaps, set};

impl Material {
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

/// Score, rationale and quotes.
pub(super) fn verdict_of<'a>(answer: &'a Answer, name: &str, version: usize) -> Option<&'a Value> {
    let special = answer.verdicts.get(&format!("{name}@{version}"));
    special.or_else(|| answer.verdicts.get(name))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
