//! Messages that show one sender and are vouched for by another domain: the ideas of "Composition Kills" (USENIX Security
//! 2020), with addresses of our own. mallory owns evil.example, signs with its key and sends from where it may; bank.example
//! is whom she wants to be, and asks everybody to refuse what is not from there.

use super::*;

const OWN: &str = "evil.example";

/// DNS as both have it, and mallory's key.
fn market() -> (Checker, Ed25519Key) {
    let private = Ed25519Key::generate_pkcs8().expect("a key");
    let key = || Ed25519Key::from_pkcs8_der(&private).expect("a key");
    let public = STANDARD.encode(key().public_key());
    let of_key = || Txt::DomainKey(record::<DomainKey>(&format!("v=DKIM1; k=ed25519; p={public}")));
    let of_policy = || Txt::Dmarc(record::<DmarcRecord>("v=DMARC1; p=reject"));
    let nothing = || {
        let nothing = DnsError::RecordNotFound(ResponseCode::NXDomain);
        Txt::Error(Error::Dns(nothing))
    };
    let records = [
        (
            "evil.example.",
            Txt::Spf(record::<Spf>("v=spf1 ip4:192.0.2.0/24 -all")),
        ),
        ("bank.example.", Txt::Spf(record::<Spf>("v=spf1 -all"))),
        ("s._domainkey.evil.example.", of_key()),
        ("s._domainkey.bank.example.evil.example.", of_key()),
        ("s._domainkey.example.", of_key()),
        ("s._domainkey.bank.example.", nothing()),
        ("_dmarc.evil.example.", of_policy()),
        ("_dmarc.bank.example.", of_policy()),
        ("_dmarc.bank.example.evil.example.", nothing()),
    ];
    (checker(&records), key())
}

struct Seen {
    checked: Checked,
    shown: Vec<String>,
}

/// What is found out about a message that mallory signs for `domain`, and whom it shows.
async fn seen(domain: &str, peer: &str, head: &str) -> Seen {
    let (checker, key) = market();
    let letter = format!("{head}Subject: A letter\r\n\r\nDear Alice,\r\n");
    let signature = DkimSigner::from_key(key)
        .domain(domain)
        .selector("s")
        .headers(["From", "Subject"])
        .sign(letter.as_bytes());
    let signature = signature.expect("a signature").to_header();
    see(&checker, peer, &format!("{signature}{letter}")).await
}

async fn see(checker: &Checker, peer: &str, message: &str) -> Seen {
    let mut taken = taken(message.as_bytes());
    let from = From {
        hello: "mail.evil.example",
        sender: "mallory@evil.example",
        ..from(peer)
    };
    let checked = checker.check(from, &mut taken).await;
    let shown = taken.summary.from.into_iter().map(|mailbox| mailbox.address);
    Seen {
        checked,
        shown: shown.collect(),
    }
}

impl Seen {
    /// Whoever reads the message sees a sender who is authentic, or that none is.
    fn is_authentic_or_marked(&self) -> bool {
        match self.checked.checks.dmarc {
            Verdict::Pass => {
                let [one] = &self.shown[..] else { return false };
                one.split_once('@').is_some_and(|(_, domain)| domain == OWN)
            }
            _ => self.checked.consequence(Dmarc::Quarantine) == Consequence::Mark,
        }
    }
}

#[tokio::test]
async fn f6_whoever_is_shown_as_the_sender_is_authentic_or_the_message_is_marked() {
    for head in [
        // Another field of the same name, in either order and spelling.
        "From: boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        "From: mallory@evil.example\r\nFrom: boss@bank.example\r\n",
        "From: mallory@evil.example\r\nFROM: boss@bank.example\r\n",
        "From: mallory@evil.example\r\nFrom : boss@bank.example\r\n",
        "From : boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        "From\t: boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        "From\0: boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        "\u{feff}From: boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        "X: y\r\n From: boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        " From: mallory@evil.example\r\nFrom: boss@bank.example\r\n",
        "From\r\n : mallory@evil.example\r\nFrom: boss@bank.example\r\n",
        "From\r\n : boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        // Other fields that some show instead.
        "Sender: mallory@evil.example\r\nFrom: boss@bank.example\r\n",
        "Resent-From: mallory@evil.example\r\nFrom: boss@bank.example\r\n",
        "From\r\n : mallory@evil.example\r\nSender: boss@bank.example\r\n",
        "From\r\n : mallory@evil.example\r\nResent-From: boss@bank.example\r\n",
        "Reply-To: boss@bank.example\r\nFrom: mallory@evil.example\r\n",
        // Several addresses in one field.
        "From: boss@bank.example, mallory@evil.example\r\n",
        "From: mallory@evil.example, boss@bank.example\r\n",
        "From: mallory@evil.example; boss@bank.example\r\n",
        "From: mallory@evil.example,\r\n boss@bank.example\r\n",
        "From: staff: boss@bank.example, mallory@evil.example;\r\n",
        "From: staff: boss@bank.example;, mallory@evil.example\r\n",
        "From: ,mallory@evil.example,,boss@bank.example\r\n",
        "From: <boss@bank.example>\\,<mallory@evil.example>\r\n",
        "From: boss@bank.example,<mallory@evil.example>\r\n",
        "From:=?utf-8?b?PGJvc3NAYmFuay5leGFtcGxlPg==?=,<mallory@evil.example>\r\n",
        // One address that two read differently.
        "From: <mallory@evil.example> <boss@bank.example>\r\n",
        "From: <boss@bank.example> <mallory@evil.example>\r\n",
        "From: <mallory@evil.example>boss@bank.example\r\n",
        "From: boss@bank.example<mallory@evil.example>\r\n",
        "From: mallory@evil.example <boss@bank.example>\r\n",
        "From: boss@bank.example mallory@evil.example\r\n",
        "From: boss@bank.example\r\n\tmallory@evil.example\r\n",
        "From: boss@bank.example (mallory@evil.example)\r\n",
        "From: (boss@bank.example) mallory@evil.example\r\n",
        "From: (<boss@bank.example>) <mallory@evil.example>\r\n",
        "From: boss(@evil.example)@bank.example\r\n",
        "From: <boss@bank.example\0@evil.example>\r\n",
        "From: <boss@bank.example\0>, <mallory@evil.example>\r\n",
        "From: <boss@bank.example@evil.example>\r\n",
        "From: <\"boss@bank.example\"@evil.example>\r\n",
        "From: \"boss@bank.example\"@evil.example\r\n",
        "From: <\"<boss@bank.example>\"@evil.example>\r\n",
        "From: <@evil.example:boss@bank.example>\r\n",
        "From: <@bank.example:mallory@evil.example>\r\n",
        "From: <@evil.example,@other.example:boss@bank.example>\r\n",
        "From: <boss@bank.example:@evil.example>\r\n",
        "From: boss@bank.example\\@evil.example\r\n",
        "From: <boss@bank。example>, <mallory@evil.example>\r\n",
        "From: <boss@bank.example\u{202e}@evil.example>\r\n",
        // What is encoded, and by some decoded before they look for an address.
        "From: =?utf-8?q?boss=40bank.example?= <mallory@evil.example>\r\n",
        "From: =?utf-8?q?=3Cboss=40bank.example=3E?= <mallory@evil.example>\r\n",
        "From: <=?utf-8?q?boss=40bank.example=2C?=mallory@evil.example>\r\n",
        "From: =?utf-8?b?Ym9zc0BiYW5rLmV4YW1wbGU=?=@evil.example\r\n",
        "From: =?utf-8?b?Ym9zc0BiYW5rLmV4YW1wbGU=?=\r\n",
        "From: =?utf-8?b?PGJvc3NAYmFuay5leGFtcGxlPgA=?= <mallory@evil.example>\r\n",
        "From: \"boss@bank.example\" <mallory@evil.example>\r\n",
        "From: \"Boss <boss@bank.example>\" <mallory@evil.example>\r\n",
        // None at all.
        "",
        "From: \r\n",
        "From: <>\r\n",
        "From: Boss\r\n",
        "From: boss@bank.example\r\n",
        "From: <boss@bank.example>\r\n",
        "From: Boss <boss@BANK.example>\r\n",
    ] {
        let seen = seen(OWN, GOOD, head).await;
        assert!(
            seen.is_authentic_or_marked(),
            "{head:?}: {:?} shows {:?}",
            seen.checked,
            seen.shown
        );
    }
}

#[tokio::test]
async fn f6_who_hides_nothing_is_not_marked() {
    for head in [
        "From: mallory@evil.example\r\n",
        "From: Mallory <Mallory@Evil.example>\r\n",
        "From: =?utf-8?q?M=C3=A4llory?= <mallory@evil.example>\r\n",
        "From: mallory@evil.example (Mallory)\r\n",
        "From: \"Mallory, at home\"\r\n <mallory@evil.example>\r\n",
    ] {
        let seen = seen(OWN, GOOD, head).await;
        assert_eq!(seen.checked.checks.dmarc, Verdict::Pass, "{head:?}");
        assert_eq!(seen.checked.consequence(Dmarc::Enforce), Consequence::None);
    }
}

#[tokio::test]
async fn f6_a_signature_of_a_domain_that_only_looks_alike_or_stands_above_vouches_for_nobody() {
    for domain in ["bank.example.evil.example", "example", "evil.example"] {
        let seen = seen(domain, GOOD, "From: boss@bank.example\r\n").await;
        let checks = &seen.checked.checks;
        assert_eq!(
            (checks.dkim, &*checks.dkim_domains, checks.dmarc),
            (Verdict::Pass, &[domain.to_owned()][..], Verdict::Fail)
        );
        assert_eq!(seen.checked.consequence(Dmarc::Enforce), Consequence::Refuse);
    }
}

/// What it names is cut at other places by those who look it up in DNS and by those who compare it with the sender.
#[tokio::test]
async fn f6_a_signature_of_a_domain_that_is_none_vouches_for_nobody() {
    let letter = "From: boss@bank.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
    for (domain, selector) in [
        ("bank.example'.evil.example", "s"),
        ("bank.example(.evil.example", "s"),
        ("bank.example\"=(.evil.example", "s"),
        ("bank.example\0.evil.example", "s"),
        ("bank.example", "s._domainkey.evil.example.\0.any"),
        ("bank.example", "s._domainkey.evil.example."),
    ] {
        let (checker, key) = market();
        if domain != "bank.example" {
            // Below a domain of her own she may publish what she likes.
            let public = STANDARD.encode(key.public_key());
            let record = record::<DomainKey>(&format!("v=DKIM1; k=ed25519; p={public}"));
            let name = format!("{selector}._domainkey.{domain}.");
            let until = Instant::now() + Duration::from_secs(3_600);
            checker.txt.insert(name.into(), Txt::DomainKey(record), until);
        }
        let signature = DkimSigner::from_key(key)
            .domain(domain)
            .selector(selector)
            .headers(["From", "Subject"])
            .sign(letter.as_bytes());
        let signature = signature.expect("a signature").to_header();
        let seen = see(&checker, GOOD, &format!("{signature}{letter}")).await;
        let checks = &seen.checked.checks;
        assert_ne!(checks.dmarc, Verdict::Pass, "{domain:?} {selector:?}");
        let vouching = checks.dkim_domains.iter();
        assert_eq!(vouching.filter(|domain| *domain == "bank.example").count(), 0);
        assert_ne!(seen.checked.consequence(Dmarc::Quarantine), Consequence::None);
    }
}

#[tokio::test]
async fn f6_a_signature_that_was_moved_to_another_domain_does_not_hold() {
    let (checker, key) = market();
    let letter = "From: boss@bank.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
    let signature = DkimSigner::from_key(key)
        .domain(OWN)
        .selector("s")
        .headers(["From", "Subject"])
        .sign(letter.as_bytes())
        .expect("a signature")
        .to_header();
    for domain in [
        "bank.example",
        "evil.example; d=bank.example",
        "bank.example; d=evil.example",
    ] {
        let moved = signature.replace("d=evil.example", &format!("d={domain}"));
        assert_ne!(moved, signature);
        let seen = see(&checker, GOOD, &format!("{moved}{letter}")).await;
        assert_ne!(seen.checked.checks.dkim, Verdict::Pass, "{domain}");
        assert_eq!(seen.checked.checks.dmarc, Verdict::Fail, "{domain}");
    }
}

#[tokio::test]
async fn f6_a_signature_over_the_beginning_of_a_text_does_not_vouch_for_what_follows() {
    let (checker, key) = market();
    let letter = "From: mallory@evil.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
    let signature = DkimSigner::from_key(key)
        .domain(OWN)
        .selector("s")
        .headers(["From", "Subject"])
        .body_length(true)
        .sign(letter.as_bytes())
        .expect("a signature")
        .to_header();
    assert!(signature.contains("l="), "{signature}");
    for behind in ["", "Pay Mallory.\r\n"] {
        let seen = see(&checker, BAD, &format!("{signature}{letter}{behind}")).await;
        let checks = seen.checked.checks;
        assert_ne!(checks.dkim, Verdict::Pass);
        assert_eq!((checks.dkim_domains.len(), checks.dmarc), (0, Verdict::Fail));
    }
}

#[tokio::test]
async fn f6_a_signature_that_leaves_the_sender_out_vouches_for_none() {
    let (checker, key) = market();
    let letter = "Subject: A letter\r\nFrom: mallory@evil.example\r\n\r\nDear Alice,\r\n";
    let signature = DkimSigner::from_key(key)
        .domain(OWN)
        .selector("s")
        .headers(["Subject"])
        .sign(letter.as_bytes())
        .expect("a signature")
        .to_header();
    let seen = see(&checker, BAD, &format!("{signature}{letter}")).await;
    assert_ne!(seen.checked.checks.dkim, Verdict::Pass, "RFC 6376, 5.4");
    assert_eq!(seen.checked.checks.dmarc, Verdict::Fail);
}

#[tokio::test]
async fn f6_a_field_that_is_put_before_a_signed_message_takes_its_authenticity_away() {
    let (checker, key) = market();
    let letter = "From: mallory@evil.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
    let letter = String::from_utf8(signed_for(key, letter)).expect("text");
    assert_eq!(
        see(&checker, BAD, &letter).await.checked.checks.dmarc,
        Verdict::Pass
    );
    for field in ["From: boss@bank.example\r\n", "from : boss@bank.example\r\n"] {
        let seen = see(&checker, BAD, &format!("{field}{letter}")).await;
        assert_eq!(seen.checked.checks.dmarc, Verdict::PermanentError, "{field}");
        assert_eq!(seen.checked.consequence(Dmarc::default()), Consequence::Mark);
    }
}

fn signed_for(key: Ed25519Key, message: &str) -> Vec<u8> {
    let signature = DkimSigner::from_key(key)
        .domain(OWN)
        .selector("s")
        .headers(["From", "Subject"])
        .sign(message.as_bytes())
        .expect("a signature");
    [signature.to_header().as_bytes(), message.as_bytes()].concat()
}

#[tokio::test]
async fn f6_an_envelope_of_ones_own_does_not_vouch_for_the_sender_who_is_shown() {
    let (checker, _) = market();
    let letter = "From: boss@bank.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
    for (hello, sender, spf) in [
        ("mail.evil.example", "mallory@evil.example", Verdict::Pass),
        ("evil.example", "", Verdict::Pass),
        ("bank.example", "mallory@evil.example", Verdict::Pass),
        ("evil.example", "boss@bank.example", Verdict::Fail),
    ] {
        let from = From {
            hello,
            sender,
            ..from(GOOD)
        };
        let checked = checker.check(from, &mut taken(letter.as_bytes())).await;
        let checks = checked.checks;
        assert_eq!((checks.spf, checks.dmarc), (spf, Verdict::Fail), "{sender:?}");
    }
}

/// The same letter in the name of boss@bank.example, with these signatures, each by a domain and a selector.
fn letter_signed(private: &[u8], signatures: &[(String, &str)]) -> String {
    let letter = "From: boss@bank.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
    let sign = |(domain, selector): &(String, &str)| {
        let key = Ed25519Key::from_pkcs8_der(private).expect("a key");
        let signature = DkimSigner::from_key(key)
            .domain(domain)
            .selector(*selector)
            .headers(["From", "Subject"])
            .sign(letter.as_bytes());
        signature.expect("a signature").to_header()
    };
    let signatures: String = signatures.iter().map(sign).collect();
    format!("{signatures}{letter}")
}

/// DNS as the bank has it, whose key this is. Of all other names nobody answers, ever.
fn silence(private: &[u8]) -> (Checker, std::net::UdpSocket) {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let mut checker = checker(&[]);
    checker.resolver = Resolver::asking(silent.local_addr().expect("it has one")).expect("a resolver");
    let key = Ed25519Key::from_pkcs8_der(private).expect("a key");
    let public = STANDARD.encode(key.public_key());
    let until = Instant::now() + Duration::from_secs(3_600);
    for (name, record) in [
        ("bank.example.", Txt::Spf(record::<Spf>("v=spf1 -all"))),
        ("evil.example.", Txt::Spf(record::<Spf>("v=spf1 -all"))),
        (
            "_dmarc.bank.example.",
            Txt::Dmarc(record::<DmarcRecord>("v=DMARC1; p=reject")),
        ),
        (
            "s._domainkey.bank.example.",
            Txt::DomainKey(record::<DomainKey>(&format!("v=DKIM1; k=ed25519; p={public}"))),
        ),
    ] {
        checker.txt.insert(name.into(), record, until);
    }
    (checker, silent)
}

fn slow(count: usize) -> Vec<(String, &'static str)> {
    (0..count)
        .map(|number| (format!("slow{number}.evil.example"), "s"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn f6_signatures_that_nobody_answers_for_do_not_switch_off_what_a_domain_asks_for() {
    let private = Ed25519Key::generate_pkcs8().expect("a key");
    let (checker, _silent) = silence(&private);
    let letter = letter_signed(&private, &slow(30));
    let seen = see(&checker, BAD, &letter).await;
    let checks = &seen.checked.checks;
    assert_eq!(
        (checks.dkim, checks.dmarc),
        (Verdict::TemporaryError, Verdict::Fail)
    );
    assert_eq!(seen.checked.consequence(Dmarc::Quarantine), Consequence::Mark);
    assert_eq!(seen.checked.consequence(Dmarc::Enforce), Consequence::Refuse);
}

#[tokio::test(start_paused = true)]
async fn f6_a_signature_in_the_name_of_the_domain_that_cannot_be_looked_up_vouches_for_nobody() {
    let private = Ed25519Key::generate_pkcs8().expect("a key");
    let (checker, _silent) = silence(&private);
    let letter = letter_signed(&private, &[("bank.example".to_owned(), "slow")]);
    let seen = see(&checker, BAD, &letter).await;
    assert_eq!(seen.checked.checks.dmarc, Verdict::TemporaryError);
    assert_eq!(seen.checked.consequence(Dmarc::Note), Consequence::None);
    assert_eq!(seen.checked.consequence(Dmarc::Quarantine), Consequence::Mark);
    assert_eq!(seen.checked.consequence(Dmarc::Enforce), Consequence::Later);
}

#[tokio::test(start_paused = true)]
async fn the_first_ten_signatures_are_looked_at_and_those_that_are_slow_hold_up_no_other() {
    let private = Ed25519Key::generate_pkcs8().expect("a key");
    let (checker, _silent) = silence(&private);
    for (before, dkim, dmarc) in [
        (9, Verdict::Pass, Verdict::Pass),
        (10, Verdict::TemporaryError, Verdict::Fail),
    ] {
        let mut signatures = slow(before);
        signatures.push(("bank.example".to_owned(), "s"));
        let seen = see(&checker, BAD, &letter_signed(&private, &signatures)).await;
        let checks = seen.checked.checks;
        assert_eq!((checks.dkim, checks.dmarc), (dkim, dmarc), "{before}");
    }
}
