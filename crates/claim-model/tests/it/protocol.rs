//! The rules as they are implemented, with every kind of fault.

use claim_model::properties::{
    OLD_WRITE_TRIED, POISONED, SUCCEEDS, SUCCEEDS_AFTER_LOSS, WITHDRAWN, ZOMBIE_BUYS_AGAIN,
};
use claim_model::{Faults, Scenario};

use crate::checking::{has_no_cycle, holds};

const NONE: Faults = Faults {
    crashes: 0,
    suspensions: 0,
    departures: 0,
    losses: 0,
    repeats: 0,
    put_back: 0,
    withdrawals: 0,
    unheard: 0,
    abandoned: 0,
};

/// Nothing goes wrong but that entries come twice: everything succeeds, each call bought once.
#[test]
fn calm() {
    let repeats = 2;
    holds(Scenario::new(Faults { repeats, ..NONE }), &[SUCCEEDS]);
    let repeats = 1;
    let two = Scenario {
        evaluations: 2,
        ..Scenario::new(Faults { repeats, ..NONE })
    };
    holds(two, &[SUCCEEDS]);
}

/// `kill -9`, once for an evaluation that goes on and twice for one that ends as poison.
#[test]
fn crashes() {
    let faults = Faults { crashes: 2, ..NONE };
    holds(Scenario::new(faults), &[SUCCEEDS, POISONED]);
    let patient = Scenario {
        most_crashes: 3,
        ..Scenario::new(faults)
    };
    holds(patient, &[SUCCEEDS]);
}

/// Workers that stand still and come back to write what is no longer theirs. Nobody died, and yet the
/// evaluation may end as poison: to the sweep a silent worker is a dead one.
#[test]
fn suspensions() {
    let faults = Faults {
        suspensions: 2,
        ..NONE
    };
    let possible = [SUCCEEDS, POISONED, OLD_WRITE_TRIED, ZOMBIE_BUYS_AGAIN];
    holds(Scenario::new(faults), &possible);
}

/// Redis loses everything, twice, and delivers twice what it has.
#[test]
fn losses() {
    let faults = Faults {
        losses: 2,
        repeats: 2,
        ..NONE
    };
    holds(Scenario::new(faults), &[SUCCEEDS, SUCCEEDS_AFTER_LOSS]);
}

/// One of each: a worker dies, one stands still, and the stream is lost.
#[test]
fn crash_suspension_and_loss() {
    let faults = Faults {
        crashes: 1,
        suspensions: 1,
        losses: 1,
        ..NONE
    };
    let possible = [
        SUCCEEDS,
        POISONED,
        OLD_WRITE_TRIED,
        ZOMBIE_BUYS_AGAIN,
        SUCCEEDS_AFTER_LOSS,
    ];
    holds(Scenario::new(faults), &possible);
}

/// A cancellation or a deadline at any moment, with a worker that does not hear of it.
///
/// A worker may wake up with a second entry in hand, which the loss has made, and try to claim again before it has beaten;
/// but by then it is a suspect, and one suspension does not count as two crashes.
#[test]
fn withdrawals() {
    let faults = Faults {
        suspensions: 1,
        losses: 1,
        withdrawals: 1,
        ..NONE
    };
    let possible = [
        SUCCEEDS,
        WITHDRAWN,
        OLD_WRITE_TRIED,
        ZOMBIE_BUYS_AGAIN,
        SUCCEEDS_AFTER_LOSS,
    ];
    holds(Scenario::new(faults), &possible);
}

/// A worker leaves in good order while another dies.
#[test]
fn departures() {
    let faults = Faults {
        crashes: 1,
        departures: 1,
        ..NONE
    };
    holds(Scenario::new(faults), &[SUCCEEDS]);
}

/// Entries that do not fit into the worker which read them go back, while workers die or stand still, and entries get
/// lost.
#[test]
fn put_back() {
    let faults = Faults {
        put_back: 2,
        crashes: 1,
        losses: 1,
        ..NONE
    };
    holds(Scenario::new(faults), &[SUCCEEDS, SUCCEEDS_AFTER_LOSS]);
    let faults = Faults {
        put_back: 1,
        suspensions: 1,
        ..NONE
    };
    let possible = [SUCCEEDS, OLD_WRITE_TRIED, ZOMBIE_BUYS_AGAIN];
    holds(Scenario::new(faults), &possible);
    let two = Scenario {
        evaluations: 2,
        ..Scenario::new(Faults {
            put_back: 1,
            crashes: 1,
            ..NONE
        })
    };
    holds(two, &[SUCCEEDS]);
}

/// A strategy that wants both calls at once.
#[test]
fn side_by_side() {
    let faults = Faults {
        crashes: 1,
        suspensions: 1,
        ..NONE
    };
    let both = Scenario {
        side_by_side: true,
        ..Scenario::new(faults)
    };
    let possible = [SUCCEEDS, POISONED, OLD_WRITE_TRIED, ZOMBIE_BUYS_AGAIN];
    holds(both, &possible);
}

/// Two evaluations share the workers and the stream: a worker dies.
#[test]
fn two_and_a_crash() {
    let two = Scenario {
        evaluations: 2,
        ..Scenario::new(Faults { crashes: 1, ..NONE })
    };
    holds(two, &[SUCCEEDS]);
}

/// Two evaluations may share a worker that dies, and one of them may end for it: once it was alone.
#[test]
fn two_and_poison() {
    let two = Scenario {
        evaluations: 2,
        most_crashes: 1,
        ..Scenario::new(Faults { crashes: 1, ..NONE })
    };
    holds(two, &[SUCCEEDS, POISONED]);
}

/// Two evaluations, and entries get lost: an older entry of one hides the loss of the other's only for a time.
#[test]
fn two_and_losses() {
    let faults = Faults { losses: 2, ..NONE };
    let two = Scenario {
        evaluations: 2,
        ..Scenario::new(faults)
    };
    holds(two, &[SUCCEEDS, SUCCEEDS_AFTER_LOSS]);
}

/// Without cycles, "nothing is stuck" means that every evaluation ends: each run gets to a state with nothing
/// left to do. Every fault uses itself up, and what the system does by itself only goes forward.
#[test]
fn no_cycles() {
    let mixtures = [
        Faults {
            crashes: 1,
            losses: 1,
            repeats: 1,
            ..NONE
        },
        Faults {
            suspensions: 1,
            losses: 1,
            repeats: 1,
            ..NONE
        },
        Faults {
            crashes: 1,
            departures: 1,
            repeats: 1,
            ..NONE
        },
        Faults {
            crashes: 1,
            put_back: 2,
            ..NONE
        },
    ];
    for faults in mixtures {
        assert!(has_no_cycle(&Scenario::new(faults)), "{faults:?}");
    }
    let two = Scenario {
        evaluations: 2,
        ..Scenario::new(Faults { losses: 1, ..NONE })
    };
    assert!(has_no_cycle(&two));
}
