//! Two devices of one account do whatever comes to their owner's mind, on lines that break and until they die; beside
//! them a plain model ([`model`]) says what has to be there.
//!
//! What may be sent twice is sent until it is answered, so that a broken line must change nothing at all. After a death
//! an operation has happened whole or not at all. `POSTERN_LONG` runs many more lives; one that fails is made as short
//! as possible, printed, and kept in `machine.regressions`.

mod life;
mod links;
mod look;
mod model;
mod passwords;
mod tree;
mod wire;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use crate::platform::is_long;
use crate::world::Server;
use life::Life;
use wire::Trouble;

/// What happens next. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Step {
    /// One device changes the tree.
    Tree(usize, Verb, Option<Trouble>),
    /// Both do so at the same moment.
    AtOnce(Verb, Verb),
    Share(usize, u8, Option<Trouble>),
    Unshare(usize, u8, Option<Trouble>),
    Open(u8),
    /// Another password, with new keys or without.
    Password(usize, bool, Option<Trouble>),
    SignOutAndIn(usize),
    Crash(usize),
    Sync(usize),
}

#[derive(Debug, Clone)]
enum Verb {
    Put { folder: u8, name: u8 },
    MakeFolder { folder: u8, name: u8 },
    Rename { node: u8, name: u8 },
    Move { node: u8, folder: u8 },
    Remove { node: u8 },
}

fn verb() -> impl Strategy<Value = Verb> {
    let name = || 0..4_u8;
    prop_oneof![
        4 => (any::<u8>(), name()).prop_map(|(folder, name)| Verb::Put { folder, name }),
        3 => (any::<u8>(), name()).prop_map(|(folder, name)| Verb::MakeFolder { folder, name }),
        2 => (any::<u8>(), name()).prop_map(|(node, name)| Verb::Rename { node, name }),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(node, folder)| Verb::Move { node, folder }),
        1 => any::<u8>().prop_map(|node| Verb::Remove { node }),
    ]
}

fn trouble(requests: u8) -> impl Strategy<Value = Option<Trouble>> {
    let some = (0..requests, any::<bool>(), any::<bool>());
    let some = some.prop_map(|(at, arrives, dies)| Some(Trouble { at, arrives, dies }));
    prop_oneof![2 => Just(None), 1 => some]
}

fn step() -> impl Strategy<Value = Step> {
    let device = || 0..2_usize;
    let which = any::<u8>;
    prop_oneof![
        24 => (device(), verb(), trouble(4)).prop_map(|(who, verb, trouble)| Step::Tree(who, verb, trouble)),
        4 => (verb(), verb()).prop_map(|(one, other)| Step::AtOnce(one, other)),
        5 => (device(), which(), trouble(2)).prop_map(|(who, node, trouble)| Step::Share(who, node, trouble)),
        2 => (device(), which(), trouble(1)).prop_map(|(who, link, trouble)| Step::Unshare(who, link, trouble)),
        3 => which().prop_map(Step::Open),
        1 => (device(), any::<bool>(), trouble(9))
            .prop_map(|(who, keys, trouble)| Step::Password(who, keys, trouble)),
        1 => device().prop_map(Step::SignOutAndIn),
        2 => device().prop_map(Step::Crash),
        4 => device().prop_map(Step::Sync),
    ]
}

/// Every operation that a device sends, with that trouble.
fn everything_with(trouble: Trouble) -> Vec<Step> {
    let trouble = Some(trouble);
    let put = |name| Verb::Put { folder: 0, name };
    let verbs = [
        put(0),
        put(0),
        Verb::MakeFolder { folder: 0, name: 1 },
        Verb::Rename { node: 0, name: 2 },
        Verb::Move { node: 0, folder: 1 },
        Verb::Remove { node: 0 },
    ];
    let change = |verb| Step::Tree(0, verb, trouble);
    let shared = [
        Step::Tree(0, put(3), None),
        Step::Share(0, 0, trouble),
        Step::Share(0, 0, None),
    ];
    let taken_back = [change(put(3)), Step::Unshare(0, 0, trouble)];
    let links = shared.into_iter().chain(taken_back);
    links.chain(verbs.map(change)).collect()
}

#[tokio::test]
async fn an_answer_that_is_lost_changes_nothing_and_a_death_nothing_by_halves() {
    let server = Server::start();
    for dies in [false, true] {
        let mut life = Life::begin(&server, 1).await;
        for (at, arrives) in (0..3).flat_map(|at| [(at, true), (at, false)]) {
            for step in everything_with(Trouble { at, arrives, dies }) {
                life.take(&step).await;
            }
        }
        life.settles().await;
    }
}

#[test]
fn two_devices_always_show_what_a_plain_model_says() {
    let server = Server::start();
    let (cases, steps) = if is_long() { (300, 60) } else { (4, 25) };
    let mut runner = TestRunner::new(Config {
        cases,
        max_shrink_iters: 400,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file!()),
        ..Config::default()
    });
    let lives = (any::<u64>(), vec(step(), 1..steps));
    let outcome = runner.run(&lives, |(seed, steps)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(live(&server, seed, &steps));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

async fn live(server: &Server, seed: u64, steps: &[Step]) {
    let mut life = Life::begin(server, seed).await;
    for step in steps {
        life.take(step).await;
    }
    life.settles().await;
}
