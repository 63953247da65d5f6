//! Many files on their way at once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use async_trait::async_trait;
use futures::join;
use postern_client::drive::{IfTaken, NewFile};
use postern_client::http::{Method, Request};
use postern_client::protocol::{NodeId, TimeMs};
use postern_client::transfer::{Lanes, LocalLanes, News, Outgoing, Sending, abandon};
use postern_client::{Content, Drive, Error, Patience, Result};

use serde_json::json;

use crate::platform::pause;
use crate::world::{Buffer, Phone, Server, get, noise, put};

cases!(
    files_of_every_size_come_in_few_requests,
    a_file_that_cannot_be_read_holds_up_no_other,
    a_file_whose_name_is_taken_holds_up_no_other,
    a_file_that_is_stopped_leaves_its_bundle_and_may_come_again,
    a_file_that_is_stopped_on_its_way_goes_on_where_it_was,
    a_file_that_is_given_up_weighs_nothing,
    a_file_that_waits_for_its_folder_can_be_stopped,
    a_file_that_is_added_twice_is_sent_once,
    a_file_that_is_added_meanwhile_is_sent_as_well,
    what_the_server_does_not_do_now_is_tried_again,
    without_patience_a_server_that_is_away_ends_the_whole,
    another_file_than_the_one_that_was_begun_is_refused_or_begins_anew,
    what_the_server_has_dropped_begins_anew_under_another_key_and_once,
);

const LARGE: usize = 30_000_000;
const PATIENCE: Patience = Patience {
    first_ms: 1,
    longest_ms: 2,
};

/// A file that is to be sent.
struct Paper {
    drive: Rc<Drive>,
    id: NodeId,
    name: String,
    bytes: RefCell<Vec<u8>>,
    is_readable: bool,
    starts_over: bool,
    times_read: Cell<u32>,
    news: RefCell<Vec<News>>,
}

impl Paper {
    fn new(drive: &Rc<Drive>, name: &str, bytes: Vec<u8>) -> Self {
        Self {
            drive: Rc::clone(drive),
            id: drive.account().surroundings().new_id(),
            name: name.to_owned(),
            bytes: RefCell::new(bytes),
            is_readable: true,
            starts_over: false,
            times_read: Cell::new(0),
            news: RefCell::default(),
        }
    }

    fn last_news(&self) -> Option<News> {
        self.news.borrow().last().cloned()
    }

    fn bytes_told(&self) -> u64 {
        let told = self.news.borrow();
        let bytes = told.iter().rev().find_map(|news| match news {
            News::Progress(bytes) => Some(*bytes),
            _ => None,
        });
        bytes.unwrap_or(0)
    }

    fn read_again(&self) -> Result<Vec<u8>> {
        self.times_read.set(self.times_read.get() + 1);
        if self.is_readable {
            Ok(self.bytes.borrow().clone())
        } else {
            Err(Error::Unreadable("it is gone".to_owned()))
        }
    }

    async fn expect_there(&self) {
        assert_eq!(self.last_news(), Some(News::Done), "{}", self.name);
        let there = get(&self.drive, self.id).await.expect("it is there");
        assert!(there == *self.bytes.borrow(), "{}", self.name);
    }
}

#[async_trait(?Send)]
impl Outgoing for Paper {
    fn id(&self) -> NodeId {
        self.id
    }

    fn size_bytes(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }

    async fn read(files: &[Rc<Self>]) -> Vec<Result<Vec<u8>>> {
        files.iter().map(|paper| paper.read_again()).collect()
    }

    fn lanes(&self) -> Result<Box<dyn Lanes>> {
        let source = Rc::new(Buffer::of(&self.bytes.borrow()));
        let api = self.drive.account().api().clone();
        Ok(Box::new(LocalLanes::new(api, source, 2)))
    }

    fn journal(&self) -> String {
        self.name.clone()
    }

    fn starts_over(&self) -> bool {
        self.starts_over
    }

    async fn place(&self, content: Content) -> Result<NewFile> {
        Ok(NewFile {
            node: Some(self.id),
            parent: self.drive.account().root(),
            name: self.name.clone(),
            if_taken: IfTaken::Replace,
            modified: TimeMs(1),
            media_type: String::new(),
            content,
        })
    }

    fn tell(&self, news: News) {
        self.news.borrow_mut().push(news);
    }
}

struct Desk {
    phone: Phone,
    drive: Rc<Drive>,
    sending: Sending<Paper>,
}

impl Desk {
    async fn new(patience: Option<Patience>) -> Self {
        let (phone, drive) = Server::start().sign_up("alice").await;
        drive.list(None).await.expect("listed");
        phone.evil.asked();
        let drive = Rc::new(drive);
        let sending = Sending::new(Rc::clone(&drive), patience);
        Self {
            phone,
            drive,
            sending,
        }
    }

    fn paper(&self, name: &str, bytes: Vec<u8>) -> Paper {
        Paper::new(&self.drive, name, bytes)
    }

    fn add(&self, paper: Paper) -> Rc<Paper> {
        let paper = Rc::new(paper);
        self.sending.add(Rc::clone(&paper));
        paper
    }

    /// Until some of it is at the server, and not all.
    async fn begin_and_stop(&self, film: &Paper) {
        let stop = async {
            while film.bytes_told() == 0 {
                pause().await;
            }
            self.sending.stop(&[film.id]).await;
        };
        let (ran, ()) = join!(self.sending.run(), stop);
        assert_eq!(ran, Ok(()));
    }

    fn add_small(&self, names: &[&str]) -> Vec<Rc<Paper>> {
        let small = names.iter().map(|name| self.paper(name, noise(name.len())));
        small.map(|paper| self.add(paper)).collect()
    }
}

fn brings_contents(request: &Request) -> bool {
    request.method == Method::Post && request.path == "/contents"
}

async fn files_of_every_size_come_in_few_requests() {
    let desk = Desk::new(None).await;
    let sizes = [0, 1, 128 << 10, (128 << 10) + 1, 3_000_000, 8 << 20, LARGE];
    let few = sizes
        .iter()
        .map(|size| desk.paper(&size.to_string(), noise(*size)));
    let many = (0..300).map(|n| desk.paper(&format!("letter {n}"), noise(n)));
    let papers: Vec<_> = few.chain(many).map(|paper| desk.add(paper)).collect();
    assert_eq!(desk.sending.run().await, Ok(()));
    let asked = desk.phone.evil.asked_paths().len();
    // Two bundles; two requests; two and four parts, each with a beginning and an end; a few changes of the drive.
    assert!(asked < 2 + 2 + 4 + 6 + 10, "{asked}");
    for paper in papers {
        paper.expect_there().await;
    }
}

async fn a_file_that_cannot_be_read_holds_up_no_other() {
    let desk = Desk::new(None).await;
    let small = desk.add_small(&["a", "bb"]);
    let gone = desk.add(Paper {
        is_readable: false,
        ..desk.paper("c", noise(3))
    });
    assert_eq!(desk.sending.run().await, Ok(()));
    let why = Error::Unreadable("it is gone".to_owned());
    assert_eq!(gone.last_news(), Some(News::Failed(why)));
    for paper in small {
        paper.expect_there().await;
    }
}

async fn a_file_whose_name_is_taken_holds_up_no_other() {
    let desk = Desk::new(None).await;
    let root = desk.drive.account().root();
    desk.drive.make_folder(root, "ccc").await.expect("made");
    let papers = desk.add_small(&["a", "bb", "ccc", "dddd", "not/a name"]);
    assert_eq!(desk.sending.run().await, Ok(()));
    for paper in papers {
        match paper.name.as_str() {
            "ccc" => assert_eq!(paper.last_news(), Some(News::Failed(Error::EntryExists))),
            "not/a name" => assert!(matches!(
                paper.last_news(),
                Some(News::Failed(Error::EntryName(_)))
            )),
            _ => paper.expect_there().await,
        }
    }
}

async fn a_file_that_is_stopped_leaves_its_bundle_and_may_come_again() {
    let desk = Desk::new(Some(PATIENCE)).await;
    let papers = desk.add_small(&["a", "bb", "ccc"]);
    let asked = Rc::new(Cell::new(0));
    let count = Rc::clone(&asked);
    desk.phone.evil.never_answers(move |request| {
        count.set(count.get() + u32::from(brings_contents(request)));
        brings_contents(request) && count.get() == 1
    });
    let stop = async {
        while asked.get() == 0 {
            pause().await;
        }
        desk.sending.stop(&[papers[1].id]).await;
    };
    let (ran, ()) = join!(desk.sending.run(), stop);
    assert_eq!(ran, Ok(()));
    papers[0].expect_there().await;
    papers[2].expect_there().await;
    assert_eq!(papers[1].last_news(), Some(News::Begun));
    assert_eq!(desk.drive.entry(papers[1].id).await, Err(Error::NotFound));

    desk.sending.add(Rc::clone(&papers[1]));
    assert_eq!(desk.sending.run().await, Ok(()));
    papers[1].expect_there().await;
    assert_eq!(
        papers[0].times_read.get(),
        2,
        "nothing that is done is done again"
    );
}

async fn a_file_that_is_stopped_on_its_way_goes_on_where_it_was() {
    let desk = Desk::new(Some(PATIENCE)).await;
    let film = desk.add(desk.paper("film", noise(LARGE)));
    desk.begin_and_stop(&film).await;
    let sent = desk.phone.evil.asked_paths();
    assert!(film.last_news() != Some(News::Done));

    desk.sending.add(Rc::clone(&film));
    assert_eq!(desk.sending.run().await, Ok(()));
    film.expect_there().await;
    let sent_again = desk.phone.evil.asked_paths();
    let parts = |paths: &[String]| paths.iter().filter(|path| path.contains("/parts/")).count();
    assert!(parts(&sent) >= 1 && parts(&sent_again) < 4, "{sent_again:?}");
}

async fn a_file_that_is_given_up_weighs_nothing() {
    let desk = Desk::new(Some(PATIENCE)).await;
    let film = desk.add(desk.paper("film", noise(LARGE)));
    desk.begin_and_stop(&film).await;
    let account = desk.drive.account();
    assert!(account.usage().await.expect("told").used_bytes > 0);
    for _ in 0..2 {
        abandon(account, &film.journal())
            .await
            .expect("given up, or so before");
        assert_eq!(account.usage().await.expect("told").used_bytes, 0);
    }
}

async fn a_file_that_waits_for_its_folder_can_be_stopped() {
    for all in [false, true] {
        let desk = Desk::new(Some(PATIENCE)).await;
        let letter = desk.add_small(&["a"]).remove(0);
        desk.phone.evil.tells(|request, response| {
            if request.path.starts_with("/volumes/") {
                response.status = 503;
            }
        });
        let is_waiting = || matches!(letter.last_news(), Some(News::Waiting(_)));
        let stop = async {
            while !is_waiting() {
                pause().await;
            }
            if all {
                desk.sending.stop_all();
            } else {
                desk.sending.stop(&[letter.id]).await;
            }
        };
        let (ran, ()) = join!(desk.sending.run(), stop);
        assert_eq!(ran, Ok(()));
        assert!(is_waiting(), "{:?}", letter.last_news());

        desk.phone.evil.tells_the_truth();
        desk.sending.add(Rc::clone(&letter));
        assert_eq!(desk.sending.run().await, Ok(()));
        letter.expect_there().await;
    }
}

async fn a_file_that_is_added_twice_is_sent_once() {
    let desk = Desk::new(None).await;
    let papers = desk.add_small(&["a", "a long one"]);
    desk.sending.add(Rc::clone(&papers[0]));
    let add = async {
        while papers[0].times_read.get() == 0 {
            pause().await;
        }
        desk.sending.add(Rc::clone(&papers[0]));
    };
    let (ran, ()) = join!(desk.sending.run(), add);
    assert_eq!(ran, Ok(()));
    papers[0].expect_there().await;
    assert_eq!(papers[0].times_read.get(), 1);
}

async fn a_file_that_is_added_meanwhile_is_sent_as_well() {
    let desk = Desk::new(None).await;
    let film = desk.add(desk.paper("film", noise(LARGE)));
    let add = async {
        while film.bytes_told() == 0 {
            pause().await;
        }
        let letter = desk.add(desk.paper("letter", noise(3)));
        assert_eq!(desk.sending.run().await, Ok(()));
        letter
    };
    let (ran, letter) = join!(desk.sending.run(), add);
    assert_eq!(ran, Ok(()));
    film.expect_there().await;
    letter.expect_there().await;
}

async fn what_the_server_does_not_do_now_is_tried_again() {
    let desk = Desk::new(Some(PATIENCE)).await;
    let papers = desk.add_small(&["a", "bb"]);
    let film = desk.add(desk.paper("film", noise(LARGE)));
    let failures = Cell::new(0);
    // As often as a request is repeated by itself, and once more for each way.
    desk.phone.evil.tells(move |request, response| {
        if request.method != Method::Get && failures.get() < 40 {
            failures.set(failures.get() + 1);
            response.status = 503;
        }
    });
    assert_eq!(desk.sending.run().await, Ok(()));
    for paper in papers.iter().chain([&film]) {
        let news = paper.news.borrow().clone();
        assert!(news.contains(&News::Waiting(Error::Unavailable)), "{news:?}");
        paper.expect_there().await;
    }
    let listing = desk.drive.list(None).await.expect("listed");
    assert_eq!(listing.entries.len(), 3, "none of them twice");
}

async fn without_patience_a_server_that_is_away_ends_the_whole() {
    let desk = Desk::new(None).await;
    let papers = desk.add_small(&["a", "bb"]);
    let film = desk.add(desk.paper("film", noise(LARGE)));
    desk.phone.evil.tells(|request, response| {
        if request.path.contains("/parts/") {
            response.status = 503;
        }
    });
    assert_eq!(desk.sending.run().await, Err(Error::Unavailable));
    for paper in papers {
        paper.expect_there().await;
    }
    assert_ne!(film.last_news(), Some(News::Done));
    desk.phone.evil.tells_the_truth();
    desk.sending.add(Rc::clone(&film));
    assert_eq!(desk.sending.run().await, Ok(()));
    film.expect_there().await;
}

async fn another_file_than_the_one_that_was_begun_is_refused_or_begins_anew() {
    for starts_over in [false, true] {
        let desk = Desk::new(Some(PATIENCE)).await;
        let film = desk.add(Paper {
            starts_over,
            ..desk.paper("film", noise(LARGE))
        });
        desk.begin_and_stop(&film).await;
        film.bytes.borrow_mut().iter_mut().for_each(|byte| *byte ^= 1);
        desk.sending.add(Rc::clone(&film));
        assert_eq!(desk.sending.run().await, Ok(()));
        if starts_over {
            film.expect_there().await;
        } else {
            assert_eq!(film.last_news(), Some(News::Failed(Error::FileDiffers)));
        }
        // Nobody else had the place.
        let root = desk.drive.account().root();
        put(&desk.drive, root, "letter", b"words").await.expect("put");
    }
}

async fn what_the_server_has_dropped_begins_anew_under_another_key_and_once() {
    let refusals = [
        (404, "not-found", "/parts/3"),
        (404, "not-found", "/complete"),
        (409, "conflict", "/uploads"),
    ];
    for (status, code, path) in refusals {
        for times in [1, 2] {
            let desk = Desk::new(None).await;
            let film = desk.add(desk.paper("film", noise(LARGE)));
            desk.begin_and_stop(&film).await;
            let left = Cell::new(times);
            desk.phone.evil.tells(move |request, response| {
                if request.path.ends_with(path) && left.get() > 0 {
                    left.set(left.get() - 1);
                    response.status = status;
                    response.body = json!({ "error": { "code": code, "message": "" } })
                        .to_string()
                        .into();
                }
            });
            desk.sending.add(Rc::clone(&film));
            assert_eq!(desk.sending.run().await, Ok(()));
            if times == 1 {
                film.expect_there().await;
            } else {
                assert_eq!(film.last_news(), Some(News::Failed(Error::UploadLost)), "{path}");
            }
            // A content of another id, and with it of another key; and no third.
            let asked = desk.phone.evil.asked_paths();
            let sent = asked
                .iter()
                .filter_map(|path| path.split_once("/parts/").map(|(content, _)| content));
            let contents = sent.collect::<BTreeSet<_>>().len();
            let never_begun = usize::from(path == "/uploads" && times == 2);
            assert_eq!(contents, 2 - never_begun, "{path}: {asked:?}");
        }
    }
}
