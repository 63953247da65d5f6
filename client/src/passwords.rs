//! Passwords that somebody chooses: which are taken at all, and what one is worth.
//!
//! How many guesses a password takes is estimated outside, where there is room for dictionaries. What so many guesses
//! are worth is said here, once, so that no two front ends judge the same password differently.

use postern_crypto::password::Password;

use crate::{Error, Result};

/// Argon2id at 64 MiB: about ten guesses a second on one core. A thief may well rent a thousand of them.
const GUESSES_PER_SECOND: f64 = 10_000.0;
const DAY_S: f64 = 86_400.0;
const YEAR_S: f64 = 365.0 * DAY_S;

/// A password that somebody has chosen, for an account or for a link.
#[derive(Debug, Clone)]
pub struct ChosenPassword(Password);

impl ChosenPassword {
    /// Takes what was typed.
    ///
    /// # Errors
    /// [`Error::PasswordEmpty`]: such an account would be open to whoever knows its name.
    pub fn parse(typed: &str) -> Result<Self> {
        if typed.is_empty() {
            return Err(Error::PasswordEmpty);
        }
        Ok(Self(Password::new(typed)))
    }

    pub(crate) const fn get(&self) -> &Password {
        &self.0
    }
}

/// How well a password holds against a thief who has the server's data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// How long they would need.
    pub holds_s: f64,
    /// The same, as a person takes it in.
    pub grade: Grade,
}

/// Rough grades, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Guessed within a minute.
    Worthless,
    /// Within a day.
    Weak,
    /// Within a year.
    Fair,
    /// Within a hundred years.
    Strong,
    /// Later.
    VeryStrong,
}

impl Grade {
    /// Whether to let somebody go on with it: after a theft there must be time to choose another.
    #[must_use]
    pub fn is_enough(self) -> bool {
        self >= Self::Fair
    }
}

/// What a password is worth that is found after so many guesses.
#[must_use]
pub fn worth(guesses: f64) -> Verdict {
    let holds_s = guesses / GUESSES_PER_SECOND;
    let grade = match holds_s {
        s if s < 60.0 => Grade::Worthless,
        s if s < DAY_S => Grade::Weak,
        s if s < YEAR_S => Grade::Fair,
        s if s < 100.0 * YEAR_S => Grade::Strong,
        _ => Grade::VeryStrong,
    };
    Verdict { holds_s, grade }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_password_is_refused_and_no_other() {
        assert_eq!(ChosenPassword::parse("").err(), Some(Error::PasswordEmpty));
        for password in [" ", "x", "ä"] {
            assert!(ChosenPassword::parse(password).is_ok(), "{password}");
        }
    }

    #[test]
    fn the_grade_follows_the_time_that_a_thief_would_need() {
        let grades = [
            (1e4, Grade::Worthless),
            (1e8, Grade::Weak),
            (1e10, Grade::Fair),
            (1e13, Grade::Strong),
            (1e16, Grade::VeryStrong),
            (f64::INFINITY, Grade::VeryStrong),
        ];
        for (guesses, grade) in grades {
            assert_eq!(worth(guesses).grade, grade, "{guesses}");
        }
    }

    #[test]
    fn what_does_not_hold_for_a_day_is_not_enough() {
        assert!(!worth(GUESSES_PER_SECOND * (DAY_S - 1.0)).grade.is_enough());
        assert!(worth(GUESSES_PER_SECOND * DAY_S).grade.is_enough());
    }
}
