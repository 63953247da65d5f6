//! What went wrong, said to a person, and as an exit code to a script.

use std::io;
use std::process::ExitCode;

use postern_client::{Error, ErrorClass};

/// The result of every command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something failed.
    Told {
        class: ErrorClass,
        /// What happened.
        what: String,
        /// What to do about it.
        advice: Vec<String>,
    },
    /// Ctrl-C. What to do to go on.
    Stopped(&'static str),
    /// Whoever reads our output has had enough of it (`postern ls | head`): nothing to report.
    Enough,
}

/// Adds what it was about: "/letter: there is nothing there".
pub(crate) trait About<T> {
    fn about(self, subject: impl FnOnce() -> String) -> Result<T>;
}

impl Failure {
    /// A failure of no special class.
    pub(crate) fn told(what: impl Into<String>) -> Self {
        Self::of(ErrorClass::Failure, what)
    }

    /// What was typed makes no sense.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::of(ErrorClass::Usage, what)
    }

    pub(crate) fn of(class: ErrorClass, what: impl Into<String>) -> Self {
        Self::Told {
            class,
            what: what.into(),
            advice: Vec::new(),
        }
    }

    /// With what to do about it.
    pub(crate) fn advise(mut self, text: impl Into<String>) -> Self {
        if let Self::Told { advice, .. } = &mut self {
            advice.push(text.into());
        }
        self
    }

    /// With how to go on, if trying again makes sense: what is refused or not authentic stays so.
    pub(crate) fn resumable(self, how: &'static str) -> Self {
        match self {
            Self::Told {
                class: ErrorClass::Failure,
                ..
            } => self.advise(how),
            other => other,
        }
    }

    /// Whether something else should have been typed.
    pub(crate) const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Told {
                class: ErrorClass::Usage,
                ..
            }
        )
    }

    /// Says it, and answers the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        // There is nobody left to tell if standard error is closed.
        let _ = self.write(&mut io::stderr());
        ExitCode::from(self.code())
    }

    fn write(&self, to: &mut impl io::Write) -> io::Result<()> {
        match self {
            Self::Told { what, advice, .. } => {
                writeln!(to, "postern: {what}")?;
                advice.iter().try_for_each(|advice| writeln!(to, "  {advice}"))
            }
            Self::Stopped(advice) => writeln!(to, "postern: stopped\n  {advice}"),
            Self::Enough => Ok(()),
        }
    }

    const fn code(&self) -> u8 {
        match self {
            Self::Enough => 0,
            // As a shell reports a program that Ctrl-C has ended.
            Self::Stopped(_) => 130,
            Self::Told { class, .. } => match class {
                ErrorClass::Failure => 1,
                ErrorClass::Usage => 2,
                ErrorClass::NotFound => 3,
                ErrorClass::NotAuthentic => 4,
                ErrorClass::NoAccess => 5,
            },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Told {
            class: error.class(),
            what: error.to_string(),
            advice: advice(&error).into_iter().map(str::to_owned).collect(),
        }
    }
}

impl<T, E: Into<Failure>> About<T> for std::result::Result<T, E> {
    fn about(self, subject: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| match error.into() {
            Failure::Told { class, what, advice } => Failure::Told {
                class,
                what: format!("{}: {what}", subject()),
                advice,
            },
            other => other,
        })
    }
}

/// A failure to write an answer.
pub(crate) fn unwritten(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Enough,
        _ => Failure::told(format!("the answer cannot be written: {error}")),
    }
}

fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::NameTaken => "Choose another name.",
        Error::SignUpClosed => "Ask whoever runs it for an invitation, and give it with --invite.",
        Error::WordsMangled(_) => "Compare them with what you kept: 24 words, in their order.",
        Error::WordsWrong => "Compare the name, and look for the words of this account.",
        Error::PasswordOpensNothing => {
            "Set one with the recovery words (`postern recover NAME`), and tell whoever runs the server."
        }
        Error::SignedOut => "Sign in with `postern login NAME`.",
        Error::LinkRefused => "Compare the password, or ask whoever gave you the link.",
        Error::LinkMangled(_) => "Copy the whole link, from http to its last letter, and put it in quotes.",
        Error::LinkExpired | Error::LinkUsedUp | Error::LinkRevoked => {
            "Ask whoever gave you the link for a new one."
        }
        Error::QuotaExceeded => {
            "Remove something with `postern rm`, or ask whoever runs the server for more."
        }
        Error::StorageFull => "Tell whoever runs the server: only they can make room.",
        Error::Offline => "Is the address right (--server), is it running, is this machine on the network?",
        Error::Unavailable => "Try again later.",
        Error::Busy => "Wait until it is done, then try again.",
        Error::NotAuthentic => {
            "The server, or something on the way, changed or withheld data. Trying again will not help; tell whoever runs it."
        }
        Error::Device(_) => "Look at the profile folder (--profile): is the disk full, is the folder yours?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(failure: &Failure) -> String {
        let mut text = Vec::new();
        failure.write(&mut text).expect("memory");
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn a_failure_says_what_it_is_about_and_what_to_do() {
        let failed: std::result::Result<(), Error> = Err(Error::SignedOut);
        let failure = failed.about(|| "/letter".to_owned()).expect_err("it failed");
        assert_eq!(
            said(&failure),
            "postern: /letter: signed out: sign in again\n  Sign in with `postern login NAME`.\n"
        );
        assert_eq!(failure.code(), 5);
    }

    #[test]
    fn each_class_has_its_exit_code() {
        let codes = [
            (Failure::told("x"), 1),
            (Failure::usage("x"), 2),
            (Error::NotFound.into(), 3),
            (Error::NotAuthentic.into(), 4),
            (Error::WrongPassword.into(), 5),
            (Failure::Stopped("x"), 130),
            (Failure::Enough, 0),
        ];
        for (failure, code) in codes {
            assert_eq!(failure.code(), code, "{failure:?}");
        }
    }

    #[test]
    fn who_stops_reading_hears_nothing() {
        let failure = unwritten(&io::ErrorKind::BrokenPipe.into());
        assert_eq!(said(&failure), "");
    }
}
