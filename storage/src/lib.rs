//! Where Postern's server keeps its records and blobs.
