use std::borrow::Cow;

/// What the server says: three digits, an enhanced status (RFC 3463) where one belongs, and a line of text or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    /// As in `5.1.1`; empty where none is sent (greeting, `EHLO`, `334`, `354`).
    status: &'static str,
    text: Cow<'static, str>,
}

impl Reply {
    /// A reply with an enhanced status. `text` may have several lines.
    ///
    /// What is in `text` that could end a line early is not sent: what a peer said may be quoted.
    pub fn new(code: u16, status: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        Self { code, status, text }
    }

    pub(crate) fn bare(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, "", text)
    }

    /// The three digits.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut lines = self.text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { '-' } else { ' ' };
            let gap = if self.status.is_empty() { "" } else { " " };
            let line = line.replace(|sign: char| sign.is_control(), "?");
            let whole = format!("{}{separator}{}{gap}{line}\r\n", self.code, self.status);
            out.extend_from_slice(whole.as_bytes());
        }
    }
}

/// What the protocol itself has to say.
pub(crate) mod say {
    use super::Reply;

    pub(crate) const fn fixed(code: u16, status: &'static str, text: &'static str) -> Reply {
        let text = std::borrow::Cow::Borrowed(text);
        Reply { code, status, text }
    }

    pub(crate) const BYE: Reply = fixed(221, "2.0.0", "Goodbye");
    pub(crate) const START_TLS: Reply = fixed(220, "2.0.0", "Ready to start TLS");
    pub(crate) const SIGNED_IN: Reply = fixed(235, "2.7.0", "Signed in");
    pub(crate) const OK: Reply = fixed(250, "2.0.0", "OK");
    pub(crate) const SENDER: Reply = fixed(250, "2.1.0", "Sender accepted");
    pub(crate) const RECIPIENT: Reply = fixed(250, "2.1.5", "Recipient accepted");
    pub(crate) const CHUNK: Reply = fixed(250, "2.0.0", "Chunk received");
    pub(crate) const MESSAGE: Reply = fixed(250, "2.0.0", "Message accepted");
    pub(crate) const NOT_VERIFIED: Reply =
        fixed(252, "2.1.5", "Not verified here; send, and it will be tried");
    pub(crate) const HELP: Reply = fixed(214, "2.0.0", "See RFC 5321");
    pub(crate) const GO_ON: Reply = fixed(354, "", "Go on; end with <CR><LF>.<CR><LF>");

    pub(crate) const TOO_SLOW: Reply = fixed(421, "4.4.2", "Nothing was said for too long");
    pub(crate) const TOO_LONG: Reply = fixed(421, "4.7.0", "This connection has taken too long");
    pub(crate) const TOO_MANY_ERRORS: Reply = fixed(421, "4.7.0", "Too many errors");
    pub(crate) const ENOUGH_MESSAGES: Reply = fixed(421, "4.7.0", "Enough messages for one connection");
    pub(crate) const TOO_MANY_RECIPIENTS: Reply = fixed(
        452,
        "4.5.3",
        "Too many recipients; send to the others in another message",
    );

    pub(crate) const UNKNOWN: Reply = fixed(500, "5.5.1", "Unknown command");
    pub(crate) const LINE_TOO_LONG: Reply = fixed(500, "5.5.6", "Line too long");
    pub(crate) const NOT_TEXT: Reply = fixed(500, "5.5.2", "A line is UTF-8");
    pub(crate) const NO_PARAMETERS: Reply = fixed(501, "5.5.4", "This command takes no parameters");
    pub(crate) const BAD_PARAMETERS: Reply = fixed(501, "5.5.4", "Malformed parameters");
    pub(crate) const BAD_PATH: Reply = fixed(501, "5.5.4", "An address stands in <angle brackets>");
    pub(crate) const BAD_SENDER: Reply = fixed(501, "5.1.7", "Malformed sender address");
    pub(crate) const BAD_RECIPIENT: Reply = fixed(501, "5.1.3", "Malformed recipient address");
    pub(crate) const BAD_BASE64: Reply = fixed(501, "5.5.2", "Malformed base64");
    pub(crate) const CANCELLED: Reply = fixed(501, "5.7.0", "Sign-in cancelled");
    pub(crate) const NOT_OFFERED: Reply = fixed(502, "5.5.1", "Not offered here");
    pub(crate) const OUT_OF_ORDER: Reply = fixed(503, "5.5.1", "Not at this point");
    pub(crate) const HELLO_FIRST: Reply = fixed(503, "5.5.1", "Say hello first");
    pub(crate) const NO_RECIPIENT: Reply = fixed(554, "5.5.1", "No valid recipients");
    pub(crate) const MECHANISM: Reply = fixed(504, "5.5.4", "Unknown mechanism");
    pub(crate) const TLS_FIRST: Reply = fixed(538, "5.7.11", "Start TLS first");
    pub(crate) const SIGN_IN_FIRST: Reply = fixed(530, "5.7.0", "Sign in first");
    pub(crate) const BAD_CREDENTIALS: Reply = fixed(535, "5.7.8", "Name or password are wrong");
    pub(crate) const NEEDS_UTF8: Reply = fixed(553, "5.6.7", "An address like this needs SMTPUTF8");
    pub(crate) const NOT_SUPPORTED: Reply = fixed(555, "5.5.4", "Unsupported parameter");
    pub(crate) const TOO_LARGE: Reply = fixed(552, "5.3.4", "The message is too large");

    pub(crate) const BARE: Reply = fixed(521, "5.5.2", "A line ends with <CR><LF>; neither may stand alone");
    pub(crate) const BARE_TEXT: Reply = fixed(
        554,
        "5.6.0",
        "A line of a message ends with <CR><LF>; neither may stand alone",
    );
    pub(crate) const NOT_YOUR_TURN: Reply = fixed(554, "5.5.0", "Wait for the reply before you go on");
}
