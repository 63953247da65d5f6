//! A password that is being chosen, and a word to its owner if it would not hold.

use postern_client::ChosenPassword;
use postern_client::passwords::worth;

use crate::desk::Desk;
use crate::failure::Result;
use crate::secret;

/// The password that an account is to have. `name` is what a thief would try first.
pub(crate) fn choose_password(
    desk: &Desk,
    from_stdin: bool,
    prompt: &str,
    name: &str,
) -> Result<ChosenPassword> {
    let typed = secret::new_password(from_stdin, prompt)?;
    let chosen = ChosenPassword::parse(&typed)?;
    if is_weak(&typed, name) {
        // The choice is left to the person.
        desk.say().note(
            "note: whoever steals the server's data would guess that password within a day; four or five random words \
             are far harder to guess",
        );
    }
    Ok(chosen)
}

fn is_weak(password: &str, name: &str) -> bool {
    let guesses = zxcvbn::zxcvbn(password, &[name]).guesses();
    !worth(guesses as f64).grade.is_enough()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_password_that_everybody_has_is_weak_and_four_unrelated_words_are_not() {
        for weak in [
            "password1234",
            "123456789012345",
            "qwertyuiop[]",
            "ada-lovelace-1815",
        ] {
            assert!(is_weak(weak, "ada-lovelace-1815"), "{weak}");
        }
        assert!(!is_weak("tram orchid glacier button", "ada-lovelace-1815"));
    }
}
