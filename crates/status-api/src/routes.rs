//! Handlers: they unpack a request, call, and answer.

pub(crate) mod agreement;
pub(crate) mod audits;
pub(crate) mod budgets;
pub(crate) mod calls;
pub(crate) mod checks;
pub(crate) mod commands;
pub(crate) mod default_webhook;
pub(crate) mod evaluations;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod keys;
pub(crate) mod labels;
pub(crate) mod providers;
pub(crate) mod queue;
pub(crate) mod rubrics;
pub(crate) mod session;
pub(crate) mod stats;
pub(crate) mod timeline;
pub(crate) mod webhook_secrets;
pub(crate) mod webhooks;
