//! Postern's HTTP interface.
