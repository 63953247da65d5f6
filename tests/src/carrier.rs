//! Somebody who brings mail by SMTP, and may say whatever they like.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any server here takes to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a mail server that has greeted.
pub struct Carrier {
    line: BufReader<TcpStream>,
}

impl Carrier {
    /// Connects, and says hello.
    ///
    /// # Errors
    /// Those of the connection, as of all that a carrier does.
    pub fn to(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut carrier = Self {
            line: BufReader::new(stream),
        };
        carrier.hears()?;
        carrier.says("EHLO sender.example")?;
        Ok(carrier)
    }

    /// Sends a command and hears the reply.
    pub fn says(&mut self, command: &str) -> io::Result<String> {
        self.sends(format!("{command}\r\n").as_bytes())?;
        self.hears()
    }

    /// Sends what it is given, and does not wait.
    pub fn sends(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.line.get_mut().write_all(bytes)
    }

    /// The next reply, with all its lines.
    pub fn hears(&mut self) -> io::Result<String> {
        let mut reply = String::new();
        loop {
            let begins = reply.len();
            if self.line.read_line(&mut reply)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if reply.as_bytes().get(begins + 3) != Some(&b'-') {
                return Ok(reply);
            }
        }
    }

    /// All that is said until the other side closes the connection.
    pub fn hears_the_rest(&mut self) -> io::Result<String> {
        let mut rest = Vec::new();
        match self.line.read_to_end(&mut rest) {
            // Who is cut off with something unread is told so more harshly.
            Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error),
            _ => Ok(String::from_utf8_lossy(&rest).into_owned()),
        }
    }

    /// Brings a message, whose lines end with CR LF. Returns what was said to it, or to what was refused before.
    pub fn brings(&mut self, to: &str, message: &[u8]) -> io::Result<String> {
        match self.announces(to, "")? {
            Some(refusal) => Ok(refusal),
            None => self.ends(message),
        }
    }

    /// Says that a message comes, up to its text, with these parameters of `MAIL`. Returns a refusal, if there is one.
    pub fn announces(&mut self, to: &str, parameters: &str) -> io::Result<Option<String>> {
        let commands = [
            (format!("MAIL FROM:<bob@sender.example>{parameters}"), "250"),
            (format!("RCPT TO:<{to}>"), "250"),
            ("DATA".to_owned(), "354"),
        ];
        for (command, expected) in commands {
            let reply = self.says(&command)?;
            if !reply.starts_with(expected) {
                self.says("RSET")?;
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// Sends the text that was announced, and hears what becomes of it.
    pub fn ends(&mut self, message: &[u8]) -> io::Result<String> {
        let mut stuffed = Vec::with_capacity(message.len() + 3);
        for line in message.split_inclusive(|&byte| byte == b'\n') {
            if line.starts_with(b".") {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
        }
        stuffed.extend_from_slice(b".\r\n");
        self.sends(&stuffed)?;
        self.hears()
    }
}
