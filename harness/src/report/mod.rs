//! Reports fold histories and verdicts into something to read.
