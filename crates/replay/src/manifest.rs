//! What a manifest says: how replies are read, and which figures are expected.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::said::Source;

/// How a set is replayed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What it is, in a sentence.
    pub about: String,
    /// Where its records come from.
    pub source: String,
    /// Their licence.
    pub licence: String,
    /// How each call was put to a judge; the first that fits a call counts, and a call that none fits asks for no verdict.
    #[serde(default)]
    pub(crate) judges: Vec<Judge>,
    /// What is computed and compared.
    #[serde(default)]
    pub(crate) figures: Vec<Figures>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is not there, or not as described here.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let manifest: Self =
            toml::from_str(&text).with_context(|| format!("the manifest {}", path.display()))?;
        let mut checks = manifest.figures.iter().flat_map(|each| &each.checks);
        if let Some(check) =
            checks.find(|check| check.quirk.is_some() != check.quirk_where.is_some())
        {
            bail!(
                "the manifest {}: the check of `{}` needs both `quirk` and `quirk_where`, or neither",
                path.display(),
                check.figure
            );
        }
        Ok(manifest)
    }
}

/// By field of a record (a name, or a JSON pointer; `/item/…` is of the item): its text, with `*` at an end for
/// anything, or `!` before it for anything else.
pub(crate) type Filter = BTreeMap<String, String>;

/// A way in which calls were put to a judge.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Judge {
    #[serde(default, rename = "where")]
    pub(crate) filter: Filter,
    /// The rubric as the API takes it; its `prompt` may be left out, since the prompt was sent already.
    pub(crate) rubric: Value,
    /// Rubrics by which a reply is read that the ones before cannot read: for judges that do not keep to the form. In a
    /// comparison one with two criteria and the form `numbers` scores each candidate, and the larger score wins.
    #[serde(default)]
    pub(crate) otherwise: Vec<Value>,
    /// Whether two candidates are compared.
    #[serde(default)]
    pub(crate) comparison: bool,
    /// The vote for the one shown first where no call was made, since there was nothing to choose.
    pub(crate) unasked: Option<f64>,
    /// What the source's own parser made of the replies.
    pub(crate) recorded: Option<Recorded>,
    /// A plain rule to compare with.
    pub(crate) rule: Option<Rule>,
    /// The share of replies that may be left unread.
    pub(crate) unread: f64,
    /// The share of replies that may be read otherwise than the source did; absent: nothing is compared.
    pub(crate) differing: Option<f64>,
}

/// Where a call's record holds the source's own reading.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    /// A pointer for each criterion.
    pub(crate) at: Vec<String>,
    /// What texts mean; the ids of the candidates that were shown are sides by themselves.
    #[serde(default)]
    pub(crate) means: BTreeMap<String, Meaning>,
    /// The field that names the candidate for which a recorded number is the vote.
    pub(crate) of_candidate: Option<String>,
    /// How far two numbers may lie apart to be the same.
    #[serde(default)]
    pub(crate) within: f64,
    /// Numbers below it mean that the source read nothing.
    pub(crate) least: Option<f64>,
}

/// A reading by regular expressions, as a figure's own authors or its checkers used it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The expressions in order; the first one that matches anywhere counts, by its group `value`.
    #[serde(default)]
    pub(crate) patterns: Vec<String>,
    /// Whether its last match counts, and not its first.
    #[serde(default)]
    pub(crate) last: bool,
    /// What the matched texts mean.
    #[serde(default)]
    pub(crate) means: BTreeMap<String, Meaning>,
    /// The value of a reply in which nothing matches.
    pub(crate) unread: Option<f64>,
    /// Tokens with what they mean: the mean weighed by their probabilities at the first place, exactly these tokens. There
    /// are no patterns then.
    #[serde(default)]
    pub(crate) tokens: BTreeMap<String, Meaning>,
}

/// A number, or the side of a comparison as the judge was shown it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Meaning {
    Number(f64),
    Side(domain::rubric::Side),
}

impl Meaning {
    pub(crate) fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Side(side) => side.vote(),
        }
    }
}

/// Figures of one kind, for each group of records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figures {
    #[serde(default, rename = "where")]
    pub(crate) filter: Filter,
    /// The fields by which records are grouped.
    #[serde(default)]
    pub(crate) by: Vec<String>,
    /// What is computed.
    pub(crate) of: Kind,
    #[serde(default)]
    pub(crate) checks: Vec<Check>,
}

/// What is computed of a group.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Kind {
    /// Mean, sum and count of each criterion.
    Means,
    /// How often the candidate that a field names wins.
    WinRate { candidate: String },
    /// Verdicts on the same pairs in both orders, against the better candidate.
    TwoOrders { label: String },
    /// How the two orders of a pair compare, counted; `pair` are the fields that make two calls a pair.
    OrderCounts { pair: Vec<String> },
    /// Verdicts on pairs against people's votes.
    Votes { votes: String },
    /// A jury of all judges against people's votes.
    Jury {
        votes: String,
        judge: String,
        weights: Weights,
        /// How far from the middle the weighted mean of the votes (from -1 to 1) may lie to be a tie.
        #[serde(default)]
        tie_within: f64,
    },
    /// Correlation of scores with labels: within each problem, and over all. `{}` in the label's pointer is the candidate.
    Correlation { label: String, problem: String },
    /// Faults that a judge names, against those that are there.
    Detection {
        truth: String,
        step: Option<String>,
        fault: Option<String>,
        silent: Option<String>,
        family: Option<String>,
        bins: usize,
    },
    /// Debates of several agents over rounds, as one evaluation each.
    Debate {
        debate: String,
        round: String,
        seat: String,
    },
    /// Judges that decided alone, against the majority of the debates.
    Alone {
        debate: String,
        round: String,
        seat: String,
    },
    /// Checklists that items hold: a judge's verdict on each requirement against a person's.
    Checklist {
        requirements: String,
        judge: String,
        human: String,
        prerequisites: String,
        id: String,
    },
}

/// How much each judge of a jury counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weights {
    /// All the same.
    Equal,
    /// As a candidate's own win rate by the judges so weighted, repeated (Li et al., "PRD", 2023).
    PeerRank,
}

/// A figure that is expected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// The figure's name.
    pub(crate) figure: String,
    /// Whose readings it is made of.
    #[serde(default)]
    pub(crate) readings: Source,
    /// JSON pointers into the expected figures, the first that is there; `{}` is the group, `{0}` its first field.
    #[serde(default)]
    pub(crate) expected: Vec<String>,
    /// The expected value itself, where the expected figures do not hold it.
    pub(crate) equals: Option<f64>,
    /// How far it may be off.
    pub(crate) within: f64,
    /// Why it differs all the same, where the published number encodes how its authors read: shown, and no failure.
    pub(crate) quirk: Option<String>,
    /// The figure of a group that has to be more than 0 for that reason to hold, such as `unread`, or `odd`: replies that were
    /// left unread, or read otherwise than by the source. Every `quirk` has one.
    pub(crate) quirk_where: Option<String>,
    /// Groups that it holds for.
    #[serde(default)]
    pub(crate) groups: Option<String>,
    /// Whether there need be no expected figure for every group.
    #[serde(default)]
    pub(crate) optional: bool,
}
