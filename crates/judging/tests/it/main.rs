//! Judging without a network: a plan, a submission, replies, and what comes next.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod cascade;
mod claims;
mod comparison;
mod cot;
mod custom_choices;
mod custom_objects;
mod custom_replies;
mod debate;
mod demo;
mod direct;
mod doubtful_replies;
mod evidence;
mod failure_steps;
mod fixture;
mod marks;
mod nested_json;
mod not_applicable;
mod odd_replies;
mod one_schema;
mod prefix;
mod prompt;
mod recorded;
mod recorded_sets;
mod replies;
mod reply_ends;
mod reply_properties;
mod ruling;
mod samples;
mod scores_in_a_row;
mod strategies_doc;
mod structured_replies;
mod two_readings;
mod unseen;
mod weighing;
