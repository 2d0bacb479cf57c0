//! What a strategy may be asked for with.

use api::{
    CascadeOptions, DebateOptions, DebateStage, DebaterOptions, EscalationOptions, JudgeOptions,
    JudgeStage, PlainStage, StageChoice, StageKind, StageOptions, StrategyChoice, StrategyName,
    StrategyOptions,
};
use domain::strategy::{Ruling, Stance};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::line;

pub(crate) fn strategy() -> BoxedStrategy<StrategyChoice> {
    let named = select(vec![
        StrategyName::Direct,
        StrategyName::Cot,
        StrategyName::Debate,
        StrategyName::Cascade,
    ]);
    let judge = || {
        (of(any::<bool>()), of(any::<bool>()), of(any::<bool>())).prop_map(
            |(per_criterion, logprobs, swap)| JudgeOptions {
                per_criterion,
                logprobs,
                swap,
            },
        )
    };
    prop_oneof![
        named.prop_map(StrategyChoice::Named),
        judge().prop_map(|options| StrategyChoice::WithOptions(StrategyOptions::Direct(options))),
        judge().prop_map(|options| StrategyChoice::WithOptions(StrategyOptions::Cot(options))),
        debate().prop_map(|options| StrategyChoice::WithOptions(StrategyOptions::Debate(options))),
        cascade().prop_map(
            |options| StrategyChoice::WithOptions(StrategyOptions::Cascade(Box::new(options)))
        ),
    ]
    .boxed()
}

/// Boxed, as stages are: what may be of all of them takes much of a stack.
fn cascade() -> BoxedStrategy<CascadeOptions> {
    let rule = (of(any::<bool>()), of(0.0..=1.0), of(0.0..=1.0));
    let rule = rule.prop_map(|(interval, margin, disagreement)| EscalationOptions {
        interval,
        margin,
        disagreement,
        // A rule that holds nowhere is refused.
        unscorable: Some(true),
    });
    (of(stage()), of(stage()), of(rule))
        .prop_map(|(first, then, when)| CascadeOptions { first, then, when })
        .boxed()
}

fn stage() -> BoxedStrategy<StageChoice> {
    let judge = || {
        let asked = (of(line()), of(1..=32_u32));
        (
            asked,
            (of(any::<bool>()), of(any::<bool>()), of(any::<bool>())),
        )
            .prop_map(
                |((model, samples), (per_criterion, logprobs, swap))| JudgeStage {
                    model,
                    samples,
                    per_criterion,
                    logprobs,
                    swap,
                },
            )
    };
    let named = select(vec![StageKind::Direct, StageKind::Cot, StageKind::Debate]);
    prop_oneof![
        named.prop_map(StageChoice::Named),
        judge().prop_map(|stage| StageChoice::WithOptions(StageOptions::Direct(stage))),
        judge().prop_map(|stage| StageChoice::WithOptions(StageOptions::Cot(stage))),
        (of(line()), debate()).prop_map(|(model, options)| {
            StageChoice::WithOptions(StageOptions::Debate(DebateStage { model, options }))
        }),
        (of(line()), of(1..=32_u32))
            .prop_map(|(model, samples)| StageChoice::Judge(PlainStage { model, samples })),
    ]
    .boxed()
}

/// Only two candidates have an order to swap.
fn stage_without_swap(stage: StageChoice) -> StageChoice {
    match stage {
        StageChoice::WithOptions(StageOptions::Direct(stage)) => {
            StageChoice::WithOptions(StageOptions::Direct(JudgeStage {
                swap: None,
                ..stage
            }))
        }
        StageChoice::WithOptions(StageOptions::Cot(stage)) => {
            StageChoice::WithOptions(StageOptions::Cot(JudgeStage {
                swap: None,
                ..stage
            }))
        }
        StageChoice::WithOptions(StageOptions::Debate(mut stage)) => {
            stage.options.swap = None;
            StageChoice::WithOptions(StageOptions::Debate(stage))
        }
        other @ (StageChoice::Named(_) | StageChoice::Judge(_)) => other,
    }
}

fn debate() -> impl Strategy<Value = DebateOptions> {
    let debater = (of(line()), of(select(Stance::ALL.to_vec())), of(0.1..10.0)).prop_map(
        |(model, stance, weight)| DebaterOptions {
            model,
            stance,
            weight,
        },
    );
    let who = prop_oneof![
        Just((None, None)),
        prop::collection::vec(line(), 2..=8).prop_map(|models| (Some(models), None)),
        prop::collection::vec(debater, 2..=8).prop_map(|debaters| (None, Some(debaters))),
    ];
    let numbers = (of(0..=5_u32), of(0.0..=1.0), of(1..=5_u32));
    let end = (
        of(select(Ruling::ALL.to_vec())),
        of(line()),
        of(any::<bool>()),
    );
    (who, numbers, end).prop_map(
        |((models, debaters), (rounds, agreement, window), (verdict, moderator, swap))| {
            let moderated = match verdict {
                Some(verdict) => verdict == Ruling::Moderator,
                None => rounds != Some(0),
            };
            DebateOptions {
                models,
                debaters,
                rounds,
                verdict,
                moderator: moderator.filter(|_| moderated),
                agreement,
                window,
                swap,
            }
        },
    )
}

/// Only two candidates have an order to swap.
pub(crate) fn without_swap(strategy: StrategyChoice) -> StrategyChoice {
    let alone = |options| JudgeOptions {
        swap: None,
        ..options
    };
    match strategy {
        StrategyChoice::WithOptions(StrategyOptions::Direct(options)) => {
            StrategyChoice::WithOptions(StrategyOptions::Direct(alone(options)))
        }
        StrategyChoice::WithOptions(StrategyOptions::Cot(options)) => {
            StrategyChoice::WithOptions(StrategyOptions::Cot(alone(options)))
        }
        StrategyChoice::WithOptions(StrategyOptions::Debate(options)) => {
            StrategyChoice::WithOptions(StrategyOptions::Debate(DebateOptions {
                swap: None,
                ..options
            }))
        }
        StrategyChoice::WithOptions(StrategyOptions::Cascade(mut options)) => {
            options.first = options.first.map(stage_without_swap);
            options.then = options.then.map(stage_without_swap);
            StrategyChoice::WithOptions(StrategyOptions::Cascade(options))
        }
        named @ StrategyChoice::Named(_) => named,
    }
}

/// A debate is not sampled, and a cascade by its stages.
pub(crate) fn is_not_sampled(strategy: Option<&StrategyChoice>) -> bool {
    matches!(
        strategy,
        Some(
            StrategyChoice::Named(StrategyName::Debate | StrategyName::Cascade)
                | StrategyChoice::WithOptions(
                    StrategyOptions::Debate(_) | StrategyOptions::Cascade(_)
                )
        )
    )
}
