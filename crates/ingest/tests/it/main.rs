//! The service's contract over a real socket, its tables, and what a crash leaves behind.

mod blobs;
mod captures;
mod cli;
mod crash;
mod enrolment;
mod feed;
mod fsync;
mod limits;
mod refusals;
mod schema;
mod world;
