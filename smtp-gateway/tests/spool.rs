//! The spool, on a real disk.

use std::fs;
use std::path::Path;

use postern_domain::store::NewCopy;
use postern_protocol::{AccountId, MessageId, TimeMs};
use postern_smtp_gateway::spool::{Batch, LARGEST_SMALL, Seen, Spool, SpoolError, SpooledMail};
use tempfile::TempDir;

const SMALL_BYTES: usize = 512 << 10;

fn open(folder: &Path) -> Spool {
    Spool::open(folder, SMALL_BYTES).expect("the spool opens")
}

fn mail(number: u8, body_bytes: usize) -> SpooledMail {
    let copy = NewCopy {
        account: AccountId([2; 16]),
        sealed_to: [3; 32],
        envelope: vec![4; 1_500].into(),
    };
    SpooledMail {
        message: MessageId([number; 16]),
        received: TimeMs(5),
        body_bytes: body_bytes as u64,
        summary: b"sealed summary"[..].into(),
        copies: vec![copy],
    }
}

async fn try_keep(spool: &Spool, number: u8, body_bytes: usize) -> Result<(), SpoolError> {
    let mail = mail(number, body_bytes);
    let mut draft = spool.draft(mail.message);
    for piece in vec![number; body_bytes].chunks(10_000) {
        draft.write(piece).await?;
    }
    assert_eq!(draft.size_bytes(), body_bytes as u64);
    match spool.claim(None, mail.received) {
        Seen::Never(claim) => draft.keep(&mail, claim).await,
        seen => panic!("a message without a name is always new: {seen:?}"),
    }
}

async fn keep(spool: &Spool, number: u8, body_bytes: usize) {
    try_keep(spool, number, body_bytes).await.expect("kept");
}

/// The numbers of the messages, whose bodies are all there.
fn numbers(batch: &Batch) -> Vec<u8> {
    let mails = batch
        .mails()
        .expect("the disk works")
        .into_iter()
        .map(|waiting| waiting.expect("whole"));
    let number = |waiting: postern_smtp_gateway::spool::WaitingMail| {
        let number = waiting.mail.message.0[0];
        let size_bytes = usize::try_from(waiting.mail.body_bytes).expect("small");
        assert_eq!(waiting.mail, mail(number, size_bytes));
        let body = match (waiting.body_here(), waiting.body_file()) {
            (Some(bytes), None) => bytes.to_vec(),
            (None, Some(path)) => fs::read(path).expect("is there")[..size_bytes].to_vec(),
            other => panic!("{other:?}"),
        };
        assert_eq!(body, vec![number; size_bytes]);
        number
    };
    mails.map(number).collect()
}

fn count(folder: &TempDir, name: &str) -> usize {
    fs::read_dir(folder.path().join(name)).expect("a folder").count()
}

const SIZES: [usize; 5] = [0, 10_000, LARGEST_SMALL, LARGEST_SMALL + 1, 300_000];

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
    assert_eq!((spool.load().messages, count(&folder, "mail")), (2, 2));
    drop(spool);
    let spool = reopen(folder.path()).await;
    let batch = spool.oldest(100).await;
    assert_eq!(numbers(&batch), [3, 4]);
    batch.done().await.expect("the disk works");
    drop(spool);
    let spool = reopen(folder.path()).await;
    assert_eq!((spool.load().messages, count(&folder, "mail")), (0, 0));
}

/// The one before may still be writing its last.
async fn reopen(folder: &Path) -> Spool {
    loop {
        match Spool::open(folder, SMALL_BYTES) {
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
    let other = Spool::open(folder.path(), SMALL_BYTES);
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
    for left in ["arriving/x", "mail/x", "journal.new", "small.new", "recent.new"] {
        fs::write(folder.path().join(left), b"left").expect("written");
    }
    keep(&spool, 7, 100_000).await;
    drop(spool);
    let spool = reopen(folder.path()).await;
    assert_eq!((count(&folder, "arriving"), count(&folder, "mail")), (0, 1));
    for left in ["journal.new", "small.new", "recent.new"] {
        assert!(!folder.path().join(left).exists(), "{left}");
    }
    assert_eq!(numbers(&spool.oldest(10).await), [7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_all_kept_in_some_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let keeping = (0..40_u8).map(|number| {
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
async fn a_spool_that_is_full_says_so_and_takes_more_when_some_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let mut kept = 0;
    let full = loop {
        match try_keep(&spool, kept, 10_000).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, SpoolError::Full), "{full}");
    assert!(kept > 30, "{kept}");
    // Larger ones are files, and do not need that room.
    for number in 100..110 {
        keep(&spool, number, 20_000).await;
    }
    assert_eq!(count(&folder, "mail"), 10);
    let batch = spool.oldest(20).await;
    assert_eq!(numbers(&batch), (0..20).collect::<Vec<_>>());
    batch.done().await.expect("the disk works");
    keep(&spool, 255, 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_no_file_goes_that_the_journal_names_still() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = open(folder.path());
    let keeping = (0..20_u8).map(|number| {
        let spool = spool.clone();
        tokio::spawn(async move { keep(&spool, number, 20_000).await })
    });
    for kept in keeping.collect::<Vec<_>>() {
        kept.await.expect("kept");
    }
    for done in 0..20 {
        let copy = tempfile::tempdir().expect("a folder");
        for part in ["journal", "small", "recent"] {
            fs::copy(folder.path().join(part), copy.path().join(part)).expect("copied");
        }
        fs::create_dir(copy.path().join("mail")).expect("made");
        for file in fs::read_dir(folder.path().join("mail")).expect("a folder") {
            let file = file.expect("listed");
            let to = copy.path().join("mail").join(file.file_name());
            fs::copy(file.path(), to).expect("copied");
        }
        // As it would be found by who comes after a crash now.
        let waiting = numbers(&open(copy.path()).oldest(100).await);
        assert!(waiting.len() >= 20 - done, "{done}: {waiting:?}");
        spool.oldest(1).await.done().await.expect("the disk works");
    }
    assert_eq!(count(&folder, "mail"), 0);
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
        assert_eq!(&bytes[..size_bytes], vec![[1, 2][place]; size_bytes]);
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
    let name = |number: u8| {
        folder
            .path()
            .join("mail")
            .join(format!("{number:02x}").repeat(16))
    };
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
