//! A relay between a client and a server that keeps all that the client sent.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Sits in front of a server until the test ends.
pub struct Recorder {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    /// Listens on a free port and passes everything on to `server`.
    pub fn in_front_of(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let sent = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&sent);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is down is for the client to notice: its connection closes.
                let _ = relay(client, server, &record);
            }
        });
        Self { address, sent }
    }

    /// Where clients find the server now.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that clients have sent so far.
    pub fn sent(&self) -> Vec<u8> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn relay(client: TcpStream, server: SocketAddr, sent: &Arc<Mutex<Vec<u8>>>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (client_back, server_back) = (client.try_clone()?, server.try_clone()?);
    let sent = Arc::clone(sent);
    thread::spawn(move || {
        copy(&client, &server, |bytes| {
            sent.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(bytes);
        })
    });
    thread::spawn(move || copy(&server_back, &client_back, |_| ()));
    Ok(())
}

/// Copies until one side has no more, and tells the other so.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut see: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        if length == 0 {
            return to.shutdown(Shutdown::Write);
        }
        see(&buffer[..length]);
        to.write_all(&buffer[..length])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorder_passes_both_ways_and_keeps_what_the_client_said() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let recorder = Recorder::in_front_of(listener.local_addr().expect("an address"));
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client");
            let mut heard = [0; 5];
            client.read_exact(&mut heard).expect("the client's words");
            client.write_all(b"goodbye").expect("an answer");
            heard
        });
        let mut client = TcpStream::connect(recorder.address).expect("the recorder listens");
        client.write_all(b"hello").expect("words");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert_eq!(answer, "goodbye");
        assert_eq!(&server.join().expect("the server ends well"), b"hello");
        assert_eq!(recorder.sent(), b"hello");
    }
}
