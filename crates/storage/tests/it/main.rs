//! Storage against a real PostgreSQL, a database of its own for each test.

mod backlog;
mod claim;
mod fencing;
mod list;
mod records;
mod rubrics;
mod schema;
mod states;
mod submit;
mod support;
mod sweep;
