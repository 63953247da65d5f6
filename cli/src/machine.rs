//! This machine, as the client needs it: its clock, its randomness, its network.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use postern_client::http::{Fault, Http, Network, Request, Response, Retry};
use postern_client::protocol::TimeMs;
use postern_client::{Clock, Entropy};

use crate::failure::{Failure, Result};
use crate::say::Say;

/// The system's clock.
pub(crate) struct SystemClock;

/// The system's generator.
pub(crate) struct SystemEntropy;

/// Tells the person once that the server does not answer, instead of leaving them alone with a still bar.
struct Patient {
    network: Network,
    server: String,
    say: Rc<Say>,
    told: Cell<bool>,
}

#[async_trait(?Send)]
impl Clock for SystemClock {
    fn now(&self) -> TimeMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep_ms(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a system without randomness cannot keep secrets");
    }
}

/// The way to `server`.
pub(crate) fn network(server: &str, say: &Rc<Say>) -> Result<Rc<dyn Http>> {
    let network = Network::new(server).map_err(|_| no_address(server))?;
    let patient = Patient {
        network,
        server: server.to_owned(),
        say: Rc::clone(say),
        told: Cell::new(false),
    };
    Ok(Rc::new(Retry::new(
        patient,
        Rc::new(SystemClock),
        Rc::new(SystemEntropy),
    )))
}

fn no_address(server: &str) -> Failure {
    Failure::usage(format!("{server} is not a server's address"))
        .advise("It looks like https://files.example or http://127.0.0.1:8080.")
}

#[async_trait(?Send)]
impl Http for Patient {
    async fn send(&self, request: Request) -> std::result::Result<Response, Fault> {
        let outcome = self.network.send(request).await;
        match outcome {
            Err(Fault::NoAnswer) if !self.told.replace(true) => {
                self.say
                    .note(&format!("no answer from {}: trying again …", self.server));
            }
            Ok(_) => self.told.set(false),
            Err(_) => {}
        }
        outcome
    }
}
