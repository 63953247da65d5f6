//! Passwords and other secrets: from a prompt without echo, or from standard input. Never from the arguments, which
//! every user of the machine can list, and the shell keeps.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use console::Term;
use zeroize::Zeroizing;

use crate::failure::{Failure, Result};

/// Longer than any password or link.
const MAX_LINE_BYTES: u64 = 64 << 10;

/// A password that is there already.
pub(crate) fn password(from_stdin: bool, prompt: &str) -> Result<Zeroizing<String>> {
    if from_stdin && !io::stdin().is_terminal() {
        line()
    } else {
        ask(prompt)
    }
}

/// A password that is to be: typed twice if nobody can see what they type.
pub(crate) fn new_password(from_stdin: bool, prompt: &str) -> Result<Zeroizing<String>> {
    if from_stdin && !io::stdin().is_terminal() {
        return line();
    }
    let once = ask(prompt)?;
    let twice = ask("Once more")?;
    if once == twice {
        Ok(once)
    } else {
        Err(Failure::usage("the two differ").advise("Type the same password both times."))
    }
}

/// The next line of standard input.
pub(crate) fn line() -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    io::stdin()
        .lock()
        .take(MAX_LINE_BYTES)
        .read_line(&mut text)
        .map_err(|error| Failure::told(format!("standard input cannot be read: {error}")))?;
    let line = Zeroizing::new(without_end(&text).to_owned());
    if line.is_empty() {
        Err(Failure::usage(
            "standard input holds nothing where a line was expected",
        ))
    } else {
        Ok(line)
    }
}

/// Whether somebody sits there who can be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks something that may be seen.
pub(crate) fn ask_openly(prompt: &str) -> Result<String> {
    let term = Term::stderr();
    term.write_str(&format!("{prompt}: "))
        .and_then(|()| term.read_line())
        .map_err(|_| nobody_there())
}

fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    let term = Term::stderr();
    if !term.is_term() {
        return Err(nobody_there());
    }
    let typed = term
        .write_str(&format!("{prompt}: "))
        .and_then(|()| term.read_secure_line())
        .map(Zeroizing::new)
        .map_err(|_| nobody_there())?;
    if typed.is_empty() {
        Err(Failure::usage("nothing was typed"))
    } else {
        Ok(typed)
    }
}

fn nobody_there() -> Failure {
    Failure::usage("a password is needed, and there is no terminal to ask for it")
        .advise("Give it on standard input with --password-stdin.")
}

fn without_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_line_is_taken_off() {
        for (line, password) in [(" a b \n", " a b "), ("a\r\n", "a"), ("a", "a"), ("\n", "")] {
            assert_eq!(without_end(line), password);
        }
    }
}
