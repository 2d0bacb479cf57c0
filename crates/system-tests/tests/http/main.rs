//! The public surface over HTTP.
