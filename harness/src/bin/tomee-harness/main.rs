//! The command line of tomee-harness.

fn main() {}
