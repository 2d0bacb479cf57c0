//! `[providers]` and `[models]`: which deployments judge which model, in which order.
//!
//! Beside the flat sections, since they hold tables of any name; only the file has them. The keys of
//! providers may stand in the environment or in files of their own.

mod check;
mod deployment;
mod headers;
mod key;
mod parameters;
mod price;
mod provider;
mod read;
mod reference;
mod table;

pub use domain::routing::{ANY_MODEL, Api, DeploymentConfig, Price, ProviderConfig, Routing};

#[cfg(test)]
pub(super) use self::reference::EXAMPLE;
pub(super) use self::{
    check::check,
    key::{PREFIX, variables},
    read::{Tables, read},
    reference::markdown,
};
