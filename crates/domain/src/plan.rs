//! What is decided when an evaluation is first claimed, and never changes afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rubric::Rubric;
use crate::strategy::{
    Debate, Debater, EscalationRule, Options, Ruling, Stage, StageName, Stance, Strategy,
};

/// The decisions behind one evaluation: a deploy, an edited setting or a new rubric version in the middle of
/// it changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The format of this record; see [`Plan::VERSION`].
    pub version: u16,
    /// The strategy with its options.
    pub strategy: StrategyPlan,
    /// The version of the prompt, such as `direct-1`.
    pub prompt_version: String,
    /// The rules by which its replies are read. Plans from before it stood here mean the first.
    #[serde(default, skip_serializing_if = "ReaderVersion::is_first")]
    pub reader: ReaderVersion,
    /// How the rubric is named: `name@version`, or `inline`.
    pub rubric_label: String,
    /// The rubric itself.
    pub rubric: Rubric,
    /// The judge model.
    pub model: String,
    /// The sampling temperature, where one was asked for.
    pub temperature: Option<f64>,
    /// 128 random bits in hexadecimal: fences the candidate's text off in prompts, so that it cannot
    /// pretend to end.
    pub nonce: String,
    /// A random seed for whatever a strategy has to choose.
    pub seed: u64,
    /// By model: where it is asked, in this order. A model that is not here is asked at the one provider of the simplest
    /// set-up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routes: BTreeMap<String, Vec<Deployment>>,
}

/// A model at a provider. What its answers depend on stands here; how the provider is reached does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// The name of the provider in the settings.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    /// What is added to every request.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// The most tokens of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// How long it may be silent before its answer begins, in milliseconds; the provider's own bound without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// The cheaper tier at which it is asked for an evaluation that may wait. A release before leaves it out, and pays more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_tier: Option<BatchTier>,
}

/// A cheaper tier of a provider, which is slower and may have no capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchTier {
    /// The provider's name for it, the value of `service_tier`.
    pub name: String,
    /// How long an answer may take there, also to begin, in milliseconds.
    pub timeout_ms: u64,
}

/// A version of the rules by which replies are read; versions count up.
///
/// A rule that takes replies which were refused before holds from the version on that brought it, so that an evaluation
/// is read to its end as it was begun. A rule that corrects a false reading holds for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReaderVersion(u16);

impl ReaderVersion {
    /// Plans that name none.
    pub const V1: Self = Self(1);
    /// Reads objects given as strings, backslashes that are not doubled, sentences that assert a choice or a score, and
    /// criteria that do not apply.
    pub const V2: Self = Self(2);
    /// That of new plans.
    pub const CURRENT: Self = Self::V2;

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    /// Whether this build can read by it.
    #[must_use]
    pub fn is_known(self) -> bool {
        self <= Self::CURRENT
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_first(&self) -> bool {
        *self == Self::V1
    }
}

/// The first: what a record without one means.
impl Default for ReaderVersion {
    fn default() -> Self {
        Self::V1
    }
}

impl Plan {
    /// The newest format that this build knows. It also reads version 1, which knew the strategy `direct` without
    /// options only, version 2, which had no routes, version 3, in which every criterion applied, version 4, in which no
    /// criterion located a failure, and version 5, which had no cascades, nor one schema for calls that differ in criterion or turn. A
    /// worker gives back an evaluation whose plan is newer.
    pub const VERSION: u16 = 6;

    /// The format of a plan with this strategy, this rubric and these routes: the oldest that can say it, so that a release
    /// before can follow it as well.
    #[must_use]
    pub fn version_for(
        strategy: &StrategyPlan,
        rubric: &Rubric,
        routes: &BTreeMap<String, Vec<Deployment>>,
    ) -> u16 {
        let is_of_this = match strategy {
            StrategyPlan::Cascade(_) => true,
            StrategyPlan::Direct(solo) | StrategyPlan::Cot { solo, .. } => solo.per_criterion,
            StrategyPlan::Debate(debate) => {
                debate.rounds > 0 || debate.verdict == Ruling::Moderator
            }
        };
        if is_of_this {
            Self::VERSION
        } else if rubric.criteria.iter().any(|each| each.locate) {
            5
        } else if rubric.criteria.iter().any(|each| each.may_not_apply) {
            4
        } else if routes.is_empty() {
            2
        } else {
            3
        }
    }
}

/// A strategy with its options, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StrategyPlan {
    /// The judge scores at once.
    Direct(SoloPlan),
    /// The judge goes through steps, reasons, and only then scores.
    Cot {
        /// The steps; absent: the first call makes them.
        steps: Option<Vec<String>>,
        /// The rest.
        #[serde(flatten)]
        solo: SoloPlan,
    },
    /// Several judges score, read each other's arguments and score again.
    Debate(DebatePlan),
    /// One of these, and another where it is unsure.
    Cascade(CascadePlan),
}

impl StrategyPlan {
    /// The models that it may ask, `model` being that of the plan; each once.
    #[must_use]
    pub fn models<'p>(&'p self, model: &'p str) -> BTreeSet<&'p str> {
        match self {
            Self::Direct(_) | Self::Cot { .. } => BTreeSet::from([model]),
            Self::Debate(debate) => {
                let debaters = debate.debaters.iter().map(|debater| &*debater.model);
                debaters.chain([&*debate.moderator]).collect()
            }
            Self::Cascade(cascade) => {
                let mut models = cascade.first.strategy.models(&cascade.first.model);
                models.extend(cascade.then.strategy.models(&cascade.then.model));
                models
            }
        }
    }

    /// What a request asks for, with `model` wherever it names none.
    #[must_use]
    pub fn resolve(asked: &Strategy, samples: u32, model: &str) -> Self {
        let solo = |options: &Options| SoloPlan {
            samples: samples.max(1),
            per_criterion: options.per_criterion,
            logprobs: options.logprobs,
            swap: options.swap,
        };
        match asked {
            Strategy::Direct(options) => Self::Direct(solo(options)),
            Strategy::Cot(options) => Self::Cot {
                steps: None,
                solo: solo(options),
            },
            Strategy::Debate(debate) => Self::Debate(DebatePlan::resolve(debate, model)),
            Strategy::Cascade(cascade) => Self::Cascade(CascadePlan {
                first: StagePlan::resolve(&cascade.first, model),
                then: StagePlan::resolve(&cascade.then, model),
                when: cascade.when,
            }),
        }
    }

    /// The name in the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Direct(_) => "direct",
            Self::Cot { .. } => "cot",
            Self::Debate(_) => "debate",
            Self::Cascade(_) => "cascade",
        }
    }
}

/// Two stages, and where the second is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CascadePlan {
    /// The cheap one.
    pub first: StagePlan,
    /// The dearer one.
    pub then: StagePlan,
    /// Where it is asked.
    pub when: EscalationRule,
}

impl CascadePlan {
    /// A stage by its name.
    #[must_use]
    pub fn stage(&self, name: StageName) -> &StagePlan {
        match name {
            StageName::First => &self.first,
            StageName::Then => &self.then,
        }
    }
}

/// A stage of a cascade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagePlan {
    /// Its judge model.
    pub model: String,
    /// How it judges; no cascade.
    pub strategy: Box<StrategyPlan>,
}

impl StagePlan {
    fn resolve(asked: &Stage, model: &str) -> Self {
        let model = asked.model.as_deref().unwrap_or(model);
        Self {
            model: model.to_owned(),
            strategy: Box::new(StrategyPlan::resolve(&asked.strategy, asked.samples, model)),
        }
    }
}

/// A judge that works alone. What a record leaves out is what plans of version 1 meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoloPlan {
    /// How many times it is asked, from 1.
    #[serde(default = "one")]
    pub samples: u32,
    /// One call for each criterion.
    #[serde(default)]
    pub per_criterion: bool,
    /// Scores are weighed by token probabilities.
    #[serde(default)]
    pub logprobs: bool,
    /// A comparison is made in both orders.
    #[serde(default)]
    pub swap: bool,
}

fn one() -> u32 {
    1
}

impl Default for SoloPlan {
    fn default() -> Self {
        Self {
            samples: 1,
            per_criterion: false,
            logprobs: false,
            swap: true,
        }
    }
}

/// A debate or a jury.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DebatePlan {
    /// Who debates; two at least.
    pub debaters: Vec<Debater<String>>,
    /// Rounds after the openings; 0 is a jury.
    pub rounds: u32,
    /// How positions become one verdict.
    pub verdict: Ruling,
    /// The moderator's model.
    pub moderator: String,
    /// How far apart normalised scores may lie for the debaters to agree.
    pub agreement: f64,
    /// How many of the last rounds a debater is shown.
    pub window: u32,
    /// A comparison is made in both orders.
    pub swap: bool,
}

impl DebatePlan {
    fn resolve(asked: &Debate, model: &str) -> Self {
        let debaters = if asked.debaters.is_empty() {
            let side = |stance| Debater {
                model: model.to_owned(),
                stance,
                weight: 1.0,
            };
            vec![side(Stance::Advocate), side(Stance::Critic)]
        } else {
            let named = |debater: &Debater| Debater {
                model: debater.model.clone().unwrap_or_else(|| model.to_owned()),
                stance: debater.stance,
                weight: debater.weight,
            };
            asked.debaters.iter().map(named).collect()
        };
        let usual = if asked.rounds == 0 {
            Ruling::Mean
        } else {
            Ruling::Moderator
        };
        Self {
            debaters,
            rounds: asked.rounds,
            verdict: asked.verdict.unwrap_or(usual),
            moderator: asked.moderator.clone().unwrap_or_else(|| model.to_owned()),
            agreement: asked.agreement,
            window: asked.window,
            swap: asked.swap,
        }
    }
}
