//! One file per subcommand.

pub(crate) mod bench;
pub(crate) mod beside;
pub(crate) mod chart;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod compose_test;
pub(crate) mod dashboard;
pub(crate) mod demo;
pub(crate) mod down;
pub(crate) mod images;
pub(crate) mod kube;
pub(crate) mod prometheus;
pub(crate) mod provider_cases;
pub(crate) mod receiver;
pub(crate) mod replay;
pub(crate) mod sbom;
pub(crate) mod scaling;
pub(crate) mod schemathesis;
pub(crate) mod test;
pub(crate) mod up;
pub(crate) mod verify;
