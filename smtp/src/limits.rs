use std::time::Duration;

/// All that bounds a connection, in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest command, in bytes, with its CR LF. RFC 5321 asks for 512, and for more with extensions.
    pub line_bytes: usize,
    /// The largest message, in bytes.
    pub message_bytes: u64,
    /// The most recipients of one message. RFC 5321 asks for 100 at least.
    pub recipients: usize,
    /// The most refusals in one connection, before it is ended.
    pub errors: u32,
    /// The most messages in one connection.
    pub messages: u32,
    /// The longest silence. RFC 5321 asks for five minutes at least.
    pub idle: Duration,
    /// The longest connection.
    pub total: Duration,
    /// The most connections at once from one address (for IPv6 from one network of 64 bits, and four times as many from one of
    /// 48). For the driver.
    pub connections_by_address: usize,
    /// The most connections at once. For the driver.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 4096,
            message_bytes: 100 << 20,
            recipients: 100,
            errors: 20,
            messages: 1000,
            idle: Duration::from_secs(5 * 60),
            total: Duration::from_secs(60 * 60),
            connections_by_address: 20,
            connections: 1000,
        }
    }
}
