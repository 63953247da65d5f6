//! Who is asked for DNS, and what was answered.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use mail_auth::hickory_resolver::system_conf::read_system_conf;
use mail_auth::{MessageAuthenticator, ResolverCache};

/// How many answers of each kind are kept.
pub(crate) const MOST_ANSWERS: usize = 10_000;

/// Asks DNS. Clones ask the same servers, and share what they answered.
#[derive(Clone)]
pub struct Resolver(pub(crate) MessageAuthenticator);

impl Resolver {
    /// Asks whom the system asks.
    ///
    /// # Errors
    /// If the system does not say whom.
    pub fn from_system() -> io::Result<Self> {
        let (config, options) = system()?;
        Self::with(config, options)
    }

    /// Asks this server, by UDP and, where an answer is too long for that, by TCP.
    ///
    /// # Errors
    /// If the system gives nothing to ask with.
    pub fn asking(server: SocketAddr) -> io::Result<Self> {
        let (config, options) = only(server);
        Self::with(config, options)
    }

    /// Asks `server`, or whom the system asks, and remembers nothing: for who wants to see what has changed. What a file of
    /// this machine says does not count, since others do not see it.
    ///
    /// # Errors
    /// As the others.
    pub fn without_memory(server: Option<SocketAddr>) -> io::Result<Self> {
        let (config, mut options) = match server {
            Some(server) => only(server),
            None => system()?,
        };
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        Self::with(config, options)
    }

    fn with(config: ResolverConfig, options: ResolverOpts) -> io::Result<Self> {
        let resolver = MessageAuthenticator::new(config, options).map_err(io::Error::other)?;
        Ok(Self(resolver))
    }
}

/// Whom the system asks, and how.
fn system() -> io::Result<(ResolverConfig, ResolverOpts)> {
    read_system_conf().map_err(io::Error::other)
}

fn only(server: SocketAddr) -> (ResolverConfig, ResolverOpts) {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut options = ResolverOpts::default();
    // Whoever names a server wants its answers, and not those of a file.
    options.use_hosts_file = ResolveHosts::Never;
    (config, options)
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resolver")
    }
}

/// What DNS answered, as long as it is good.
pub(crate) struct Answers<K, V>(pub(crate) Mutex<HashMap<K, (V, Instant)>>);

impl<K, V> Default for Answers<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Answers<K, V> {
    fn get<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let answers = self.0.lock().expect("nothing panics while it holds this");
        let (answer, until) = answers.get(name)?;
        (*until > Instant::now()).then(|| answer.clone())
    }

    fn remove<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut answers = self.0.lock().expect("nothing panics while it holds this");
        answers.remove(name).map(|(answer, _)| answer)
    }

    fn insert(&self, key: K, value: V, valid_until: Instant) {
        let mut answers = self.0.lock().expect("nothing panics while it holds this");
        if answers.len() >= MOST_ANSWERS {
            let now = Instant::now();
            answers.retain(|_, (_, until)| *until > now);
        }
        // Whoever asks for ever more names gets no room for them.
        if answers.len() >= MOST_ANSWERS {
            answers.clear();
        }
        answers.insert(key, (value, valid_until));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_are_kept_as_long_as_they_are_good_and_not_without_end() {
        let answers: Answers<u32, u32> = Answers::default();
        let now = Instant::now();
        answers.insert(1, 10, now + Duration::from_secs(60));
        answers.insert(2, 20, now);
        assert_eq!(
            (answers.get(&1), answers.get(&2), answers.get(&3)),
            (Some(10), None, None)
        );
        for name in 10..30_000 {
            answers.insert(name, 0, now + Duration::from_secs(60));
        }
        assert!(answers.0.lock().expect("free").len() <= MOST_ANSWERS);
        assert_eq!(answers.remove(&29_999), Some(0));
        assert_eq!(answers.get(&29_999), None);
    }
}
