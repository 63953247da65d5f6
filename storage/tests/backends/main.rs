//! Every backend against every contract.
