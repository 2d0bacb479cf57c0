//! Playing a judge: what is judged, how good it looks, and what a judge would say.

pub(crate) mod material;
pub(crate) mod quality;
pub(crate) mod scale;
pub(crate) mod verdict;
pub(crate) mod wording;
