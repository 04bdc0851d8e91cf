//! The project's own tasks: `cargo ci TASK`.

fn main() {}
