//! What a program gives to this crate: time and randomness as arguments, and whatever else has to be real.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use async_trait::async_trait;
use postern_crypto::rand_core::{CryptoRng, TryCryptoRng, TryRng};
use postern_protocol::TimeMs;

use crate::device::Device;
use crate::http::Http;

/// What time it is.
#[async_trait(?Send)]
pub trait Clock {
    /// Now.
    fn now(&self) -> TimeMs;
    /// Waits.
    async fn sleep_ms(&self, ms: u64);
    /// Waits for a line that is away: as long, or until this machine hears that it is back.
    async fn await_line_ms(&self, ms: u64) {
        self.sleep_ms(ms).await;
    }
}

/// Random bytes fit for keys.
pub trait Entropy {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Any generator fit for keys is a source of entropy.
impl<R: CryptoRng> Entropy for RefCell<R> {
    fn fill(&self, bytes: &mut [u8]) {
        self.borrow_mut().fill_bytes(bytes);
    }
}

/// Everything outside that this crate works with. Cheap to clone.
#[derive(Clone)]
pub struct Surroundings {
    /// The way to the server.
    pub http: Rc<dyn Http>,
    /// The server at the end of it, such as `https://files.example`: what it alone may see is kept under its name.
    pub origin: String,
    /// What this device remembers.
    pub device: Rc<dyn Device>,
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Randomness.
    pub entropy: Rc<dyn Entropy>,
    /// What this device calls itself in the list of sessions.
    pub label: String,
}

impl Surroundings {
    /// The randomness in the form that the crypto crate takes.
    #[must_use]
    pub fn rng(&self) -> Rng<'_> {
        Rng(&*self.entropy)
    }

    /// 16 random bytes: a new name for something.
    #[must_use]
    pub fn new_id<T: From<[u8; 16]>>(&self) -> T {
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        T::from(id)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> TimeMs {
        self.clock.now()
    }
}

/// [`Entropy`] as the crypto crate takes it.
pub struct Rng<'a>(pub(crate) &'a dyn Entropy);

impl TryRng for Rng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Rng<'_> {}
