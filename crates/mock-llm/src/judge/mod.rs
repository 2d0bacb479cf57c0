//! Playing a judge: what is judged, how good it looks, and what a judge would say.

pub(crate) mod debate;
pub(crate) mod marks;
pub(crate) mod material;
pub(crate) mod mind;
pub(crate) mod quality;
pub(crate) mod scale;
pub(crate) mod spread;
pub(crate) mod steps;
pub(crate) mod verdict;
pub(crate) mod wording;
