//! Questions of strangers, in floods.

use postern_tests::{Cli, Crowd, Heard, Setup};

use super::{PASSWORD, Siege, ask, id, sized};

/// As a server comes, without what the harness makes generous.
fn as_it_comes() -> Setup {
    Setup::folder_and_sqlite()
        .with("LIMITS_STRANGER_BURST", "60")
        .with("LIMITS_LOGIN_BURST", "20")
        .with("LOG_FILTER", "info")
}

/// Each of `addresses` asks for `each` things, one after the other; what they are told.
fn flood(siege: &Siege, addresses: usize, each: usize, what: fn(usize) -> Vec<u8>) -> Vec<Heard> {
    let server = siege.server.address();
    let askers = (0..addresses).collect();
    let heard = siege.crowd.each(askers, move |address| async move {
        let mut heard = Vec::with_capacity(each);
        for number in 0..each {
            // What is refused before it is read ends its connection.
            let mut visitor = Crowd::visit(server, address).await.expect("it is heard");
            visitor.say(&what(number)).await.expect("it listens");
            heard.push(visitor.hear().await.expect("an answer"));
        }
        heard
    });
    heard.into_iter().flatten().collect()
}

/// So many were answered with `status`, and all others told how long to wait.
#[track_caller]
fn only(heard: &[Heard], status: u16, at_least: usize, at_most: usize) {
    let (answered, refused): (Vec<_>, Vec<_>) = heard.iter().partition(|heard| heard.status() == status);
    assert!(
        (at_least..=at_most).contains(&answered.len()),
        "{} of {}",
        answered.len(),
        heard.len()
    );
    for refused in refused {
        assert_eq!(
            (refused.status(), refused.text("code").as_str()),
            (429, "too-many-requests")
        );
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=61).contains(&wait), "{wait}");
    }
}

#[test]
fn a_flood_of_logins_is_told_to_wait_and_others_sign_in() {
    let mut siege = Siege::of(as_it_comes());
    let each = sized(300, 5_000);
    let heard = flood(&siege, 4, each, |number| {
        ask("/recovery/start", &format!("{{\"name\":\"somebody-{number}\"}}"))
    });
    // Sixty at once from each address, and one more each second that it lasts.
    only(&heard, 200, 240, 240 + 4 * 120);
    let (carol, _) = Cli::sign_up(&siege.server.url(), "carol", PASSWORD);
    carol.run(["logout"]);
    carol
        .typed(["login", "carol", "--password-stdin"])
        .input(PASSWORD)
        .succeeds();
    siege.ends(&format!("{} beginnings of logins from 4 addresses", 4 * each));
}

#[test]
fn a_flood_against_one_name_is_told_to_wait_wherever_it_comes_from() {
    let mut siege = Siege::of(as_it_comes());
    let heard = flood(&siege, 20, 30, |_| {
        ask("/recovery/start", "{\"name\":\"victim\"}")
    });
    only(&heard, 200, 20, 40);
    siege.ends("600 attempts at one name from 20 addresses");
}

#[test]
fn a_flood_of_link_guesses_is_told_to_wait() {
    let mut siege = Siege::of(as_it_comes());
    let heard = flood(&siege, 4, sized(300, 5_000), |number| {
        let proof = format!("{{\"proof\":\"{}\"}}", "A".repeat(43));
        ask(&format!("/links/{}/open", id(number)), &proof)
    });
    only(&heard, 404, 240, 240 + 4 * 120);
    siege.ends("a flood of link guesses");
}

#[test]
fn a_flood_of_sign_ups_keeps_nothing_of_what_is_not_signed() {
    let mut siege = Siege::of(as_it_comes());
    let heard = flood(&siege, 4, 300, |number| {
        let start = format!(
            "{{\"name\":\"n{number}\",\"account\":\"{}\",\"request\":\"{}\"}}",
            id(number),
            "A".repeat(43)
        );
        ask("/signup/start", &start)
    });
    // Zeros are no point of the group.
    only(&heard, 400, 240, 240 + 4 * 120);
    siege.ends("a flood of sign-ups");
}

#[test]
fn who_writes_another_address_into_its_request_is_counted_all_the_same() {
    let mut siege = Siege::of(as_it_comes());
    let heard = flood(&siege, 1, 200, |number| {
        let address = format!("198.51.{}.{}", number / 250, number % 250);
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", address.as_str()),
        ];
        super::request("POST", "/recovery/start", &headers, b"{\"name\":\"somebody\"}")
    });
    only(&heard, 200, 20, 60);
    siege.ends("200 questions under invented addresses");
}
