//! What Postern's client and server say to each other.
