//! Following what happens to an account, and how that ends.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;

use async_trait::async_trait;
use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::stream::{self, LocalBoxStream};
use futures::{SinkExt as _, StreamExt as _};
use postern_client::device::{Device, Guard, MemoryDevice};
use postern_client::feed::Happening::{self, DriveChanged, LinksChanged, Lost, Reached, SignedOut};
use postern_client::feed::{Follower, Line};
use postern_client::http::{Fault, Http, Method, Request, Response};
use postern_client::links::ShareTerms;
use postern_client::protocol::TimeMs;
use postern_client::protocol::changes::{Event, EventsHello};
use postern_client::{Account, Clock, Drive, Entropy, Error, Result};
use zeroize::Zeroizing;

use crate::platform;
use crate::world::{PASSWORD, Phone, Server, chosen, put, sent};

cases!(
    what_others_do_is_there_when_it_is_told,
    a_device_that_is_signed_out_from_elsewhere_forgets_it_all_and_asks_nothing_more,
    a_change_of_password_here_is_not_mistaken_for_being_signed_out,
    a_change_of_password_in_one_tab_leaves_the_others_signed_in,
    a_tab_whose_keys_were_replaced_in_another_leaves_the_new_ones_alone,
    a_tab_is_not_told_that_it_is_signed_out_before_the_new_session_is_kept,
    news_that_could_not_be_looked_at_are_looked_at_again,
    a_drive_that_is_not_authentic_is_not_asked_for_again,
    a_server_that_says_nothing_useful_is_asked_less_and_less,
);

/// What is said on one connection.
type Said = LocalBoxStream<'static, Event>;

/// A line that connects as often as there is something to be said.
struct Script {
    connections: RefCell<mpsc::UnboundedReceiver<Said>>,
    hellos: Rc<RefCell<Vec<String>>>,
}

#[async_trait(?Send)]
impl Line for Script {
    #[expect(
        clippy::await_holding_refcell_ref,
        reason = "one follower, one connection at a time"
    )]
    async fn connect(&self, hello: EventsHello) -> Result<Said> {
        self.hellos.borrow_mut().push(hello.token);
        let said = self.connections.borrow_mut().next().await;
        Ok(said.expect("nobody connects who should have ended"))
    }
}

/// A follower, and what it told.
struct Following {
    connections: mpsc::UnboundedSender<Said>,
    hellos: Rc<RefCell<Vec<String>>>,
    told: Rc<RefCell<Vec<Happening>>>,
}

impl Following {
    /// Follows `drive` on a line on which the test speaks.
    fn of(drive: &Rc<Drive>) -> (Self, impl Future<Output = ()> + use<>) {
        let (connections, script) = mpsc::unbounded();
        let following = Self {
            connections,
            hellos: Rc::default(),
            told: Rc::default(),
        };
        let line = Script {
            connections: RefCell::new(script),
            hellos: Rc::clone(&following.hellos),
        };
        let told = Rc::clone(&following.told);
        let follower = Follower::new(Rc::clone(drive), line);
        let run = follower.run(move |happening| told.borrow_mut().push(happening));
        (following, run)
    }

    /// One more connection. What is sent is said on it; when the answer is dropped, it breaks.
    fn connects(&self) -> mpsc::Sender<Event> {
        let (say, said) = mpsc::channel(0);
        self.connections
            .unbounded_send(said.boxed_local())
            .expect("it follows");
        say
    }

    /// The only connection: whoever connects again fails.
    fn connects_once(&self) -> mpsc::Sender<Event> {
        let say = self.connects();
        self.connections.close_channel();
        say
    }

    /// A connection that breaks at once.
    fn breaks(&self) {
        self.connections
            .unbounded_send(stream::empty().boxed_local())
            .expect("it follows");
    }

    fn told(&self) -> Vec<Happening> {
        self.told.take()
    }
}

/// Does `story` while `run` goes on; the session must not end.
async fn while_it_follows<T>(run: impl Future<Output = ()>, story: impl Future<Output = T>) -> T {
    match select(pin!(run), pin!(story)).await {
        Either::Left(_) => panic!("it believes that the session has ended"),
        Either::Right((done, _)) => done,
    }
}

/// Waits until all is looked at that happened before: who takes the second `More` has dealt with the first.
async fn is_looked_at(say: &mut mpsc::Sender<Event>) {
    for _ in 0..2 {
        say.send(Event::More).await.expect("it listens");
    }
}

/// Whether something is shown without asking for it first.
async fn is_loaded(phone: &Phone, drive: &Drive, path: &str) -> Result<bool> {
    phone.evil.asked();
    drive.resolve(path).await?;
    let asked = phone.evil.asked_paths();
    Ok(asked.iter().all(|path| path.starts_with("/changes")))
}

/// Signs out all devices but that of `drive`.
async fn sign_out_others(drive: &Drive) {
    let account = drive.account();
    for session in account.sessions().await.expect("listed") {
        if !session.current {
            account.revoke_session(session.id).await.expect("signed out");
        }
    }
}

/// Two tabs of one browser, which share what it remembers.
async fn two_tabs(server: &Server, name: &str) -> (Phone, Rc<Drive>, Rc<Drive>) {
    let device = MemoryDevice::default();
    let phone = server.phone_with(device.clone());
    let one = Rc::new(phone.sign_in(name).await.expect("signed in"));
    let resumed = Account::resume(server.phone_with(device).around).await;
    let other = Drive::new(Rc::new(resumed.expect("resumed").expect("signed in")));
    (phone, one, Rc::new(other))
}

async fn what_others_do_is_there_when_it_is_told() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (phone, drive) = server.sign_in("alice").await;
    let drive = Rc::new(drive);
    drive.refresh().await.expect("an empty drive");
    let (following, run) = Following::of(&drive);
    let mut say = following.connects();
    while_it_follows(run, async {
        is_looked_at(&mut say).await;
        assert_eq!(following.told(), [Reached]);

        let root = laptop.account().root();
        let letter = put(&laptop, root, "letter", b"dear").await.expect("put");
        is_looked_at(&mut say).await;
        assert_eq!(following.told(), [DriveChanged]);
        assert_eq!(is_loaded(&phone, &drive, "letter").await, Ok(true));

        let terms = ShareTerms::default();
        laptop.share(letter, &terms).await.expect("shared");
        is_looked_at(&mut say).await;
        assert_eq!(following.told(), [LinksChanged]);
    })
    .await;
}

async fn a_device_that_is_signed_out_from_elsewhere_forgets_it_all_and_asks_nothing_more() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (phone, drive) = server.sign_in("alice").await;
    let root = drive.account().root();
    sent(&drive, root, "letter", b"dear")
        .await
        .expect("a journal is kept");
    let drive = Rc::new(drive);
    let keys = Rc::downgrade(drive.account());
    let (following, run) = Following::of(&drive);
    drop(drive);
    let mut say = following.connects_once();
    let story = async {
        is_looked_at(&mut say).await;
        sign_out_others(&laptop).await;
        // It may have found out by itself.
        let _ = say.send(Event::SignedOut).await;
    };
    futures::join!(run, story);
    assert_eq!(following.told(), [Reached, SignedOut]);
    assert!(keys.upgrade().is_none(), "nobody holds the keys");
    for prefix in ["session", "journal/"] {
        assert_eq!(phone.around.device.list(prefix).await, Ok(vec![]), "{prefix}");
    }
    phone.evil.asked();
    let resumed = Account::resume(phone.around.clone()).await.expect("read");
    assert!(resumed.is_none());
    assert_eq!(phone.evil.asked(), []);
}

/// A server that says farewell to the session before it answers that the password is changed, as ours may: until the
/// answer is there, the device has no session that works.
struct SlowAnswer {
    inner: Rc<dyn Http>,
    farewell: RefCell<Option<mpsc::Sender<Event>>>,
}

#[async_trait(?Send)]
impl Http for SlowAnswer {
    async fn send(&self, request: Request) -> std::result::Result<Response, Fault> {
        let changes = request.method == Method::Put && request.path == "/account/password";
        let answer = self.inner.send(request).await?;
        if changes {
            let mut say = self.farewell.take().expect("one change");
            say.send(Event::SignedOut).await.expect("it listens");
            // Long enough for the follower to ask.
            for _ in 0..50 {
                platform::pause().await;
            }
        }
        Ok(answer)
    }
}

async fn a_change_of_password_here_is_not_mistaken_for_being_signed_out() {
    let server = Server::start();
    server.sign_up("alice").await;
    let mut phone = server.phone();
    let slow = Rc::new(SlowAnswer {
        inner: phone.evil.clone(),
        farewell: RefCell::default(),
    });
    phone.around.http = slow.clone();
    let drive = Rc::new(phone.sign_in("alice").await.expect("signed in"));
    let (following, run) = Following::of(&drive);
    let (mut say, mut say_again) = (following.connects(), following.connects());
    while_it_follows(run, async {
        is_looked_at(&mut say).await;
        slow.farewell.replace(Some(say));
        let account = drive.account();
        account
            .change_password(PASSWORD, &chosen("new"))
            .await
            .expect("changed");
        is_looked_at(&mut say_again).await;
    })
    .await;
    assert_eq!(following.told(), [Reached, Reached]);
    let token = drive.account().api().token().expect("signed in");
    assert_eq!(following.hellos.borrow().last(), Some(&*token));
}

async fn a_change_of_password_in_one_tab_leaves_the_others_signed_in() {
    let server = Server::start();
    server.sign_up("alice").await;
    let (phone, one, other) = two_tabs(&server, "alice").await;
    let (following, run) = Following::of(&one);
    let (mut say, mut say_again) = (following.connects(), following.connects());
    while_it_follows(run, async {
        is_looked_at(&mut say).await;
        let account = other.account();
        account
            .change_password(PASSWORD, &chosen("new"))
            .await
            .expect("changed");
        say.send(Event::SignedOut).await.expect("it listens");
        is_looked_at(&mut say_again).await;
    })
    .await;
    one.refresh().await.expect("it goes on");
    let resumed = Account::resume(phone.around.clone()).await;
    assert!(resumed.expect("resumed").is_some());
}

async fn a_tab_whose_keys_were_replaced_in_another_leaves_the_new_ones_alone() {
    let server = Server::start();
    server.sign_up("alice").await;
    let (phone, one, other) = two_tabs(&server, "alice").await;
    let (following, run) = Following::of(&one);
    let mut say = following.connects_once();
    let story = async {
        is_looked_at(&mut say).await;
        let account = other.account();
        let prepared = account.prepare_keys(PASSWORD, &chosen("new")).await;
        let done = prepared.expect("the password is right").complete().await;
        done.expect("replaced");
        say.send(Event::SignedOut).await.expect("it listens");
    };
    futures::join!(run, story);
    assert_eq!(following.told(), [Reached, SignedOut]);
    assert_eq!(one.refresh().await, Err(Error::SignedOut));
    let resumed = Account::resume(phone.around.clone()).await;
    assert!(resumed.expect("resumed").is_some(), "the device is signed in");
}

/// A device that writes nothing while it hesitates.
#[derive(Clone, Default)]
struct Hesitant {
    device: MemoryDevice,
    hesitates: Rc<Cell<bool>>,
}

#[async_trait(?Send)]
impl Device for Hesitant {
    async fn get(&self, key: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.device.get(key).await
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<()> {
        while self.hesitates.get() {
            platform::pause().await;
        }
        self.device.put(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.device.delete(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.device.list(prefix).await
    }

    async fn lock(&self, name: &str) -> Result<Option<Guard>> {
        self.device.lock(name).await
    }
}

async fn a_tab_is_not_told_that_it_is_signed_out_before_the_new_session_is_kept() {
    let server = Server::start();
    server.sign_up("alice").await;
    let device = Hesitant::default();
    let phone = server.phone_with(device.device.clone());
    let one = Rc::new(phone.sign_in("alice").await.expect("signed in"));
    let (mut second, hesitates) = (server.phone(), Rc::clone(&device.hesitates));
    second.around.device = Rc::new(device);
    let resumed = Account::resume(second.around.clone()).await;
    let other = Rc::new(resumed.expect("resumed").expect("signed in"));
    let (following, run) = Following::of(&one);
    let (mut say, mut say_again) = (following.connects(), following.connects_once());
    let begins = Rc::clone(&hesitates);
    second.evil.tells(move |request, _| {
        begins.set(begins.get() || request.path == "/account/rotation");
    });
    let story = async {
        is_looked_at(&mut say).await;
        // The password is given again, and another session takes the place of the one that both tabs had.
        let prepared = other.prepare_keys(PASSWORD, &chosen("new")).await;
        let prepared = prepared.expect("the password is right");
        say.send(Event::SignedOut).await.expect("it listens");
        is_looked_at(&mut say_again).await;
        let tells = async {
            while !hesitates.get() {
                platform::pause().await;
            }
            let knows = Rc::new(Cell::new(false));
            let told = Rc::clone(&knows);
            phone.evil.tells(move |_, answer| told.set(answer.status == 401));
            say_again.send(Event::SignedOut).await.expect("it listens");
            while !knows.get() {
                platform::pause().await;
            }
            // Long enough to forget everything.
            for _ in 0..100 {
                platform::pause().await;
            }
            second.evil.tells_the_truth();
            hesitates.set(false);
        };
        let (done, ()) = futures::join!(prepared.complete(), tells);
        done.expect("replaced");
    };
    let goes_on = async {
        run.await;
        Account::resume(phone.around.clone()).await
    };
    let (resumed, ()) = futures::join!(goes_on, story);
    assert!(resumed.expect("resumed").is_some(), "the device is signed in");
}

async fn news_that_could_not_be_looked_at_are_looked_at_again() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (phone, drive) = server.sign_in("alice").await;
    let drive = Rc::new(drive);
    let (following, run) = Following::of(&drive);
    let (mut say, mut say_again) = (following.connects(), following.connects());
    while_it_follows(run, async {
        is_looked_at(&mut say).await;
        let root = laptop.account().root();
        put(&laptop, root, "letter", b"dear").await.expect("put");
        let mut refused = false;
        phone.evil.tells(move |request, response| {
            if !refused && request.path.starts_with("/volumes/") {
                (refused, response.status) = (true, 503);
                response.body = bytes::Bytes::new();
            }
        });
        say.send(Event::More).await.expect("it listens");
        is_looked_at(&mut say_again).await;
    })
    .await;
    assert_eq!(
        following.told(),
        [Reached, DriveChanged, Lost, Reached, DriveChanged]
    );
    assert_eq!(is_loaded(&phone, &drive, "letter").await, Ok(true));
}

/// `G-ORACLE`: what does not open is no reason to ask again.
async fn a_drive_that_is_not_authentic_is_not_asked_for_again() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (phone, drive) = server.sign_in("alice").await;
    let drive = Rc::new(drive);
    let (following, run) = Following::of(&drive);
    let mut say = following.connects();
    while_it_follows(run, async {
        is_looked_at(&mut say).await;
        let root = laptop.account().root();
        put(&laptop, root, "letter", b"dear").await.expect("put");
        phone
            .evil
            .edits("/volumes/", |page| page["changes"] = serde_json::json!([]));
        phone.evil.asked();
        is_looked_at(&mut say).await;
        is_looked_at(&mut say).await;
    })
    .await;
    assert_eq!(following.told(), [Reached, DriveChanged]);
    let asked = phone.evil.asked_paths();
    let pages = asked.iter().filter(|path| path.starts_with("/volumes/"));
    assert_eq!(pages.count(), 1);
}

/// A clock that notes how long it was to wait, and randomness that can be made the highest.
#[derive(Default)]
struct Waits {
    noted: RefCell<Vec<u64>>,
    highest: Cell<bool>,
}

#[async_trait(?Send)]
impl Clock for Waits {
    fn now(&self) -> TimeMs {
        platform::now()
    }

    async fn sleep_ms(&self, ms: u64) {
        self.noted.borrow_mut().push(ms);
        platform::pause().await;
    }
}

struct Highest(Rc<Waits>);

impl Entropy for Highest {
    fn fill(&self, bytes: &mut [u8]) {
        if self.0.highest.get() {
            // As a number, one less than a multiple of every ceiling below.
            let number: u64 = 30_000 * 16_000 - 1;
            bytes.copy_from_slice(&number.to_le_bytes());
        } else {
            platform::entropy().fill(bytes);
        }
    }
}

async fn a_server_that_says_nothing_useful_is_asked_less_and_less() {
    let server = Server::start();
    server.sign_up("alice").await;
    let mut phone = server.phone();
    let waits = Rc::new(Waits::default());
    phone.around.clock = waits.clone();
    phone.around.entropy = Rc::new(Highest(waits.clone()));
    let drive = Rc::new(phone.sign_in("alice").await.expect("signed in"));
    waits.highest.set(true);
    let (following, run) = Following::of(&drive);
    // Its socket opens each time, and the feed behind it does not answer.
    let ceilings = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    let mut left = ceilings.len();
    phone.evil.tells(move |request, response| {
        if left > 0 && request.path.starts_with("/changes") {
            left -= 1;
            response.status = 503;
            response.body = bytes::Bytes::new();
        }
    });
    ceilings.iter().for_each(|_| following.breaks());
    let mut say = following.connects();
    while_it_follows(run, async {
        is_looked_at(&mut say).await;
        assert_eq!(waits.noted.take(), ceilings.map(|ceiling| ceiling - 1));
        drop(say);
        while waits.noted.borrow().is_empty() {
            platform::pause().await;
        }
        assert_eq!(waits.noted.take(), [999], "it begins anew after it went well");
    })
    .await;
}
