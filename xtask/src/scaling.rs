//! Showing in a cluster that the number of pods follows what there is to do.

pub(crate) mod cut_off;
pub(crate) mod load;
pub(crate) mod outcome;
pub(crate) mod picture;
pub(crate) mod pods;
pub(crate) mod report;
pub(crate) mod values;
pub(crate) mod watch;
