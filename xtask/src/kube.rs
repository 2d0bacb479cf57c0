//! A Kubernetes cluster, through its command line tools.

pub(crate) mod forward;
pub(crate) mod images;
pub(crate) mod release;
