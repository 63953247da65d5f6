//! File handles: each connection takes one, and another for what it sends or fetches.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the databases, the listener, the log, the runtime, and those who are being refused.
const OWN: u64 = 256;

/// Asks the system for as many handles as it gives; how many of `connections` there may be then.
pub(crate) fn enough_for(connections: usize) -> usize {
    let most = most_connections(as_many_as_there_are());
    if most < connections {
        tracing::info!(
            connections = most,
            "the system gives no file handles for more connections"
        );
    }
    connections.min(most)
}

fn as_many_as_there_are() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

fn most_connections(handles: Option<u64>) -> usize {
    let left = handles.map_or(u64::MAX, |handles| handles.saturating_sub(OWN) / 2);
    usize::try_from(left).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_has_a_second_handle() {
        assert_eq!(most_connections(Some(20_000)), 9_872);
        assert_eq!(
            most_connections(Some(100)),
            1,
            "and somebody can always be served"
        );
        assert_eq!(most_connections(None), usize::MAX);
    }

    #[test]
    fn the_system_gives_what_it_has() {
        assert_eq!(enough_for(1), 1);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
