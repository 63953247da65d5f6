use postern_crypto::link::{
    Archived, Grant, LinkAuth, LinkKeys, LinkSecret, LinkText, SharedFolder, auth_hash, parse, proves,
};
use postern_crypto::password::Password;
use postern_crypto::{ArchiveKey, Error, FolderKey, LinkMistake, LinkWrapKey};
use proptest::prelude::*;

use crate::tree::file;
use crate::{damaged, rng};

fn text() -> LinkText {
    LinkText {
        id: [0xfb; 16],
        secret: LinkSecret::generate(&mut rng(1)),
        needs_password: true,
    }
}

fn url() -> String {
    text().url("https://files.example").to_string()
}

fn folder() -> SharedFolder {
    let key = FolderKey::generate(&mut rng(2));
    SharedFolder {
        name: "photos".into(),
        node: [3; 16],
        volume: [4; 16],
        key,
        generation: 1,
    }
}

#[test]
fn a_link_is_read_as_it_was_written() {
    let (origin, read) = parse(&url()).expect("untouched");
    assert_eq!((origin.as_str(), read), ("https://files.example", text()));
    assert_eq!(
        LinkText::from_fragment(&[0xfb; 16], &text().fragment()),
        Ok(text())
    );
    assert_eq!(text().fragment().len(), 49);
    assert!(url().starts_with("https://files.example/s/-_v7"));
}

#[test]
fn e7_a_mangled_link_is_mended_exactly() {
    let url = url();
    let (head, tail) = url.split_at(60);
    for mangled in [
        format!("{url}."),
        format!("({url})"),
        format!("<{url}>,"),
        format!("\u{201c}{url}\u{201d}"),
        format!("  {url}\r\n"),
        format!("{head}\r\n{tail}"),
        format!("{head}=\n {tail}").replace('=', ""),
        format!("{head}\u{200b}{tail}\u{feff}"),
        url.replace('#', "%23"),
        url.replace("://", "%3A%2F%2F"),
        url.replace('-', "%2D").replace('_', "%5f"),
        url.replace("https://files.example", "HTTPS://Files.Example"),
    ] {
        assert_eq!(
            parse(&mangled),
            Ok(("https://files.example".into(), text())),
            "{mangled}"
        );
    }
}

#[test]
fn e7_a_link_that_cannot_be_mended_says_what_is_wrong() {
    let url = url();
    let (before, fragment) = url.split_once('#').expect("a fragment");
    for (mangled, mistake) in [
        (String::new(), LinkMistake::NotALink),
        ("https://files.example/".into(), LinkMistake::NotALink),
        (url.replace("/s/", "/x/"), LinkMistake::NotALink),
        (url.replace("https", "javascript"), LinkMistake::NotALink),
        (
            url.replace("files.example", "u:p@files.example"),
            LinkMistake::NotALink,
        ),
        (url.replace("-_v7", "-_v"), LinkMistake::NotALink),
        ("x".repeat(5000), LinkMistake::NotALink),
        (before.into(), LinkMistake::SecretMissing),
        (format!("{before}#"), LinkMistake::SecretMissing),
        (url[..url.len() - 1].into(), LinkMistake::CutOff),
        (format!("{before}#1"), LinkMistake::CutOff),
        (format!("{url}x"), LinkMistake::Changed),
        (format!("{url}%"), LinkMistake::Changed),
        (format!("{}é", &url[..url.len() - 1]), LinkMistake::Changed),
        (format!("{url}é"), LinkMistake::Changed),
        (url.to_lowercase(), LinkMistake::Changed),
        (
            format!("{before}#{}", fragment.to_lowercase()),
            LinkMistake::Changed,
        ),
        (format!("{before}#x{fragment}"), LinkMistake::Changed),
        (format!("{before}#2{}", &fragment[1..]), LinkMistake::Newer),
    ] {
        assert_eq!(parse(&mangled).expect_err(&mangled), mistake, "{mangled}");
    }
}

#[test]
fn e7_a_link_among_too_much_else_is_none() {
    let padded = |len| format!("{:>len$}", url());
    assert!(parse(&padded(4_096)).is_ok());
    assert_eq!(parse(&padded(4_097)), Err(LinkMistake::NotALink));
}

#[test]
fn e7_no_character_of_a_link_can_be_changed() {
    // Every single change, in the identifier and after the #: a wrong key is never tried.
    let url = url();
    let first = url.find("/s/").expect("a path") + 3;
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_#.%/";
    for at in first..url.len() {
        for other in alphabet.chars().filter(|c| !url[at..].starts_with(*c)) {
            let changed = format!("{}{other}{}", &url[..at], &url[at + 1..]);
            assert!(parse(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn a_fragment_belongs_to_one_link() {
    assert_eq!(
        LinkText::from_fragment(&[1; 16], &text().fragment()),
        Err(LinkMistake::Changed)
    );
}

proptest! {
    #[test]
    fn parsing_never_panics(pasted in ".{0,200}") {
        let _ = parse(&pasted);
        let _ = LinkText::from_fragment(&[0; 16], &pasted);
    }
}

#[test]
fn e6_a_link_with_a_password_needs_both() {
    let (id, secret) = ([1; 16], LinkSecret::generate(&mut rng(3)));
    let derive =
        |password: Option<&str>| LinkKeys::derive(&id, &secret, password.map(Password::new).as_ref());
    let (open, right, wrong) = (derive(None), derive(Some("sesame")), derive(Some("simsim")));
    assert_eq!(right, derive(Some("sesame")));
    for (one, two) in [(&open, &right), (&open, &wrong), (&right, &wrong)] {
        assert_ne!(one.auth, two.auth);
        assert_ne!(one.wrap, two.wrap);
    }
    assert_ne!(open.auth.expose(), open.wrap.expose());
    assert_ne!(open, LinkKeys::derive(&[2; 16], &secret, None));
}

#[test]
fn a_server_recognises_a_proof_without_keeping_it() {
    let auth = LinkAuth::generate(&mut rng(4));
    assert_eq!(auth.hash(), auth_hash(auth.expose()));
    assert_ne!(&auth.hash(), auth.expose());
    assert!(proves(auth.expose(), &auth.hash()));
    assert!(!proves(&[0; 32], &auth.hash()));
    assert!(!proves(&auth.hash(), &auth.hash()));
}

#[test]
fn a_grant_opens_for_its_link_and_node_only() {
    let (wrap, mut rng) = (LinkWrapKey::generate(&mut rng(5)), rng(6));
    let (grant, id) = (Grant::Folder(folder()), [9; 16]);
    let sealed = grant.seal(&wrap, &id, &[4; 16], &[3; 16], &mut rng);
    assert_eq!(
        Grant::open(&wrap, &id, &[4; 16], &[3; 16], &sealed),
        Ok(grant.clone())
    );
    for (id, volume, node) in [
        ([8; 16], [4; 16], [3; 16]),
        (id, [3; 16], [3; 16]),
        (id, [4; 16], [4; 16]),
    ] {
        assert_eq!(
            Grant::open(&wrap, &id, &volume, &node, &sealed),
            Err(Error::CannotOpen)
        );
    }
    assert!(damaged(&sealed).all(|bytes| Grant::open(&wrap, &id, &[4; 16], &[3; 16], &bytes).is_err()));
    // A sharer who says one folder outside and another inside is refused too.
    let lying = grant.seal(&wrap, &id, &[4; 16], &[7; 16], &mut rng);
    assert!(Grant::open(&wrap, &id, &[4; 16], &[7; 16], &lying).is_err());
}

#[test]
fn a_grant_of_a_file_is_its_record() {
    let (wrap, mut rng) = (LinkWrapKey::generate(&mut rng(5)), rng(6));
    let (grant, id) = (Grant::File(file()), [9; 16]);
    let sealed = grant.seal(&wrap, &id, &[4; 16], &[3; 16], &mut rng);
    assert_eq!(Grant::open(&wrap, &id, &[4; 16], &[3; 16], &sealed), Ok(grant));
}

#[test]
fn an_archived_link_comes_back_whole() {
    let (key, mut rng) = (ArchiveKey::generate(&mut rng(7)), rng(8));
    for needs_password in [false, true] {
        let archived = Archived {
            secret: LinkSecret::generate(&mut rng),
            needs_password,
            wrap: LinkWrapKey::generate(&mut rng),
        };
        let sealed = archived.seal(&key, &[1; 16], &[2; 16], &mut rng);
        assert_eq!(Archived::open(&key, &[1; 16], &[2; 16], &sealed), Ok(archived));
        assert!(Archived::open(&key, &[1; 16], &[3; 16], &sealed).is_err());
        assert!(Archived::open(&key, &[3; 16], &[2; 16], &sealed).is_err());
    }
}
