//! What models think differently, so that juries, debates and both orders of a comparison have something to
//! disagree about.

use serde::{Deserialize, Serialize};

/// How one model differs from the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Opinion {
    /// Added to the quality that it sees, which is from 0 to 1.
    pub(crate) shift: f64,
    /// How far it moves to the others' mean once it is shown their arguments.
    pub(crate) yields: Yields,
    /// Prefers the worse of two candidates.
    pub(crate) contrary: bool,
    /// Instead of the `bias` of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bias: Option<Bias>,
}

/// All the way, not at all, or a share of the way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "yields must be true, false or a number from 0 to 1"
)]
pub(crate) enum Yields {
    /// All or nothing.
    Wholly(bool),
    /// A share.
    Partly(f64),
}

/// What else than quality decides a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bias {
    /// The candidate that is shown first always wins.
    First,
}

/// The moderator of a debate: whoever is asked for `consensus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moderator {
    /// What it says to that.
    pub(crate) consensus: bool,
}

/// How the model of one request judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Character {
    /// Added to the quality.
    pub(crate) shift: f64,
    /// From 0 to 1.
    pub(crate) yields: f64,
    /// Prefers the worse.
    pub(crate) contrary: bool,
    /// Prefers a place.
    pub(crate) bias: Option<Bias>,
    /// Finds a consensus.
    pub(crate) consensus: bool,
}

impl Default for Yields {
    fn default() -> Self {
        Self::Wholly(false)
    }
}

impl Default for Moderator {
    fn default() -> Self {
        Self { consensus: true }
    }
}

impl Moderator {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Yields {
    fn share(self) -> f64 {
        match self {
            Self::Wholly(all) => f64::from(u8::from(all)),
            Self::Partly(share) => share,
        }
    }
}

impl Opinion {
    /// Refuses values out of range.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(-1.0..=1.0).contains(&self.shift) {
            return Err("`shift` must be from -1 to 1".to_owned());
        }
        if !(0.0..=1.0).contains(&self.yields.share()) {
            return Err("`yields` must be from 0 to 1".to_owned());
        }
        Ok(())
    }

    /// The character of a model of this opinion.
    pub(crate) fn character(&self, bias: Option<Bias>, moderator: Moderator) -> Character {
        Character {
            shift: self.shift,
            yields: self.yields.share(),
            contrary: self.contrary,
            bias: self.bias.or(bias),
            consensus: moderator.consensus,
        }
    }
}
