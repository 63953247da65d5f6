//! What can go wrong, in the terms of the person in front of the device.

use postern_crypto::{LinkMistake, WordsMistake};
use postern_search::Mistake;

use crate::names::NameMistake;

/// The result of everything that this crate does.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure that reaches the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The password does not fit the name; which of them is wrong is not said.
    #[error("the name or the password is wrong")]
    WrongPassword,
    /// Somebody else has the name.
    #[error("that name is taken")]
    NameTaken,
    /// This cannot be the name of an account.
    #[error(
        "a name has 1 to 63 letters a–z or digits, with single dots, hyphens or underscores between them"
    )]
    NameInvalid,
    /// Nobody chose a password.
    #[error("a password cannot be empty")]
    PasswordEmpty,
    /// The server takes no new accounts, or not without an invitation.
    #[error("this server takes no new accounts without an invitation")]
    SignUpClosed,
    /// The recovery words contain a slip.
    #[error(transparent)]
    WordsMangled(#[from] WordsMistake),
    /// The recovery words are in order, but belong to another account.
    #[error("these recovery words do not belong to this account")]
    WordsWrong,
    /// A password was put in force, twice, and opens nothing: the server's part in it is false.
    #[error("the password was set, but the server does not open the account with it")]
    PasswordOpensNothing,
    /// The password has to be given again first.
    #[error("sign in again first: this needs the password anew")]
    FreshSignInNeeded,

    /// Only administrators may do this.
    #[error("only administrators of this server may do this")]
    NotAdministrator,
    /// This cannot be the name of a domain.
    #[error("a domain has labels of letters, digits and hyphens, with dots between them")]
    DomainInvalid,
    /// Somebody else has the address.
    #[error("that address belongs to another account")]
    AddressTaken,
    /// The server's rules for domains and addresses forbid it.
    #[error("this server's rules for domains and addresses forbid that")]
    AddressRefused,

    /// This cannot be the name of a file or folder.
    #[error(transparent)]
    EntryName(#[from] NameMistake),
    /// This cannot be the name of a folder or label for mail.
    #[error("a folder or label has a name of 1 to 60 characters")]
    TagName,
    /// What somebody looks for makes no sense.
    #[error(transparent)]
    Query(#[from] Mistake),
    /// Something of that name is there already.
    #[error("something of that name is there already")]
    EntryExists,
    /// A folder cannot be moved into itself.
    #[error("a folder cannot be moved into itself")]
    IntoItself,
    /// A file stands where a folder is needed, or the other way round.
    #[error("{0}")]
    WrongKind(&'static str),
    /// There is nothing of that name.
    #[error("there is nothing there")]
    NotFound,

    /// The file is not the one with which the interrupted upload began.
    #[error("the file has changed since its upload began")]
    FileDiffers,
    /// The server has dropped what had arrived of an upload.
    #[error("the server has lost what had arrived of it: send it again")]
    UploadLost,
    /// The file cannot be read, or changed while it was read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// What arrived could not be written.
    #[error("the download cannot be saved: {0}")]
    CannotSave(String),
    /// The person stopped it.
    #[error("stopped")]
    Cancelled,
    /// Another process or tab is busy with the same thing.
    #[error("another program is busy with this")]
    Busy,

    /// The text of the link contains a slip.
    #[error(transparent)]
    LinkMangled(#[from] LinkMistake),
    /// Without proof the server does not say whether the link is gone or the password wrong.
    #[error("the link does not work: it is gone, or its password is another")]
    LinkRefused,
    /// The link's time is over.
    #[error("the link has expired")]
    LinkExpired,
    /// The link's downloads are used.
    #[error("all downloads of the link are used")]
    LinkUsedUp,
    /// Its owner took it back.
    #[error("the link was taken back by its owner")]
    LinkRevoked,

    /// The account's space is used.
    #[error("the account's space is used up")]
    QuotaExceeded,
    /// The server has no room left, for anybody.
    #[error("the server's disk is full")]
    StorageFull,
    /// More than the server takes.
    #[error("this is larger than the server takes")]
    TooLarge,
    /// Too many tries.
    #[error("too many tries: wait {retry_after_s} s")]
    RateLimited {
        /// How long to wait.
        retry_after_s: u64,
    },
    /// No answer at all.
    #[error("the server cannot be reached")]
    Offline,
    /// An answer, but not a useful one.
    #[error("the server cannot do this now")]
    Unavailable,
    /// The session has ended.
    #[error("signed out: sign in again")]
    SignedOut,

    /// What the server handed over is not what was put there. One variant on purpose: nothing that a server could
    /// learn from, and never a reason to try again (threats A1, A3; G-ORACLE).
    #[error("what the server handed over is not authentic: nothing of it was used")]
    NotAuthentic,
    /// The device's own store failed.
    #[error("this device's store failed: {0}")]
    Device(String),
    /// Something that cannot happen, or that only a newer program understands.
    #[error("unexpected: {0}")]
    Internal(&'static str),
}

/// Failures by what a caller does about them: the exit codes of a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Anything else.
    Failure,
    /// What was asked for makes no sense as written.
    Usage,
    /// What was asked for is not there.
    NotFound,
    /// What was handed over is not authentic.
    NotAuthentic,
    /// It is there, but not for whoever asks.
    NoAccess,
}

impl Error {
    /// Whether the same may go well a while later: nobody answered, or not now. All else stays as it is until a person
    /// does something, and a refusal to open is never tried again (`G-ORACLE`).
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Offline | Self::Unavailable | Self::RateLimited { .. })
    }

    /// Which class the failure belongs to.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NameInvalid
            | Self::DomainInvalid
            | Self::PasswordEmpty
            | Self::EntryName(_)
            | Self::TagName
            | Self::Query(_)
            | Self::WordsMangled(_)
            | Self::LinkMangled(_)
            | Self::IntoItself => ErrorClass::Usage,
            Self::NotFound => ErrorClass::NotFound,
            Self::NotAuthentic => ErrorClass::NotAuthentic,
            Self::WrongPassword
            | Self::WordsWrong
            | Self::SignUpClosed
            | Self::NotAdministrator
            | Self::FreshSignInNeeded
            | Self::SignedOut
            | Self::LinkRefused
            | Self::LinkExpired
            | Self::LinkUsedUp
            | Self::LinkRevoked => ErrorClass::NoAccess,
            _ => ErrorClass::Failure,
        }
    }

    /// Whether what was asked of the server may have been done all the same: its answer was lost, or was none, or could
    /// not be noted. Who has something that is worth nothing otherwise, such as recovery words, keeps it until they know.
    #[must_use]
    pub const fn leaves_open(&self) -> bool {
        matches!(
            self,
            Self::Offline
                | Self::Unavailable
                | Self::Device(_)
                | Self::NotAuthentic
                | Self::PasswordOpensNothing
        )
    }
}

impl From<postern_crypto::Error> for Error {
    fn from(error: postern_crypto::Error) -> Self {
        match error {
            postern_crypto::Error::CannotOpen => Self::NotAuthentic,
            postern_crypto::Error::Words(mistake) => Self::WordsMangled(mistake),
            postern_crypto::Error::Link(mistake) => Self::LinkMangled(mistake),
        }
    }
}
