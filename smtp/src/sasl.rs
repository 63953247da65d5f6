//! Signing in with name and password: the mechanisms `PLAIN` (RFC 4616) and `LOGIN`, which is older and still in use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::reply::{Reply, say};

/// What somebody says who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Zeroizing<String>,
}

/// A sign-in that has begun.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Exchange {
    Plain,
    LoginName,
    LoginPassword { name: String },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say this, and wait for a line.
    Ask(Exchange, Reply),
    Done(Credentials),
    Refuse(Reply),
}

/// Begins with what came behind `AUTH`.
pub(crate) fn begin(mechanism: &str, initial: Option<&str>) -> Step {
    let exchange = match mechanism {
        "PLAIN" => Exchange::Plain,
        "LOGIN" => Exchange::LoginName,
        _ => return Step::Refuse(say::MECHANISM),
    };
    match initial {
        // An empty response is written so (RFC 4954, 4).
        Some("=") => exchange.hear(""),
        Some(said) => exchange.hear(said),
        None => exchange.ask(),
    }
}

impl Exchange {
    fn ask(self) -> Step {
        let prompt = match &self {
            Self::Plain => "",
            Self::LoginName => "VXNlcm5hbWU6",
            Self::LoginPassword { .. } => "UGFzc3dvcmQ6",
        };
        Step::Ask(self, Reply::bare(334, prompt))
    }

    /// Goes on with a line.
    pub(crate) fn hear(self, line: &str) -> Step {
        if line == "*" {
            return Step::Refuse(say::CANCELLED);
        }
        let Some(said) = decode(line) else {
            return Step::Refuse(say::BAD_BASE64);
        };
        match self {
            Self::Plain => plain(&said),
            Self::LoginName => Self::LoginPassword {
                name: said.to_string(),
            }
            .ask(),
            Self::LoginPassword { name } => Step::Done(Credentials { name, password: said }),
        }
    }
}

fn decode(line: &str) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(STANDARD.decode(line).ok()?);
    let text = std::str::from_utf8(&bytes).ok()?;
    Some(Zeroizing::new(text.to_owned()))
}

/// `on whose behalf NUL who NUL password`, of which the first may be empty or the same as the second.
fn plain(said: &str) -> Step {
    let mut parts = said.split('\0');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(behalf), Some(name), Some(password), None) if behalf.is_empty() || behalf == name => {
            Step::Done(Credentials {
                name: name.to_owned(),
                password: Zeroizing::new(password.to_owned()),
            })
        }
        (_, _, Some(_), None) => Step::Refuse(say::BAD_CREDENTIALS),
        _ => Step::Refuse(say::BAD_PARAMETERS),
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(text: &str) -> String {
        STANDARD.encode(text)
    }

    fn done(name: &str, password: &str) -> Step {
        Step::Done(Credentials {
            name: name.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        })
    }

    #[test]
    fn plain_comes_in_one_line_or_in_two() {
        let said = coded("\0ada\0pass word");
        assert_eq!(begin("PLAIN", Some(&said)), done("ada", "pass word"));
        let Step::Ask(exchange, reply) = begin("PLAIN", None) else {
            panic!("it has to ask");
        };
        assert_eq!(reply, Reply::bare(334, ""));
        assert_eq!(exchange.hear(&coded("ada\0ada\0p")), done("ada", "p"));
    }

    #[test]
    fn login_asks_twice() {
        let Step::Ask(exchange, _) = begin("LOGIN", None) else {
            panic!("it has to ask");
        };
        let Step::Ask(exchange, reply) = exchange.hear(&coded("ada")) else {
            panic!("it has to ask again");
        };
        assert_eq!(reply, Reply::bare(334, coded("Password:")));
        assert_eq!(exchange.hear(&coded("")), done("ada", ""));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(begin("GSSAPI", None), Step::Refuse(say::MECHANISM));
        assert_eq!(begin("PLAIN", Some("=")), Step::Refuse(say::BAD_PARAMETERS));
        assert_eq!(begin("PLAIN", Some("!")), Step::Refuse(say::BAD_BASE64));
        assert_eq!(begin("PLAIN", Some("/w==")), Step::Refuse(say::BAD_BASE64));
        assert_eq!(
            begin("PLAIN", Some(&coded("a\0b\0c"))),
            Step::Refuse(say::BAD_CREDENTIALS)
        );
        assert_eq!(
            begin("PLAIN", Some(&coded("a\0b\0c\0d"))),
            Step::Refuse(say::BAD_PARAMETERS)
        );
        assert_eq!(Exchange::Plain.hear("*"), Step::Refuse(say::CANCELLED));
        assert!(!format!("{:?}", begin("PLAIN", Some(&coded("\0a\0secret")))).contains("secret"));
    }
}
