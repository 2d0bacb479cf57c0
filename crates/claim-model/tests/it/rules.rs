//! Broken rules: each must be missed by somebody.

use claim_model::Rule::{
    self, ClaimRaisesEpoch, ClaimsQueuedOnly, DismissesAfterClaim, ForgetsLost, LoadsReplies,
    NewNameAtStart, PoisonIsAlone, Recalls, SweepRaisesEpoch, Sweeps, TakesOver, TakingIsNoted,
    WithdrawalRaisesEpoch, WriteChecksEpoch, WriteChecksOwner, WriteChecksState,
};
use claim_model::properties::{
    EACH_STEP_ONCE, NEVER_BOUGHT_AGAIN, NOTHING_STUCK, OLD_WRITES_DO_NOTHING, ONE_ASSESSMENT,
    ONE_HOLDER, POISON_WAS_ALONE, TERMINAL_STAYS, WASTE_HAS_A_BOUND,
};
use claim_model::{Faults, Rules, Scenario};

use crate::checking::{counterexample, is_safe};

fn without(rules: &[Rule]) -> Rules {
    let all = Rules::implemented();
    rules.iter().fold(all, |rules, rule| rules.without(*rule))
}

/// One fault of each of the given kinds.
fn one(kinds: &[fn(&mut Faults)]) -> Faults {
    let mut faults = Faults::default();
    for kind in kinds {
        kind(&mut faults);
    }
    faults
}

const CRASH: fn(&mut Faults) = |faults| faults.crashes += 1;
const SUSPENSION: fn(&mut Faults) = |faults| faults.suspensions += 1;
const LOSS: fn(&mut Faults) = |faults| faults.losses += 1;
const REPEAT: fn(&mut Faults) = |faults| faults.repeats += 1;
const WITHDRAWAL: fn(&mut Faults) = |faults| faults.withdrawals += 1;

#[track_caller]
fn breaks(rules: &[Rule], faults: Faults, property: &'static str) {
    // With fewer the first crash makes it a suspect, and a worker that still runs it does not get it again.
    let scenario = Scenario {
        most_crashes: 3,
        ..Scenario::new(faults)
    };
    assert!(
        counterexample(scenario.clone(), property).is_none(),
        "broken with every rule in force: {property}"
    );
    assert!(
        counterexample(scenario.under(without(rules)), property).is_some(),
        "not missed: {rules:?}, looking for: {property}"
    );
}

/// The epoch is what keeps a zombie from writing: its worker may own the evaluation again.
#[test]
fn writes_need_the_epoch() {
    let zombie = one(&[SUSPENSION]);
    breaks(&[WriteChecksEpoch], zombie, OLD_WRITES_DO_NOTHING);
    breaks(&[WriteChecksEpoch], zombie, WASTE_HAS_A_BOUND);
    let unguarded = [WriteChecksOwner, WriteChecksEpoch, WriteChecksState];
    breaks(&unguarded, zombie, ONE_ASSESSMENT);
    let withdrawn = one(&[WITHDRAWAL]);
    breaks(&unguarded, withdrawn, TERMINAL_STAYS);
}

/// Either the claim or the sweep must raise the epoch: else two runs of a worker hold the same one.
#[test]
fn somebody_raises_the_epoch() {
    let neither = [ClaimRaisesEpoch, SweepRaisesEpoch];
    breaks(&neither, one(&[SUSPENSION]), ONE_HOLDER);
    breaks(&neither, one(&[SUSPENSION]), NEVER_BOUGHT_AGAIN);
}

/// The sweep must raise it where a write asks for nothing but the epoch, and so must a withdrawal.
#[test]
fn the_epoch_alone_needs_every_rise() {
    let only_epoch = [WriteChecksOwner, WriteChecksState];
    let [owner, state] = only_epoch;
    let sweep = [owner, state, SweepRaisesEpoch];
    breaks(&sweep, one(&[SUSPENSION]), OLD_WRITES_DO_NOTHING);
    let withdrawal = [owner, state, WithdrawalRaisesEpoch];
    breaks(&withdrawal, one(&[WITHDRAWAL]), TERMINAL_STAYS);
}

#[test]
fn claims_take_queued_rows_only() {
    breaks(&[ClaimsQueuedOnly], one(&[REPEAT]), EACH_STEP_ONCE);
    breaks(&[ClaimsQueuedOnly], one(&[REPEAT]), WASTE_HAS_A_BOUND);
}

#[test]
fn committed_replies_are_loaded() {
    breaks(&[LoadsReplies], one(&[CRASH]), NEVER_BOUGHT_AGAIN);
}

/// The ways back into the queue: without any one of them something stays where it is for ever.
#[test]
fn every_way_back_is_needed() {
    breaks(&[Sweeps], one(&[CRASH]), NOTHING_STUCK);
    breaks(&[TakesOver], one(&[CRASH]), NOTHING_STUCK);
    breaks(&[ForgetsLost], one(&[LOSS]), NOTHING_STUCK);
    // Under its old name a process would recall what it held before; without either that stays where it is.
    breaks(&[NewNameAtStart, Recalls], one(&[CRASH]), NOTHING_STUCK);
}

/// An entry that is dismissed before its claim is lost with its worker. The relay finds that too, but later.
#[test]
fn an_early_dismissal_needs_the_relay() {
    let early = [DismissesAfterClaim, ForgetsLost];
    breaks(&early, one(&[CRASH]), NOTHING_STUCK);
    let scenario = Scenario::new(one(&[CRASH, LOSS]));
    assert!(is_safe(scenario.under(without(&[DismissesAfterClaim]))));
}

/// Two in one worker that dies: each alone may be what it died of, and neither has to end for it. Nor has the one that
/// is left when the other is withdrawn, or swept, meanwhile.
#[test]
fn who_was_never_alone_is_not_poison() {
    let missed = |rule: Rule, faults: Faults| {
        let two = Scenario {
            evaluations: 2,
            most_crashes: 1,
            ..Scenario::new(faults)
        };
        let without = two.clone().under(without(&[rule]));
        assert!(counterexample(two, POISON_WAS_ALONE).is_none(), "{rule:?}");
        assert!(
            counterexample(without, POISON_WAS_ALONE).is_some(),
            "{rule:?}"
        );
    };
    missed(PoisonIsAlone, one(&[CRASH]));
    missed(TakingIsNoted, one(&[CRASH]));
    missed(TakingIsNoted, one(&[CRASH, WITHDRAWAL]));
}

/// Rules that only back up others: each alone is not missed.
#[test]
fn some_rules_are_a_second_line() {
    let second_line = [
        &[ClaimRaisesEpoch][..],
        &[SweepRaisesEpoch],
        &[WithdrawalRaisesEpoch],
        &[WriteChecksOwner],
        &[WriteChecksState],
        &[WriteChecksOwner, WriteChecksState],
    ];
    for rules in second_line {
        for faults in [one(&[CRASH, SUSPENSION]), one(&[SUSPENSION, WITHDRAWAL])] {
            let scenario = Scenario::new(faults).under(without(rules));
            assert!(is_safe(scenario), "{rules:?} with {faults:?}");
        }
    }
}
