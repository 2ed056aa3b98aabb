//! Floor 2: what people do and see in a room, whatever face they look through. It does not know that a protocol exists.
//!
//! Down come [`event::Event`]s: a face shows them, [`model::Model`] remembers what a face may be asked about again. Up go
//! [`request::Request`]s: from the one table of slash commands ([`command::TABLE`]) or from a face's own keys.
//! What is said to people stands in [`notice`] (what is the case) and [`problem`] (why something was not done).

pub mod args;
pub mod avatar;
pub mod circle;
pub mod command;
pub mod doctor;
pub mod duration;
pub mod event;
pub mod exposure;
pub mod friends;
pub mod help;
pub mod lines;
pub mod listing;
pub mod model;
pub mod moves;
pub mod name;
pub mod notice;
pub mod office;
pub mod people;
mod privacy;
pub mod problem;
pub mod queue;
pub mod record;
pub mod reply;
pub mod request;
pub mod scrollback;
mod table;
pub mod telling;
pub mod text;
pub mod wait;
pub mod way;
