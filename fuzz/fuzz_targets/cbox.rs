//! Boxes: the shape that a server checks, and opening under a key that did not make them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::slots::{Slot, SlotKind};
use postern_crypto::{Kek, cbox};

fuzz_target!(|data: &[u8]| {
    let slot = Slot {
        account: [1; 16],
        kind: SlotKind::Password,
        id: [2; 16],
        generation: 1,
    };
    let _ = cbox::check_shape(data);
    assert!(slot.open(&Kek::from_bytes([3; 32]), data).is_err());
});
