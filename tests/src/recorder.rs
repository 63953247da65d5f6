//! A relay between a client and a server that keeps all that the client sent.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Sits in front of a server until the test ends.
pub struct Recorder {
    address: SocketAddr,
    record: Arc<Record>,
}

#[derive(Default)]
struct Record {
    sent: Mutex<Sent>,
    released: Condvar,
}

#[derive(Default)]
struct Sent {
    bytes: Vec<u8>,
    hold_at: Option<usize>,
}

impl Recorder {
    /// Listens on a free port and passes everything on to `server`.
    pub fn in_front_of(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let record = Arc::new(Record::default());
        let recorder = Self {
            address,
            record: Arc::clone(&record),
        };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is down is for the client to notice: its connection closes.
                let _ = relay(client, server, Arc::clone(&record));
            }
        });
        recorder
    }

    /// Where clients find the server now.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that clients have sent so far.
    pub fn sent(&self) -> Vec<u8> {
        self.record.sent().bytes.clone()
    }

    /// How many bytes that is.
    pub fn sent_bytes(&self) -> usize {
        self.record.sent().bytes.len()
    }

    /// Passes on about this many more bytes from clients, and then none.
    pub fn hold_after(&self, bytes: usize) {
        let mut sent = self.record.sent();
        sent.hold_at = Some(sent.bytes.len() + bytes);
    }

    /// True once it holds something back.
    pub fn is_holding(&self) -> bool {
        self.record.sent().is_full()
    }

    /// Passes on everything again.
    pub fn release(&self) {
        self.record.sent().hold_at = None;
        self.record.released.notify_all();
    }
}

impl Record {
    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps `bytes`, and returns when they may be passed on.
    fn keep(&self, bytes: &[u8]) {
        let mut sent = self.sent();
        sent.bytes.extend_from_slice(bytes);
        let held = self.released.wait_while(sent, |sent| sent.is_full());
        drop(held.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Sent {
    fn is_full(&self) -> bool {
        self.hold_at.is_some_and(|limit| self.bytes.len() >= limit)
    }
}

fn relay(client: TcpStream, server: SocketAddr, record: Arc<Record>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (client_back, server_back) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || copy(&client, &server, |bytes| record.keep(bytes)));
    thread::spawn(move || copy(&server_back, &client_back, |_| ()));
    Ok(())
}

/// Copies until one side has no more, and tells the other so.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut see: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        see(&buffer[..length]);
        if length == 0 || to.write_all(&buffer[..length]).is_err() {
            // Whoever is left must not wait for the one that is gone.
            let _ = from.shutdown(Shutdown::Read);
            return to.shutdown(Shutdown::Write);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorder_holds_back_until_it_is_released() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let recorder = Recorder::in_front_of(listener.local_addr().expect("an address"));
        recorder.hold_after(3);
        let mut client = TcpStream::connect(recorder.address).expect("the recorder listens");
        client.write_all(b"hello").expect("words");
        client.shutdown(Shutdown::Write).expect("the end of the words");
        while !recorder.is_holding() {
            thread::yield_now();
        }
        let (mut server, _) = listener.accept().expect("a client");
        server.set_nonblocking(true).expect("sockets can be asked");
        assert!(server.read(&mut [0]).is_err(), "nothing has arrived yet");
        server.set_nonblocking(false).expect("sockets can be waited for");
        recorder.release();
        let mut heard = String::new();
        server.read_to_string(&mut heard).expect("the client's words");
        assert_eq!(heard, "hello");
    }

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
