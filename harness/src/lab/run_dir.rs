//! The run directory: a folder that describes itself, private to the user.
