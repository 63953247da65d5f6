//! A server that lies about contents, and transfers that break off. Rows B3, B4, B6, B7, B9.

use std::collections::HashMap;
use std::rc::Rc;

use postern_client::http::{Method, Request, Response};
use postern_client::transfer::{Checkpoint, LocalLanes, Upload, upload};
use postern_client::{Drive, Error};

use crate::world::{Buffer, Phone, Server, get, noise, put, put_together};

cases!(
    b3_a_flipped_bit_is_refused_wherever_it_is,
    b4_chunks_cannot_change_places,
    b6_another_range_than_the_one_asked_for_is_refused,
    b4_a_content_in_the_place_of_another_is_refused,
    b3_a_flipped_bit_in_a_bundle_spoils_one_content_and_is_not_asked_about_again,
    b4_contents_of_a_bundle_cannot_change_places,
    b6_a_bundle_of_another_length_is_refused,
    b7_an_upload_goes_on_only_with_the_same_file_and_sends_no_part_twice,
    b7_two_uploads_of_one_file_share_no_key,
);

const SIZE: usize = 20_000_000;
const SEGMENT: usize = 8 << 20;

/// Downloads while the server lies. What the sink has got by then must be a beginning of the truth, in whole segments.
async fn refuses(server: &Server, what: &str, lie: impl Fn(&Request, &mut Response) + 'static) {
    let (phone, drive) = server.sign_in("alice").await;
    let node = drive.resolve("film").await.expect("it is there");
    let content = drive.content(node).await.expect("a file");
    phone.evil.tells(move |request, response| {
        if request.path.starts_with("/contents/") {
            lie(request, response);
        }
    });
    let mut sink = Buffer::default();
    let outcome = drive
        .download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
        .await;
    assert_eq!(outcome, Err(Error::NotAuthentic), "{what}");
    let got = sink.take();
    assert!(
        got.len() % SEGMENT == 0 && noise(SIZE).starts_with(&got),
        "{what}: {} bytes",
        got.len()
    );
}

async fn film(server: &Server) -> (Phone, Drive) {
    let (phone, drive) = server.sign_up("alice").await;
    put(&drive, drive.account().root(), "film", &noise(SIZE))
        .await
        .expect("put");
    (phone, drive)
}

/// Whether a request asks for segment `segment`.
pub(crate) fn asks_for(request: &Request, segment: u64) -> bool {
    let start = if segment == 0 {
        0
    } else {
        80 + segment * 128 * (65_536 + 16)
    };
    request
        .headers
        .iter()
        .any(|(name, value)| *name == "range" && value.starts_with(&format!("bytes={start}-")))
}

async fn b3_a_flipped_bit_is_refused_wherever_it_is() {
    let server = Server::start();
    film(&server).await;
    for (segment, position) in [
        (0, 0),
        (0, 30),
        (0, 79),
        (0, 80),
        (0, 65_632),
        (1, 0),
        (1, 5_000_000),
        (2, 3_000_000),
    ] {
        refuses(&server, "flipped", move |request, response| {
            if asks_for(request, segment) {
                let mut bytes = response.body.to_vec();
                bytes[position] ^= 1;
                response.body = bytes.into();
            }
        })
        .await;
    }
}

async fn b4_chunks_cannot_change_places() {
    let server = Server::start();
    film(&server).await;
    refuses(&server, "swapped", |request, response| {
        if asks_for(request, 1) {
            let (chunk, mut bytes) = (65_552, response.body.to_vec());
            let (first, second) = bytes.split_at_mut(chunk);
            first.swap_with_slice(&mut second[..chunk]);
            response.body = bytes.into();
        }
    })
    .await;
}

async fn b6_another_range_than_the_one_asked_for_is_refused() {
    let server = Server::start();
    film(&server).await;
    refuses(&server, "the status of a whole", |_, response| {
        response.status = 200;
    })
    .await;
    refuses(&server, "no range", |_, response| response.content_range = None).await;
    refuses(&server, "another range", |_, response| {
        response.content_range = Some("bytes 0-1/100".to_owned());
    })
    .await;
    refuses(&server, "a shorter body", |request, response| {
        if asks_for(request, 2) {
            response.body.truncate(response.body.len() - 1);
        }
    })
    .await;
    refuses(&server, "nothing", |_, response| response.body.clear()).await;
}

/// Reads three small files of one length in one request, of which the server changes the answer.
async fn bundle(lie: impl Fn(&mut Vec<u8>) + 'static) -> Result<Vec<Result<Vec<u8>, Error>>, Error> {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let files = ["a", "b", "c"].map(|name| (name, vec![name.as_bytes()[0]; 500]));
    let nodes = put_together(&drive, drive.account().root(), &files)
        .await
        .expect("put");
    phone.evil.tells(move |request, response| {
        if request.path == "/contents/read" {
            let mut bytes = response.body.to_vec();
            lie(&mut bytes);
            response.body = bytes.into();
        }
    });
    phone.evil.asked();
    let read = drive.read_small(&nodes).await;
    assert_eq!(
        phone.evil.asked_paths(),
        ["/contents/read"],
        "asked once, whatever came"
    );
    read
}

/// A header, 500 bytes, and their tag.
const SMALL: usize = 80 + 500 + 16;

async fn b3_a_flipped_bit_in_a_bundle_spoils_one_content_and_is_not_asked_about_again() {
    for position in [0, 30, 79, 80, 579, SMALL - 1] {
        let read = bundle(move |bytes| bytes[SMALL + position] ^= 1)
            .await
            .expect("of one length");
        assert_eq!(read[0].as_ref().map(Vec::len), Ok(500), "{position}");
        assert_eq!(read[1], Err(Error::NotAuthentic), "{position}");
        assert_eq!(read[2].as_ref().map(Vec::len), Ok(500), "{position}");
    }
}

async fn b4_contents_of_a_bundle_cannot_change_places() {
    let read = bundle(|bytes| {
        let (first, rest) = bytes.split_at_mut(SMALL);
        first.swap_with_slice(&mut rest[..SMALL]);
    });
    let read = read.await.expect("of one length");
    assert_eq!(read[..2], [Err(Error::NotAuthentic), Err(Error::NotAuthentic)]);
    assert_eq!(read[2], Ok(vec![b'c'; 500]));
}

async fn b6_a_bundle_of_another_length_is_refused() {
    assert_eq!(
        bundle(|bytes| bytes.truncate(bytes.len() - 1)).await,
        Err(Error::NotAuthentic)
    );
    assert_eq!(bundle(|bytes| bytes.push(0)).await, Err(Error::NotAuthentic));
    assert_eq!(bundle(Vec::clear).await, Err(Error::NotAuthentic));
}

async fn b4_a_content_in_the_place_of_another_is_refused() {
    let server = Server::start();
    let (_, drive) = film(&server).await;
    put(&drive, drive.account().root(), "other", &noise(SIZE + 1)[..SIZE])
        .await
        .expect("put");
    let other = drive
        .content(drive.resolve("other").await.expect("there"))
        .await
        .expect("a file")
        .id;
    let (phone, drive) = server.sign_in("alice").await;
    let node = drive.resolve("film").await.expect("it is there");
    let swap = Rc::clone(&phone.evil);
    let theirs = get_raw(&phone, &drive, other).await;
    swap.tells(move |request, response| {
        if asks_for(request, 0) {
            response.body = theirs.clone();
        }
    });
    assert_eq!(get(&drive, node).await, Err(Error::NotAuthentic));
}

/// The first segment of a content as the server stores it.
async fn get_raw(phone: &Phone, drive: &Drive, content: [u8; 16]) -> bytes::Bytes {
    let node = drive.resolve("other").await.expect("it is there");
    let seen = Rc::new(std::cell::RefCell::new(bytes::Bytes::new()));
    let keep = Rc::clone(&seen);
    phone.evil.tells(move |request, response| {
        if asks_for(request, 0) {
            *keep.borrow_mut() = response.body.clone();
        }
    });
    get(drive, node).await.expect("the truth");
    assert_eq!(seen.borrow()[8..24], content);
    seen.take()
}

async fn b7_an_upload_goes_on_only_with_the_same_file_and_sends_no_part_twice() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let bytes = noise(SIZE);
    phone.evil.tells(|request, response| {
        if request.path.ends_with("/parts/1") {
            response.status = 500;
        }
    });
    assert_eq!(send(&drive, &bytes).await, Err(Error::Unavailable));
    phone.evil.tells_the_truth();

    let mut edited = bytes.clone();
    edited[100] ^= 1;
    assert_eq!(send(&drive, &edited).await, Err(Error::FileDiffers));
    assert_eq!(send(&drive, &bytes[1..]).await, Err(Error::FileDiffers));
    send(&drive, &bytes).await.expect("the same file goes on");

    let mut sent: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    for asked in phone.evil.asked() {
        if asked.method == Method::Put && asked.path.contains("/parts/") {
            sent.entry(asked.path).or_default().push(asked.body);
        }
    }
    // One content, three parts, and never two texts under one key and nonce.
    assert_eq!(sent.len(), 3);
    assert!(
        sent.values()
            .all(|bodies| bodies.iter().all(|body| *body == bodies[0]))
    );
    let first = sent
        .iter()
        .find(|(path, _)| path.ends_with("/parts/0"))
        .expect("it was sent");
    assert_eq!(first.1.len(), 1, "what was there was not sent again");
}

async fn b7_two_uploads_of_one_file_share_no_key() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let root = drive.account().root();
    let one = put(&drive, root, "one", b"the same").await.expect("put");
    let two = put(&drive, root, "two", b"the same").await.expect("put");
    let (one, two) = (
        drive.content(one).await.expect("a file"),
        drive.content(two).await.expect("a file"),
    );
    assert!(one.key != two.key && one.id != two.id && one.digest != two.digest);
}

async fn send(drive: &Drive, bytes: &[u8]) -> postern_client::Result<u64> {
    let lanes = LocalLanes::new(drive.account().api().clone(), Rc::new(Buffer::of(bytes)), 1);
    let what = Upload {
        size_bytes: Some(bytes.len() as u64),
        journal: Some("film"),
    };
    upload(drive.account(), what, &lanes, &|_| {})
        .await
        .map(|content| content.size)
}
