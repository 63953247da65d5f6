//! Where the content filter is.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use reqwest::Url;

/// Where the content filter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterAddress(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// `unix:/run/rspamd/normal.sock`.
    Socket(PathBuf),
    Http(Url),
}

/// Not where a filter can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither http://HOST:PORT nor unix:/PATH")]
pub struct NoAddress;

impl FilterAddress {
    /// Reads `http://127.0.0.1:11333` or `unix:/run/rspamd/normal.sock`.
    ///
    /// # Errors
    /// [`NoAddress`].
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = Path::new(path);
            return if path.is_absolute() {
                Ok(Self(Place::Socket(path.to_owned())))
            } else {
                Err(NoAddress)
            };
        }
        let url = Url::parse(text).map_err(|_| NoAddress)?;
        let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        if is_plain && is_http && url.username().is_empty() && url.password().is_none() {
            Ok(Self(Place::Http(url)))
        } else {
            Err(NoAddress)
        }
    }

    /// Whether the filter is on this machine. Its name alone does not say so: it may lead elsewhere tomorrow.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match &self.0 {
            Place::Socket(_) => true,
            Place::Http(url) => {
                let host = url.host_str().unwrap_or_default();
                let host = host.trim_start_matches('[').trim_end_matches(']');
                host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }

    pub(super) fn socket(&self) -> Option<&Path> {
        match &self.0 {
            Place::Socket(path) => Some(path),
            Place::Http(_) => None,
        }
    }

    /// Without a slash at its end.
    pub(super) fn url(&self) -> &str {
        match &self.0 {
            Place::Socket(_) => "http://filter",
            Place::Http(url) => url.as_str().trim_end_matches('/'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_whether_it_is_on_this_machine() {
        for (text, is_here) in [
            ("http://127.0.0.1:11333", true),
            ("http://127.8.9.1:1/", true),
            ("http://[::1]:11333", true),
            ("unix:/run/rspamd/normal.sock", true),
            ("http://localhost:11333", false),
            ("http://127.0.0.1.example.org:11333", false),
            ("http://192.0.2.1:11333", false),
            ("https://filter.example.org", false),
        ] {
            let address = FilterAddress::parse(text).expect(text);
            assert_eq!(address.is_here(), is_here, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "127.0.0.1:11333",
            "unix:rspamd.sock",
            "ftp://127.0.0.1",
            "http://127.0.0.1:11333/checkv2",
            "http://a:b@127.0.0.1:11333",
            "http://127.0.0.1:11333/?a",
        ] {
            assert_eq!(FilterAddress::parse(text), Err(NoAddress), "{text}");
        }
    }
}
