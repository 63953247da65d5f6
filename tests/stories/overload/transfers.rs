//! Bodies and answers that are large, slow, many, or all of it.

use std::time::Duration;

use postern_tests::{Setup, Visitor};

use super::{Siege, base64, head, id, request, sized};

/// A full part: 128 chunks of 64 KiB and 16 bytes each.
const PART_BYTES: usize = 128 * (65_536 + 16);

#[test]
fn a_thousand_uploads_at_once_take_bounded_memory_and_all_arrive() {
    let mut siege = Siege::of(Setup::folder_and_sqlite());
    let insider = siege.insider(1 << 20);
    let token = insider.bearer();
    let count = sized(100, 1_000);
    let (body, checksum) = insider.sealed();
    let headers = [("authorization", token.as_str()), ("postern-checksum", &checksum)];
    // All of them have sent most of their bodies before any of them sends the rest.
    let (most, rest) = body.split_at(1_000_000);
    let visitors = siege.crowd.come(count, 4, |number| {
        let mut words = head("PUT", &format!("/contents/{}", id(number)), &headers, body.len());
        words.extend_from_slice(most);
        words
    });
    assert_eq!(visitors.len(), count);
    println!("{count} uploads at once: {} MiB", siege.growth_bytes() >> 20);
    let rest = rest.to_vec();
    let answers = siege.crowd.each(visitors, move |mut visitor| {
        let rest = rest.clone();
        async move {
            visitor.say(&rest).await.expect("it listens");
            visitor.hear().await.expect("an answer").status()
        }
    });
    assert_eq!(answers, vec![200; count]);
    siege.ends(&format!("{count} uploads at once"));
}

#[test]
fn bodies_that_never_end_are_given_up_and_leave_nothing() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_BODY_GRACE_S", "2"));
    let token = siege.insider(1_000).bearer();
    let checksum = base64(&[7; 32]);
    let headers = [("authorization", token.as_str()), ("postern-checksum", &checksum)];
    let count = sized(100, 1_000);
    let visitors = siege.crowd.come(count, 4, |number| {
        let mut words = head("PUT", &format!("/contents/{}", id(number)), &headers, PART_BYTES);
        // A burst earns no right to stand still.
        words.extend_from_slice(&[7; 200_000]);
        words
    });
    let heard = siege.crowd.each(visitors, |mut visitor| async move {
        visitor.trickle(b"x", Duration::from_millis(300)).await
    });
    // Who goes on talking may miss the answer; nobody gets another one.
    let told: Vec<_> = heard.iter().flatten().collect();
    assert!(!told.is_empty());
    for told in told {
        assert_eq!((told.status(), told.text("code").as_str()), (408, "too-slow"));
    }
    siege.ends(&format!("{count} bodies that never end"));
}

#[test]
fn what_is_longer_than_allowed_or_of_no_known_length_is_refused_at_once() {
    let mut siege = Siege::of(Setup::folder_and_sqlite());
    let token = siege.insider(1_000).bearer();
    let checksum = base64(&[7; 32]);
    let headers = [("authorization", token.as_str()), ("postern-checksum", &checksum)];
    let too_long = head("PUT", &format!("/contents/{}", id(1)), &headers, 1 << 40);
    let endless = format!(
        "PUT /api/v1/contents/{} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\npostern-checksum: {checksum}\r\n\
         transfer-encoding: chunked\r\n\r\nff\r\n",
        id(2)
    );
    for (words, status) in [(too_long, 413), (endless.into_bytes(), 400)] {
        let visitors = siege.crowd.come(1, 1, |_| words.clone());
        let heard = siege.crowd.hear_all(visitors);
        assert_eq!(heard[0].as_ref().map(postern_tests::Heard::status), Some(status));
    }
    siege.ends("bodies of impossible lengths");
}

#[test]
fn large_questions_that_stand_still_share_a_bounded_memory() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_BODY_GRACE_S", "4"));
    let token = siege.insider(1_000).bearer();
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "application/json"),
    ];
    let path = format!("/volumes/{}/batches", id(1));
    let count = sized(30, 600);
    let mut words = head("POST", &path, &headers, 8 << 20);
    words.extend_from_slice(&vec![b' '; 7 << 20]);
    let visitors = siege.crowd.come(count, 8, |_| words.clone());
    let heard = siege.crowd.hear_all(visitors);
    let statuses: Vec<u16> = heard.iter().flatten().map(postern_tests::Heard::status).collect();
    let honest = |status: &u16| matches!(status, 404 | 408 | 429 | 503);
    assert!(statuses.iter().all(honest), "{statuses:?}");
    let refused = heard
        .iter()
        .flatten()
        .filter(|heard| matches!(heard.status(), 429 | 503));
    assert!(refused.clone().count() > 0, "{statuses:?}");
    assert!(refused.clone().all(|heard| heard.header("retry-after") == "2"));
    siege.ends(&format!("{count} questions of 8 MiB"));
}

#[test]
fn downloads_that_nobody_takes_keep_little_and_end() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_STALL_S", "3"));
    let insider = siege.insider(32 << 20);
    let (token, content) = (insider.bearer(), insider.content());
    let count = sized(100, 1_000);
    let ask = request(
        "GET",
        &format!("/contents/{content}"),
        &[("authorization", &token)],
        b"",
    );
    let visitors = siege.crowd.come(count, 4, |_| ask.clone());
    assert_eq!(visitors.len(), count);
    println!(
        "{count} downloads that nobody takes: {} MiB",
        siege.growth_bytes() >> 20
    );
    // Half of them take nothing, and half a few bytes now and then.
    let (idle, sipping): (Vec<_>, Vec<_>) = visitors
        .into_iter()
        .enumerate()
        .partition(|(number, _)| number % 2 == 0);
    let visitors = |some: Vec<(usize, Visitor)>| some.into_iter().map(|(_, visitor)| visitor).collect();
    let sipping = siege.crowd.each(visitors(sipping), |mut visitor| async move {
        for _ in 0..60 {
            visitor.take(64).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        visitor
    });
    // All of them are there, and the server has let go of them.
    siege.holds_nothing();
    drop(sipping);
    siege
        .crowd
        .each(visitors(idle), |visitor| async move { visitor.is_let_go().await });
    siege.ends(&format!("{count} downloads that nobody takes"));
}

#[test]
fn many_ranges_at_once_are_refused() {
    let mut siege = Siege::of(Setup::folder_and_sqlite());
    let insider = siege.insider(200_000);
    let (token, content) = (insider.bearer(), insider.content());
    let ranges = format!(
        "bytes={}",
        (0..2_000)
            .map(|n| format!("{n}-{}", n + 1))
            .collect::<Vec<_>>()
            .join(",")
    );
    let headers = [("authorization", token.as_str()), ("range", &ranges)];
    let ask = request("GET", &format!("/contents/{content}"), &headers, b"");
    let visitors = siege.crowd.come(1, 1, |_| ask.clone());
    let heard = siege.crowd.hear_all(visitors);
    assert_eq!(heard[0].as_ref().map(postern_tests::Heard::status), Some(416));
    siege.ends("2,000 ranges in one question");
}
