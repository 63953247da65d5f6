//! The only code of Postern that touches keys.
