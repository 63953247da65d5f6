use metrics_exporter_prometheus::PrometheusBuilder;

use crate::world::World;

const LETTER: &[u8] = b"Subject: A letter\r\n\r\nDear Alice,\r\n";

/// All of it happens on this thread, whose figures these are.
#[tokio::test]
async fn what_happens_is_counted_and_says_of_nobody_who_they_are() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let figures = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    peer.expect("MAIL FROM:<bob@sender.example>", "250").await;
    peer.expect("RCPT TO:<nobody@example.org>", "550 5.1.1").await;
    peer.expect("RSET", "250").await;
    peer.bring(&["alice@example.org"], LETTER).await;
    world.mailbox(&alice, 1).await;
    world.blobs.set_away(true);
    for lines in [1, 10_000] {
        peer.bring(&["alice@example.org"], &LETTER.repeat(lines)).await;
    }
    world.gateway.measure().await;
    let shown = figures.render();
    for line in [
        "postern_mail_accepted_total 3",
        "postern_mail_refused_total{reason=\"nobody\"} 1",
        "postern_mail_drained_total 1",
        "postern_mail_connections 1",
        "postern_mail_spool_messages 2",
        "postern_mail_spool_oldest_seconds 0",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in {shown}");
    }
    let bytes = shown
        .lines()
        .find_map(|line| line.strip_prefix("postern_mail_spool_bytes "));
    let bytes: u64 = bytes.expect("it is shown").parse().expect("a number");
    assert!((340_000..400_000).contains(&bytes), "{bytes}");
    for personal in ["alice", "bob", "sender.example", "127.0.0.1"] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
}
