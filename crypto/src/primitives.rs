//! The one file that names algorithms. Everything else speaks of keys, labels and boxes.
//!
//! Nonces: a secretbox key here always comes from `derive` over a random salt, or over a content key that
//! is used for one version of one content, so no (key, nonce) pair can occur twice with other text.

use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::traits::IsIdentity as _;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use xsalsa20poly1305::aead::Aead as _;
use xsalsa20poly1305::{KeyInit as _, XSalsa20Poly1305};
use zeroize::Zeroizing;

use crate::{Error, Hash, Result};

pub(crate) mod opaque;

/// Length of a secretbox tag (Poly1305).
pub(crate) const TAG_LEN: usize = 16;
/// Length of an HPKE public key (X-Wing: ML-KEM-768, then X25519).
pub(crate) const KEM_PUBLIC_LEN: usize = 1216;
/// Length of an HPKE encapsulated key (X-Wing: ML-KEM-768, then X25519).
pub(crate) const KEM_ENC_LEN: usize = 1120;

/// Argon2id, RFC 9106's second recommended option: 64 MiB, three passes, four lanes.
pub(crate) const ARGON2_MEMORY_KIB: u32 = 64 * 1024;
pub(crate) const ARGON2_PASSES: u32 = 3;
pub(crate) const ARGON2_LANES: u32 = 4;

/// Whether two byte strings are equal, in time that depends on their lengths alone.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// HKDF-SHA-512 without salt.
pub(crate) fn hkdf_sha512(ikm: &[u8], info: &[u8], out: &mut [u8]) {
    hkdf::Hkdf::<sha2::Sha512>::new(None, ikm)
        .expand(info, out)
        .expect("nothing asks for more than 255 blocks");
}

/// Argon2id with the compiled-in costs. A caller cannot choose weaker ones, and neither can a server.
#[cfg(not(feature = "same-passwords"))]
pub(crate) fn argon2id(password: &[u8], salt: &[u8], out: &mut [u8]) {
    run_argon2id(password, salt, out);
}

/// As it always is, but once for each input.
#[cfg(feature = "same-passwords")]
pub(crate) fn argon2id(password: &[u8], salt: &[u8], out: &mut [u8]) {
    use std::collections::HashMap;
    use std::sync::Mutex;

    #[cfg(not(debug_assertions))]
    compile_error!("nothing that is shipped keeps what comes of passwords");

    type Inputs = (Vec<u8>, Vec<u8>, usize);
    static KNOWN: Mutex<Option<HashMap<Inputs, Vec<u8>>>> = Mutex::new(None);
    let inputs = (password.to_vec(), salt.to_vec(), out.len());
    let mut known = KNOWN.lock().expect("nothing panics while it holds this");
    let known = known.get_or_insert_default();
    let output = known.entry(inputs).or_insert_with(|| {
        let mut output = vec![0; out.len()];
        run_argon2id(password, salt, &mut output);
        output
    });
    out.copy_from_slice(output);
}

fn run_argon2id(password: &[u8], salt: &[u8], out: &mut [u8]) {
    let params = argon2::Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, Some(out.len()))
        .expect("constants within Argon2's bounds");
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(password, salt, out)
        .expect("salts are 16 bytes and outputs at most 64");
}

/// Secretbox of a small object: tag, then ciphertext.
pub(crate) fn box_seal(key: &[u8; 32], nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
    XSalsa20Poly1305::new(key.into())
        .encrypt(nonce.into(), plain)
        .expect("XSalsa20 seals any length that fits in memory")
}

/// Opens what [`box_seal`] made.
pub(crate) fn box_open(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    XSalsa20Poly1305::new(key.into())
        .decrypt(nonce.into(), sealed)
        .map(Zeroizing::new)
        .map_err(|_| Error::CannotOpen)
}

/// Secretbox of bulk data from one buffer into another; `out` is longer by [`TAG_LEN`]. The same bytes as
/// [`box_seal`] (a test holds the two against each other), several times as fast.
pub(crate) fn bulk_seal(key: &[u8; 32], nonce: &[u8; 24], plain: &[u8], out: &mut [u8]) {
    dryoc::classic::crypto_secretbox::crypto_secretbox_easy(out, plain, nonce, key)
        .expect("callers give a buffer of the right length");
}

/// Opens what [`bulk_seal`] made. `out` is written only when the tag holds.
pub(crate) fn bulk_open(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8], out: &mut [u8]) -> Result<()> {
    dryoc::classic::crypto_secretbox::crypto_secretbox_open_easy(out, sealed, nonce, key)
        .map_err(|_| Error::CannotOpen)
}

/// BLAKE3 over bytes that arrive in pieces.
#[derive(Clone, Default)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes so far.
    #[must_use]
    pub fn finish(&self) -> Hash {
        self.0.finalize().into()
    }

    /// Back to the state before the first byte.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

/// BLAKE3 in its plain mode.
pub(crate) fn blake3(bytes: &[u8]) -> Hash {
    blake3::hash(bytes).into()
}

/// BLAKE3 in key-derivation mode, as many bytes as `out` has.
pub(crate) fn blake3_labelled(context: &str, bytes: &[u8], out: &mut [u8]) {
    blake3::Hasher::new_derive_key(context)
        .update(bytes)
        .finalize_xof()
        .fill(out);
}

/// An Ed25519 seed, and what it expands to.
#[derive(Clone)]
pub(crate) struct SignKey(SigningKey);

/// An Ed25519 key that may be used: a canonical point, not of low order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifyKey(VerifyingKey);

impl SignKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn public(&self) -> VerifyKey {
        VerifyKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text).to_bytes()
    }
}

impl VerifyKey {
    pub(crate) fn from_bytes(public: &[u8; 32]) -> Result<Self> {
        let key = VerifyingKey::from_bytes(public).map_err(|_| Error::CannotOpen)?;
        // Decompression accepts y ≥ p; a key with two spellings would have two identities.
        let canonical = key.to_edwards().compress().to_bytes() == *public;
        if canonical && !key.is_weak() {
            Ok(Self(key))
        } else {
            Err(Error::CannotOpen)
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Verifies strictly: only canonical scalars, no low-order points, no cofactor. The same signature has the
    /// same verdict on every device (threat D6).
    pub(crate) fn verify(&self, text: &[u8], signature: &[u8; 64]) -> Result<()> {
        self.0
            .verify_strict(text, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| Error::CannotOpen)
    }
}

type Kem = hpke::kem::XWing;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;

/// An X-Wing key that may be sealed to: a reduced ML-KEM half, and an X25519 half that contributes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KemPublic(<Kem as hpke::Kem>::PublicKey);

/// A 32-byte X-Wing seed, expanded.
#[derive(Clone)]
pub(crate) struct KemPrivate(<Kem as hpke::Kem>::PrivateKey);

impl KemPublic {
    pub(crate) fn from_bytes(public: &[u8; KEM_PUBLIC_LEN]) -> Result<Self> {
        refuse_low_order(last_32(public))?;
        let checked = <Kem as hpke::Kem>::PublicKey::from_bytes(public);
        checked.map(Self).map_err(|_| Error::CannotOpen)
    }

    pub(crate) fn to_bytes(&self) -> [u8; KEM_PUBLIC_LEN] {
        self.0.to_bytes().into()
    }

    /// HPKE base mode in one shot: encapsulated key and ciphertext.
    pub(crate) fn seal<R: CryptoRng + ?Sized>(
        &self,
        info: &[u8],
        aad: &[u8],
        plain: &[u8],
        mut rng: &mut R,
    ) -> Result<([u8; KEM_ENC_LEN], Vec<u8>)> {
        let sealed = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
            &OpModeS::Base,
            &self.0,
            info,
            plain,
            aad,
            &mut rng,
        );
        let (enc, sealed) = sealed.map_err(|_| Error::CannotOpen)?;
        Ok((enc.to_bytes().into(), sealed))
    }
}

impl KemPrivate {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(<Kem as hpke::Kem>::PrivateKey::from_bytes(seed).expect("a seed has 32 bytes"))
    }

    pub(crate) fn public(&self) -> KemPublic {
        KemPublic(Kem::sk_to_pk(&self.0))
    }

    /// Opens what [`KemPublic::seal`] made.
    pub(crate) fn open(
        &self,
        enc: &[u8; KEM_ENC_LEN],
        info: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        refuse_low_order(last_32(enc))?;
        let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(enc).map_err(|_| Error::CannotOpen)?;
        hpke::single_shot_open::<Aead, Kdf, Kem>(&OpModeR::Base, &self.0, &enc, info, sealed, aad)
            .map(Zeroizing::new)
            .map_err(|_| Error::CannotOpen)
    }
}

/// X-Wing itself does not look at the X25519 half, since ML-KEM still protects; we do, so that neither
/// half can be taken out by the other side (threat D7). Clamped scalars are multiples of 8, and eight times
/// a point is zero only if every such multiple is: four steps of the ladder tell, instead of 255.
pub(crate) fn refuse_low_order(point: &[u8; 32]) -> Result<()> {
    let eight = [true, false, false, false];
    let product = MontgomeryPoint(*point).mul_bits_be(eight.into_iter());
    if product.is_identity() {
        Err(Error::CannotOpen)
    } else {
        Ok(())
    }
}

fn last_32(bytes: &[u8]) -> &[u8; 32] {
    bytes
        .last_chunk()
        .expect("both KEM texts are longer than 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bulk_and_small_boxes_are_the_same_bytes(
            key: [u8; 32],
            nonce: [u8; 24],
            plain in proptest::collection::vec(any::<u8>(), 0..2000),
        ) {
            let small = box_seal(&key, &nonce, &plain);
            let mut bulk = vec![0; plain.len() + TAG_LEN];
            bulk_seal(&key, &nonce, &plain, &mut bulk);
            prop_assert_eq!(&small, &bulk);
            let mut out = vec![0; plain.len()];
            bulk_open(&key, &nonce, &small, &mut out).expect("the other's box opens");
            prop_assert_eq!(&out, &plain);
        }
    }

    #[test]
    fn a_bulk_chunk_that_does_not_open_writes_nothing() {
        let mut sealed = box_seal(&[1; 32], &[2; 24], &[3; 100]);
        sealed[50] ^= 1;
        let mut out = [9; 100];
        assert_eq!(
            bulk_open(&[1; 32], &[2; 24], &sealed, &mut out),
            Err(Error::CannotOpen)
        );
        assert_eq!(out, [9; 100]);
    }

    #[test]
    fn argon2id_gives_the_tag_of_rfc_9106() {
        // Section 5.3. It has a secret and associated data, which ours never has: hence not by our function.
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).expect("12 bytes"))
            .output_len(32)
            .build()
            .expect("the section's parameters");
        let mut tag = [0; 32];
        argon2::Argon2::new_with_secret(
            &[3; 8],
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            params,
        )
        .expect("a secret of 8 bytes")
        .hash_password_into(&[1; 32], &[2; 16], &mut tag)
        .expect("the section's lengths");
        assert_eq!(
            hex::encode(tag),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
        );
    }
}
