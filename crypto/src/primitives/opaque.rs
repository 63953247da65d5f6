//! OPAQUE's algorithms: ristretto255 with SHA-512, 3DH, and a key-stretching function that is Argon2id
//! everywhere but in the tests of RFC 9807's vectors.

use std::marker::PhantomData;

use opaque_ke::errors::InternalError;
use opaque_ke::generic_array::{ArrayLength, GenericArray};
pub(crate) use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialFinalization, CredentialRequest, CredentialResponse, Identifiers, RegistrationRequest,
    RegistrationResponse, RegistrationUpload, ServerLogin, ServerLoginParameters, ServerRegistration,
    ServerSetup,
};
use opaque_ke::{Ristretto255, TripleDh, ksf};
use rand_core::CryptoRng;

/// A key-stretching function: OPAQUE hands it the blinded password's hash.
pub(crate) trait Stretch: Default {
    /// Fills `output` from `input`; both have the same length.
    fn stretch(input: &[u8], output: &mut [u8]);
}

/// RFC 9807, section 7: Argon2id(S = zeroes(16), p = 4, T = Nh, m = 2^16, t = 3).
#[derive(Default)]
pub(crate) struct Argon2id;

impl Stretch for Argon2id {
    fn stretch(input: &[u8], output: &mut [u8]) {
        super::argon2id(input, &[0; 16], output);
    }
}

/// The suite with the key-stretching function `S`.
pub(crate) struct Suite<S = Argon2id>(PhantomData<S>);

impl<S: Stretch> opaque_ke::CipherSuite for Suite<S> {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_for_opaque::Sha512>;
    type Ksf = Ksf<S>;
}

/// Ties [`Stretch`] to the crate's trait.
#[derive(Default)]
pub(crate) struct Ksf<S>(PhantomData<S>);

impl<S: Stretch> ksf::Ksf for Ksf<S> {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let mut output = GenericArray::default();
        S::stretch(&input, &mut output);
        Ok(output)
    }
}

/// Lends our random generator to a crate that speaks an older version of the traits.
pub(crate) struct Lend<'a, R: ?Sized>(pub(crate) &'a mut R);

impl<R: CryptoRng + ?Sized> opaque_ke::rand::RngCore for Lend<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), opaque_ke::rand::Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: CryptoRng + ?Sized> opaque_ke::rand::CryptoRng for Lend<'_, R> {}

#[cfg(test)]
mod tests {
    use opaque_ke::rand::RngCore as _;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    use super::*;

    #[test]
    fn what_is_lent_is_the_generator_itself() {
        let (mut ours, mut theirs) = (ChaCha20Rng::seed_from_u64(1), ChaCha20Rng::seed_from_u64(1));
        let mut lent = Lend(&mut theirs);
        assert_eq!(lent.next_u32(), ours.next_u32());
        assert_eq!(lent.next_u64(), ours.next_u64());
        let (mut given, mut expected) = ([0; 9], [0; 9]);
        lent.fill_bytes(&mut given);
        ours.fill_bytes(&mut expected);
        assert_eq!(given, expected);
        lent.try_fill_bytes(&mut given).expect("it never fails");
        ours.fill_bytes(&mut expected);
        assert_eq!(given, expected);
    }
}
