//! The server as software: its distribution, Java, web archives, compiled pages, `CATALINA_BASE`, logging.

pub mod catalina_base;
pub mod compiler;
pub mod distribution;
pub mod java;
pub mod jsp_cache;
pub mod key_store;
pub mod library;
pub mod log_lines;
mod logging;
pub mod node_file;
pub mod own_base;
pub mod war;
