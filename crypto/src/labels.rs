//! Every name under which a key is derived, a text is signed or a hash is taken.
//!
//! One table, because the separation of protocols rests on it (threat A14): a label occurs once, and none
//! is the beginning of another.

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A use of a key, of a signature or of a hash.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Label {
            $($(#[$doc])* $name,)+
        }

        impl Label {
            /// The whole table.
            pub const ALL: &[Label] = &[$(Label::$name,)+];

            /// The text that goes into derivations, after [`PREFIX`].
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Label::$name => $text,)+
                }
            }

            /// [`PREFIX`] and the text in one.
            #[must_use]
            pub const fn full(self) -> &'static str {
                match self {
                    $(Label::$name => concat!("postern/v1/", $text),)+
                }
            }
        }
    };
}

/// What every label is prefixed with.
pub const PREFIX: &str = "postern/v1/";

labels! {
    /// Keys of a sealed stream, from its content key.
    Stream = "stream",

    /// Keys of a box that holds an account key.
    BoxSlot = "cbox/keyslot",
    /// Keys of the box of an identity seed.
    BoxIdentity = "cbox/identity",
    /// Keys of the box of a sealing seed.
    BoxSealing = "cbox/sealing",
    /// Keys of the box of a root folder.
    BoxRoot = "cbox/root",
    /// Keys of the box of an account's state.
    BoxState = "cbox/state",
    /// Keys of the box of where an account's mail begins.
    BoxMailRoot = "cbox/mail-root",
    /// Keys of the box of a node record.
    BoxNode = "cbox/node",
    /// Keys of the box that a link opens.
    BoxLinkGrant = "cbox/link-grant",
    /// Keys of the box in which an owner keeps a link.
    BoxLinkArchive = "cbox/link-archive",
    /// Keys of the box of a message's summary.
    BoxMailSummary = "cbox/mail-summary",
    /// Keys of the box of what is noted on a message.
    BoxMailMark = "cbox/mail-mark",
    /// Keys of the box of what an owner keeps of the mailbox as a whole.
    BoxMailManifest = "cbox/mail-manifest",
    /// Keys of the box of the key of a message that its owner put there.
    BoxMailEnvelope = "cbox/mail-envelope",
    /// Keys of the box in which a server keeps a login that is under way.
    BoxAttempt = "cbox/attempt",
    /// Keys of the box in which a server keeps a recovery that is under way.
    BoxRecovery = "cbox/recovery",

    /// Key-encryption key, from OPAQUE's export key.
    KekPassword = "kek/password",
    /// Key-encryption key, from the recovery key.
    KekRecovery = "kek/recovery",
    /// Seed of the key that answers a recovery challenge.
    RecoveryAuth = "recovery/auth",
    /// What OPAQUE takes for the password where there is an account secret.
    AccountSecret = "password/account-secret",

    /// Wrap key of the identity seed.
    WrapIdentity = "account/identity-wrap",
    /// Wrap key of the sealing seed.
    WrapSealing = "account/sealing-wrap",
    /// Wrap key of the root folder.
    WrapRoot = "account/root-wrap",
    /// Wrap key of the state.
    WrapState = "account/state-wrap",
    /// Wrap key of where the mail begins.
    WrapMailRoot = "account/mail-root-wrap",
    /// Wrap key of the archived links.
    WrapArchive = "account/link-archive",

    /// What proves to the server that somebody holds a link.
    LinkAuth = "link/auth",
    /// What opens the grant of a link.
    LinkWrap = "link/wrap",

    /// Identifier of an account that does not exist.
    FakeAccount = "login/fake-account",
    /// Seed of the recovery key of an account that does not exist.
    FakeRecovery = "login/fake-recovery",

    /// HPKE: a letter from one identity to another.
    Letter = "hpke/letter",
    /// HPKE: the envelope of a message that a gateway took in.
    Mail = "hpke/mail",

    /// Signature over a directory statement.
    SignDirectory = "sign/directory",
    /// Signature over a volume head.
    SignHead = "sign/head",
    /// Signature over a recovery challenge.
    SignRecovery = "sign/recovery",
    /// Signature inside a letter.
    SignLetter = "sign/letter",
    /// Signature inside the envelope of a message.
    SignMail = "sign/mail",

    /// Hash of a directory statement.
    HashStatement = "hash/statement",
    /// Hash of a signed volume head.
    HashHead = "hash/volume-head",
    /// Hash of the list of members.
    HashMembers = "hash/members",
    /// Element of a record in the set hash.
    HashRecord = "hash/record",
    /// Hash of the state of the set hash.
    HashSet = "hash/set",
    /// Hash of the sealed summary of a message.
    HashMailSummary = "hash/mail-summary",
    /// By what a gateway knows a message again that is brought twice.
    HashMailFingerprint = "hash/mail-fingerprint",
    /// By what a sealing key is named.
    HashSealingKey = "hash/sealing-key",
    /// Checksum of a link's text.
    HashLinkText = "hash/link-text",
    /// What a server keeps of a link's proof.
    HashLinkAuth = "hash/link-auth",
    /// What a server keeps of a bearer token.
    HashToken = "hash/token",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a14_labels_are_unique_and_none_begins_another() {
        for (index, label) in Label::ALL.iter().enumerate() {
            for other in &Label::ALL[index + 1..] {
                let (one, two) = (label.text(), other.text());
                assert!(!one.starts_with(two) && !two.starts_with(one), "{one} and {two}");
            }
        }
    }

    #[test]
    fn labels_are_plain_and_carry_the_prefix() {
        for label in Label::ALL {
            assert_eq!(label.full(), format!("{PREFIX}{}", label.text()));
            let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '/' | '-');
            assert!(label.text().chars().all(plain), "{}", label.text());
        }
    }
}
