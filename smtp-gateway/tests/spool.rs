//! The spool, on a real disk.

use std::fs;
use std::path::Path;

use postern_domain::store::NewCopy;
use postern_protocol::{AccountId, MessageId, TimeMs};
use postern_smtp_gateway::spool::{Batch, LARGEST_IN_JOURNAL, Spool, SpoolError, SpooledMail};
use tempfile::TempDir;

const JOURNAL_BYTES: usize = 512 << 10;

fn open(folder: &Path) -> Spool {
    Spool::open(folder, JOURNAL_BYTES).expect("the spool opens")
}

fn id(number: u16) -> MessageId {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    MessageId(id)
}

/// What a body is full of.
fn fill(number: u16) -> u8 {
    number.to_le_bytes()[0]
}

fn mail(number: u16, body_bytes: usize) -> SpooledMail {
    let copy = NewCopy {
        account: AccountId([2; 16]),
        sealed_to: [3; 32],
        envelope: vec![4; 1_500].into(),
    };
    SpooledMail {
        message: id(number),
        received: TimeMs(5),
        body_bytes: body_bytes as u64,
        summary: b"sealed summary"[..].into(),
        copies: vec![copy],
    }
}

async fn try_keep(spool: &Spool, number: u16, body_bytes: usize) -> Result<(), SpoolError> {
    let mail = mail(number, body_bytes);
    let mut draft = spool.draft(mail.message);
    for piece in vec![fill(number); body_bytes].chunks(10_000) {
        draft.write(piece).await?;
    }
    assert_eq!(draft.size_bytes(), body_bytes as u64);
    draft.keep(&mail).await
}

async fn keep(spool: &Spool, number: u16, body_bytes: usize) {
    try_keep(spool, number, body_bytes).await.expect("kept");
}

/// The numbers of the messages, whose bodies are all there.
fn numbers(batch: &Batch) -> Vec<u16> {
    let mails = batch
        .mails()
        .expect("the disk works")
        .into_iter()
        .map(|waiting| waiting.expect("whole"));
    let number = |waiting: postern_smtp_gateway::spool::WaitingMail| {
        let [high, low, ..] = waiting.mail.message.0;
        let number = u16::from_be_bytes([high, low]);
        let size_bytes = usize::try_from(waiting.mail.body_bytes).expect("small");
        assert_eq!(waiting.mail, mail(number, size_bytes));
        let body = match (waiting.body_here(), waiting.body_file()) {
            (Some(bytes), None) => bytes.to_vec(),
            (None, Some(path)) => fs::read(path).expect("is there")[..size_bytes].to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(body, vec![fill(number); size_bytes]);
        number
    };
    mails.map(number).collect()
}

fn count(folder: &TempDir, name: &str) -> usize {
    fs::read_dir(folder.path().join(name)).expect("a folder").count()
}

const SIZES: [usize; 5] = [0, 10_000, LARGEST_IN_JOURNAL, LARGEST_IN_JOURNAL + 1, 300_000];

#[tokio::test]
async fn what_was_kept_waits_until_it_is_done_whoever_opens_the_spool() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    for (number, size) in (0..).zip(SIZES) {
        keep(&spool, number, size).await;
    }
    assert_eq!(
        (
            spool.load().messages,
            count(&folder, "mail"),
            count(&folder, "arriving")
        ),
        (5, 3, 0)
    );
    drop(spool);
    let spool = reopen(folder.path()).await;
    let batch = spool.oldest(3).await;
    assert_eq!(numbers(&batch), [0, 1, 2]);
    batch.done().await.expect("the disk works");
    // Written anew, the journal has all of them in one item, which goes as a whole, and the files with it.
    assert_eq!((spool.load().messages, count(&folder, "mail")), (2, 3));
    drop(spool);
    let spool = reopen(folder.path()).await;
    let batch = spool.oldest(100).await;
    // What was handed on of it comes again: that is harmless.
    assert_eq!(numbers(&batch), [0, 1, 2, 3, 4]);
    batch.done().await.expect("the disk works");
    drop(spool);
    let spool = reopen(folder.path()).await;
    assert_eq!((spool.load().messages, count(&folder, "mail")), (0, 0));
}

/// The one before may still be writing its last.
async fn reopen(folder: &Path) -> Spool {
    loop {
        match Spool::open(folder, JOURNAL_BYTES) {
            Err(SpoolError::Disk(error)) if error.kind() == std::io::ErrorKind::ResourceBusy => {
                tokio::task::yield_now().await;
            }
            opened => return opened.expect("the spool opens"),
        }
    }
}

#[tokio::test]
async fn nobody_else_opens_a_spool_that_is_in_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let _spool = open(folder.path());
    let other = Spool::open(folder.path(), JOURNAL_BYTES);
    assert!(matches!(other, Err(SpoolError::Disk(_))), "{other:?}");
}

#[tokio::test]
async fn what_was_not_kept_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let mut draft = spool.draft(MessageId([1; 16]));
    draft.write(&[1; 300_000]).await.expect("there is room");
    assert_eq!(count(&folder, "arriving"), 1);
    drop(draft);
    assert_eq!(
        (
            spool.load().messages,
            count(&folder, "arriving"),
            count(&folder, "mail")
        ),
        (0, 0, 0)
    );
    // As a process leaves it that dies meanwhile, and one that dies between the file and the journal.
    for left in ["arriving/x", "mail/x", "journal.new"] {
        fs::write(folder.path().join(left), b"left").expect("written");
    }
    keep(&spool, 7, 100_000).await;
    drop(spool);
    let spool = reopen(folder.path()).await;
    assert_eq!((count(&folder, "arriving"), count(&folder, "mail")), (0, 1));
    assert!(!folder.path().join("journal.new").exists());
    assert_eq!(numbers(&spool.oldest(10).await), [7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_kept_in_some_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let keeping = (0..40_u16).map(|number| {
        let spool = spool.clone();
        tokio::spawn(async move { keep(&spool, number, usize::from(number) * 700).await })
    });
    for kept in keeping.collect::<Vec<_>>() {
        kept.await.expect("kept");
    }
    let mut there = numbers(&spool.oldest(100).await);
    there.sort_unstable();
    assert!(there.into_iter().eq(0..40));
}

#[tokio::test]
async fn a_journal_that_is_full_says_so_and_takes_more_when_some_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let mut kept = 0;
    let full = loop {
        match try_keep(&spool, kept, 10_000).await {
            Ok(()) => kept += 1_u16,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, SpoolError::Full), "{full}");
    assert!(kept > 30, "{kept}");
    // A file needs little of the journal, but that it does not have either, sooner or later.
    let mut files = 0_u16;
    while try_keep(&spool, 10_000 + files, 20_000).await.is_ok() {
        files += 1;
    }
    assert_eq!(count(&folder, "mail"), usize::from(files));
    // A page becomes free when all that is in it was handed on.
    let batch = spool.oldest(150).await;
    assert_eq!(numbers(&batch), (0..150).collect::<Vec<_>>());
    batch.done().await.expect("the disk works");
    keep(&spool, 9_999, 10_000).await;
}

#[tokio::test]
async fn what_cannot_be_handed_on_is_set_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    keep(&spool, 1, 100).await;
    keep(&spool, 2, 100_000).await;
    let batch = spool.oldest(10).await;
    for place in [0, 1, 0, 1] {
        let aside = batch.set_aside(place).expect("the disk works");
        let size_bytes = [100, 100_000][place];
        let bytes = fs::read(aside).expect("is there");
        assert_eq!(&bytes[..size_bytes], vec![[1_u8, 2][place]; size_bytes]);
    }
    batch.done().await.expect("the disk works");
    assert_eq!(
        (
            spool.load().messages,
            count(&folder, "mail"),
            count(&folder, "aside")
        ),
        (0, 0, 2)
    );
}

#[tokio::test]
async fn a_message_that_is_damaged_is_told_and_holds_up_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    for number in 1..4 {
        keep(&spool, number, 50_000).await;
    }
    let name = |number: u16| folder.path().join("mail").join(format!("{number:04x}{:028}", 0));
    fs::remove_file(name(1)).expect("is there");
    let mut bytes = fs::read(name(2)).expect("is there");
    bytes[50_100] ^= 1;
    fs::write(name(2), bytes).expect("written");
    let batch = spool.oldest(10).await;
    let whole: Vec<_> = batch
        .mails()
        .expect("the disk works")
        .iter()
        .map(Result::is_ok)
        .collect();
    assert_eq!(whole, [false, false, true]);
    batch.set_aside(0).expect("is gone");
    batch.set_aside(1).expect("is there");
    batch.done().await.expect("the disk works");
    assert_eq!((spool.load().messages, count(&folder, "aside")), (0, 1));
}
