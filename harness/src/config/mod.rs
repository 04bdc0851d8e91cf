//! Configuration: server.xml rendered from a topology.
