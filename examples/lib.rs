//! The ways to use tomee-harness in the tests of a crate, each in a file of `tests/`:
//!
//! - `cluster.rs`: a test starts a `Cluster` and drives it itself,
//! - `fixture.rs`: the same with the cluster from an rstest fixture,
//! - `scenarios.rs`: each scenario file of the folder `scenarios/` is a test.
