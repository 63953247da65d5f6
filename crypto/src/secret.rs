//! Keys, one type for each purpose, so that the wrong one cannot be passed.

use zeroize::Zeroize;

use crate::primitives;

/// A 32-byte key type: random or given, wiped when dropped, silent in logs, compared in constant time.
macro_rules! secret_key {
    ($($(#[$doc:meta])* $vis:vis $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        $vis struct $name([u8; 32]);

        impl $name {
            /// A key that was kept elsewhere.
            #[must_use]
            $vis fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes, for whoever must store or send them to a trusted place.
            #[must_use]
            $vis fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                zeroize::Zeroize::zeroize(&mut self.0);
            }
        }

        $crate::secret::secret_basics!($vis $name);
    )+};
}
pub(crate) use secret_key;

/// What every secret is that comes from 32 bytes, whatever it holds: random, compared in constant time, never shown.
macro_rules! secret_basics {
    ($vis:vis $name:ident) => {
        impl $name {
            /// A fresh random key.
            #[must_use]
            $vis fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
                Self::from_bytes($crate::secret::random(rng))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::primitives::equal(self.expose(), other.expose())
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}
pub(crate) use secret_basics;

secret_key! {
    /// The root of an account; lives only in key slots.
    pub AccountKey;
    /// Key-encryption key: opens one kind of key slot.
    pub Kek;
    /// DK: the key of a folder, under which the records of its children are sealed.
    pub FolderKey;
    /// FK: the key of one version of one content.
    pub ContentKey;
    /// Opens what the owner of an account notes on messages.
    pub MailKey;
    /// Opens the links that an account keeps.
    pub ArchiveKey;
    /// Opens the grant of a link.
    pub LinkWrapKey;
}

/// `N` random bytes.
pub(crate) fn random<const N: usize, R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A 64-byte secret such as OPAQUE's keys: as [`secret_key`], but never made here.
#[derive(Clone)]
pub(crate) struct Secret64(pub(crate) [u8; 64]);

impl Drop for Secret64 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret64 {
    fn eq(&self, other: &Self) -> bool {
        primitives::equal(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_64_bytes_are_equal_if_all_of_them_are() {
        let (one, mut other) = (Secret64([1; 64]), Secret64([1; 64]));
        assert!(one == other);
        other.0[63] = 2;
        assert!(one != other);
    }
}
