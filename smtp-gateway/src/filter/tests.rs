use super::*;

#[test]
fn each_action_has_its_consequence() {
    for (action, opinion) in [
        ("no action", Opinion::Fine),
        ("something new", Opinion::Fine),
        ("greylist", Opinion::Later),
        ("soft reject", Opinion::Later),
        ("add header", Opinion::Spam),
        ("rewrite subject", Opinion::Spam),
        ("discard", Opinion::Spam),
        ("reject", Opinion::Spam),
    ] {
        assert_eq!(of_action(action, false), opinion, "{action}");
    }
    assert_eq!(of_action("reject", true), Opinion::Refuse);
    assert_eq!(of_action("add header", true), Opinion::Spam);
}

#[test]
fn it_is_complained_once_a_minute() {
    let (mut complained, now) = (None, Instant::now());
    let mut due = |after: Duration| is_due(&mut complained, now + after);
    assert!(due(Duration::ZERO) && !due(COMPLAIN_EVERY / 2) && due(COMPLAIN_EVERY));
    assert!(!due(COMPLAIN_EVERY));
}

#[test]
fn a_header_holds_one_line_or_is_left_out() {
    let envelope = Envelope {
        peer: "192.0.2.1".parse().expect("an address"),
        hello: "evil\r\nUser: admin",
        host: "",
        sender: "",
        recipients: vec!["a@example.org", "b@example.org"],
        id: "1",
    };
    let headers = envelope.headers();
    let of = |name: &str| headers.get_all(name).iter().collect::<Vec<_>>();
    assert!(of("helo").is_empty() && of("hostname").is_empty() && of("user").is_empty());
    assert_eq!(of("from"), ["<>"]);
    assert_eq!(of("rcpt"), ["a@example.org", "b@example.org"]);
}
