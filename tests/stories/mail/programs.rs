//! The commands for mail, as somebody types them.

use std::fs;

use postern_tests::{Carrier, Server, Setup};
use serde_json::Value;
use tempfile::TempDir;

use super::{ALICE, Mailbox, letter, was_taken};

fn json(answer: &str) -> Value {
    serde_json::from_str(answer).expect("answers are JSON")
}

/// A mailbox with these letters in it.
fn with_letters(server: &Server, subjects: &[&str]) -> Mailbox {
    let mailbox = Mailbox::of_alice(server);
    let mut carrier = Carrier::to(server.mail()).expect("it listens");
    for subject in subjects {
        let reply = carrier
            .brings(ALICE, &letter(subject, 2_000))
            .expect("it answers");
        assert!(was_taken(&reply), "{reply}");
    }
    mailbox.letters_once_there_are(subjects.len());
    mailbox
}

#[test]
fn letters_are_found_by_their_words() {
    let setup = Setup::folder_and_sqlite();
    let server = setup.start();
    let mailbox = with_letters(&server, &["harvest", "winter"]);
    let found = |query: &str| {
        let answer = json(&mailbox.owner.run(["--json", "mail", "search", query]));
        let subject = |found: &Value| found["subject"].as_str().unwrap_or_default().to_owned();
        answer["messages"]
            .as_array()
            .expect("a list")
            .iter()
            .map(subject)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("harv"), ["harvest"]);
    assert_eq!(found("body:fox from:bob"), ["winter", "harvest"]);
    assert!(found("body:wolf").is_empty());
    assert!(mailbox.owner.run(["mail", "search", "winter"]).contains("winter"));
    let mistaken = mailbox
        .owner
        .typed(["mail", "search", "after:yesterday"])
        .ends_with(2);
    assert!(mistaken.stderr.contains("yesterday"), "{}", mistaken.stderr);
}

#[test]
fn all_letters_are_saved_in_one_file_and_come_back() {
    let setup = Setup::folder_and_sqlite();
    let server = setup.start();
    let (mailbox, folder) = (
        with_letters(&server, &["harvest", "winter"]),
        TempDir::new().expect("a folder"),
    );
    let file = folder.path().join("all.mbox");
    let path = file.to_str().expect("a path");
    let saved = json(
        &mailbox
            .owner
            .run(["--json", "mail", "export", "--all", "-o", path]),
    );
    assert_eq!(
        (saved["messages"].as_u64(), saved["left_out"].as_u64()),
        (Some(2), Some(0))
    );
    let archive = fs::read(&file).expect("it was saved");
    assert_eq!(saved["size_bytes"].as_u64(), Some(archive.len() as u64));
    // What is there is not written over, and nothing else lies about.
    mailbox
        .owner
        .typed(["mail", "export", "--all", "-o", path])
        .ends_with(1);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    let piped = mailbox
        .owner
        .typed(["mail", "export", "--all", "-o", "-"])
        .succeeds();
    assert_eq!(piped.stdout, archive);

    let again = json(&mailbox.owner.run(["--json", "mail", "import", path]));
    assert_eq!(
        (again["imported"].as_u64(), again["skipped"].as_u64()),
        (Some(0), Some(2))
    );
    for letter in mailbox.letters() {
        mailbox.owner.run(["mail", "rm", "--for-good", "--", &letter.id]);
    }
    let back = json(&mailbox.owner.run(["--json", "mail", "import", path]));
    assert_eq!(back["imported"].as_u64(), Some(2));
    let kept = mailbox
        .letters()
        .iter()
        .map(|letter| mailbox.export(letter))
        .collect::<Vec<_>>();
    assert!(kept.contains(&letter("harvest", 2_000)) && kept.contains(&letter("winter", 2_000)));
}

#[test]
fn a_maildir_gets_what_it_does_not_have_and_comes_back() {
    let setup = Setup::folder_and_sqlite();
    let server = setup.start();
    let (mailbox, folder) = (
        with_letters(&server, &["harvest", "winter"]),
        TempDir::new().expect("a folder"),
    );
    let maildir = folder.path().join("Maildir");
    let path = maildir.to_str().expect("a path");
    let harvest = mailbox
        .letters()
        .into_iter()
        .find(|letter| letter.subject == "harvest");
    let harvest = harvest.expect("it came").id;
    mailbox
        .owner
        .run(["mail", "mark", "--star", "--read", "--", &harvest]);
    mailbox.owner.run(["mail", "mv", "--", &harvest, "sent"]);
    let save = || json(&mailbox.owner.run(["--json", "mail", "export", "--maildir", path]));
    let saved = save();
    assert_eq!(
        (saved["saved"].as_u64(), saved["skipped"].as_u64()),
        (Some(2), Some(0))
    );
    let sent: Vec<_> = fs::read_dir(maildir.join(".sent/cur"))
        .expect("a folder")
        .flatten()
        .collect();
    assert!(sent[0].file_name().to_string_lossy().ends_with(":2,FS"));
    assert_eq!(
        fs::read(sent[0].path()).expect("a letter"),
        letter("harvest", 2_000)
    );
    assert_eq!(save()["skipped"].as_u64(), Some(2));

    for letter in mailbox.letters() {
        mailbox.owner.run(["mail", "rm", "--for-good", "--", &letter.id]);
    }
    let back = json(&mailbox.owner.run(["--json", "mail", "import", path]));
    assert_eq!(back["imported"].as_u64(), Some(2));
    let listed = json(&mailbox.owner.run(["--json", "mail", "ls", "sent"]));
    let listed = &listed["messages"][0];
    assert_eq!(
        (listed["subject"].as_str(), listed["starred"].as_bool()),
        (Some("harvest"), Some(true))
    );
    let other = folder.path().to_str().expect("a path");
    mailbox
        .owner
        .typed(["mail", "export", "--maildir", other])
        .ends_with(1);
}
