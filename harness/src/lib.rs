//! A local cluster test harness for HTTP session replication on Apache TomEE and Tomcat.
//!
//! The tour: a **cluster** of real servers is started from a [`spec::Topology`]; clients drive **sessions** through it;
//! **faults** break it on purpose; everything that happened is a **history** ([`history::History`]); and a pure function
//! turns the history into a **verdict** ([`verdict::Verdict`]), which says with evidence whether session state survived.

pub mod config;
pub mod history;
pub mod lab;
pub mod report;
pub mod spec;
pub mod trial;
pub mod verdict;
