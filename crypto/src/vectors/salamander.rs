//! Makes "invisible salamanders" (Dodis et al., Crypto 2018; Len et al., USENIX Security 2021): one secretbox that
//! opens under two keys and nonces of the attacker's choice. Poly1305 is a polynomial over a prime field, so two
//! free blocks of ciphertext are enough to make it give one tag under two keys.

use num_bigint::BigUint;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};

/// A one-time key of Poly1305: a point and a pad.
struct OneTime {
    r: BigUint,
    s: BigUint,
}

impl OneTime {
    /// Secretbox takes it from the first 32 bytes of the key stream.
    fn of(key: &[u8; 32], nonce: &[u8; 24]) -> Self {
        let mut stream = [0; 32];
        XSalsa20::new(key.into(), nonce.into()).apply_keystream(&mut stream);
        let clamp = BigUint::from(0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff_u128);
        let (r, s) = stream.split_at(16);
        Self {
            r: BigUint::from_bytes_le(r) & clamp,
            s: BigUint::from_bytes_le(s),
        }
    }

    /// What the two blocks must give, `x·r + y`, for the tag to be `tag` after `carries` overflows of 2^128.
    fn target(&self, tag: &BigUint, carries: u8) -> Option<BigUint> {
        let sum = (tag + bit(128) - &self.s) % bit(128) + BigUint::from(carries) * bit(128);
        (sum < prime()).then(|| sum * inverse(&self.r) % prime())
    }
}

/// A secretbox of 32 bytes that opens under both keys, each with its nonce.
pub(crate) fn forge(keys: &[([u8; 32], [u8; 24]); 2]) -> Vec<u8> {
    let [one, two] = keys.each_ref().map(|(key, nonce)| OneTime::of(key, nonce));
    let tries = (0_u64..).flat_map(|tag| (0..16).map(move |carries| (tag, carries)));
    tries
        .filter_map(|(tag, carries)| {
            let tag = BigUint::from(tag) * bit(60);
            let blocks = blocks(
                &one,
                &two,
                one.target(&tag, carries % 4)?,
                two.target(&tag, carries / 4)?,
            )?;
            Some([little_endian(&tag), blocks].concat())
        })
        .next()
        .expect("about one try in a hundred fits")
}

/// Two blocks with `x·r₁ + y = one_wants` and `x·r₂ + y = two_wants`, if both are blocks of 16 bytes: numbers
/// from 2^128 to 2^129, since Poly1305 sets a bit above each.
fn blocks(one: &OneTime, two: &OneTime, one_wants: BigUint, two_wants: BigUint) -> Option<Vec<u8>> {
    let wanted = (&one_wants + prime() - two_wants) % prime();
    let slope = (&one.r + prime() - &two.r) % prime();
    let x = wanted * inverse(&slope) % prime();
    let y = (one_wants + prime() - &x * &one.r % prime()) % prime();
    let is_block = |number: &BigUint| (bit(128)..bit(129)).contains(number);
    (is_block(&x) && is_block(&y)).then(|| [x, y].map(|block| little_endian(&(block - bit(128)))).concat())
}

fn bit(place: u32) -> BigUint {
    BigUint::from(1_u8) << place
}

fn prime() -> BigUint {
    bit(130) - 5_u8
}

fn inverse(number: &BigUint) -> BigUint {
    number.modinv(&prime()).expect("all but zero have one")
}

fn little_endian(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(16, 0);
    bytes
}
