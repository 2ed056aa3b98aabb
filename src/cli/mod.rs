//! Floor 5: what a person types, what each command does with it, and what is said when it cannot be done.

pub mod args;
pub mod commands;
pub mod config;
mod face;
mod keys;
mod log;
mod look;
mod plan;
mod profile;
mod raw;
mod reload;
pub mod report;
mod screen;
mod secret;
mod session;
mod signals;
mod stdin;
pub mod values;
