//! The replies to one request.

use std::iter;
use std::num::NonZeroU32;
use std::time::Instant;

use domain::plan::Deployment;
use judging::{JudgeCall, Reply, Usage};

use crate::deployment::RequestSettings;
use crate::parsed_response::{Choice, ParsedResponse};
use crate::provider::Provider;
use crate::registry::Providers;

/// The choices of an answer, in order; there is at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// The first, with which the usage of the whole request stands.
    pub first: Reply,
    /// Those behind it, which took and cost nothing where it is known what the first did.
    pub others: Vec<Reply>,
    /// The provider's id of the answer.
    pub response_id: Option<String>,
    /// The tokens that the request took, where that is known; none where it was refused.
    pub(crate) tokens: Option<u64>,
}

impl Choices {
    /// The replies that an answer holds. What the request took stands with the first.
    ///
    /// `tier` is the cheaper tier that was asked for: what it was bought at is what the answer says, else that.
    pub(crate) fn of(
        provider: &Provider,
        model: &str,
        read: ParsedResponse,
        tier: Option<&str>,
    ) -> Self {
        let was_refused = read.choice_count == 0;
        let counted = read
            .tokens
            .map(|tokens| tokens.input.saturating_add(tokens.output));
        let service_tier = tier.map(|asked| {
            read.service_tier
                .clone()
                .unwrap_or_else(|| asked.to_owned())
        });
        let prices = &provider.options;
        let price = if service_tier.is_some() && service_tier.as_deref() == tier {
            let of_model = prices.tier_prices.get(model);
            of_model.and_then(|tiers| tiers.get(tier?))
        } else {
            prices.prices.get(model)
        };
        // What is not known is not guessed.
        let usage = Usage {
            input_tokens: read.tokens.map(|tokens| tokens.input),
            cached_input_tokens: read.tokens.and_then(|tokens| tokens.cached_input),
            cache_write_tokens: read.tokens.and_then(|tokens| tokens.cache_write),
            output_tokens: read.tokens.map(|tokens| tokens.output),
            cost_nano_usd: read
                .tokens
                .zip(price)
                .and_then(|(tokens, price)| tokens.cost(*price)),
        };
        let nothing = beside(usage);
        let model = read.model.unwrap_or_else(|| model.to_owned());
        let reply = |choice: Choice, usage| Reply {
            answer: choice.answer,
            provider: provider.name.clone(),
            model: model.clone(),
            usage,
            service_tier: service_tier.clone(),
            logprobs: choice.logprobs,
        };
        let others = read.others.into_iter();
        Self {
            first: reply(read.first, usage),
            others: others.map(|choice| reply(choice, nothing)).collect(),
            response_id: read.id,
            tokens: counted.or_else(|| was_refused.then_some(0)),
        }
    }

    /// What the request took.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.first.usage
    }

    /// The same replies, where they took this altogether.
    pub(crate) fn with_usage(mut self, usage: Usage) -> Self {
        self.first.usage = usage;
        for other in &mut self.others {
            other.usage = beside(usage);
        }
        self
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Reply> {
        iter::once(&self.first).chain(&self.others)
    }
}

/// What the choices behind the first took, where the first took this.
fn beside(first: Usage) -> Usage {
    Usage {
        input_tokens: first.input_tokens.map(|_| 0),
        cached_input_tokens: first.cached_input_tokens.map(|_| 0),
        cache_write_tokens: first.cache_write_tokens.map(|_| 0),
        output_tokens: first.output_tokens.map(|_| 0),
        cost_nano_usd: first.cost_nano_usd.map(|_| 0),
    }
}

impl IntoIterator for Choices {
    type Item = Reply;
    type IntoIter = iter::Chain<iter::Once<Reply>, std::vec::IntoIter<Reply>>;

    fn into_iter(self) -> Self::IntoIter {
        iter::once(self.first).chain(self.others)
    }
}

impl Providers {
    /// Whether the deployment of a route that would be asked now gives several choices for one prompt, as far as is
    /// known.
    #[must_use]
    pub fn give_choices(&self, call: &JudgeCall, route: &[Deployment]) -> bool {
        const SEVERAL: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
        let now = Instant::now();
        let targets = self.targets(route);
        let first = targets
            .iter()
            .find(|target| target.endpoint.breaker.is_free(now));
        first.is_some_and(|target| {
            let asked = RequestSettings::of(target.deployment);
            let choices = target
                .endpoint
                .choices(&target.provider, call, SEVERAL, &asked);
            choices == SEVERAL
        })
    }
}
