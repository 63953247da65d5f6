//! A server that changes any answer in any way, tried along everything that people do.
//!
//! One change at a time, in one answer of one journey: then the journey fails, or the person sees what they would have
//! seen without it (`G-FLIP`); nothing panics, nothing goes on for ever, nothing is lost; and if it was something sealed
//! that did not open, what the client asks afterwards is the same whatever was wrong (`G-ORACLE`).

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use postern_client::http::Response;
use postern_client::{Error, Result};
use serde_json::Value;

use crate::evil::Asked;
use crate::journeys::{
    ChangePassword, Download, DownloadTogether, Journey, List, MakeLink, OpenLink, Recover, Rename, Scene,
    SignIn, Upload, UploadTogether, copy_of, resumed,
};
use crate::mutations::{Depth, LeafChange, Mutation, bytes_behind, mutations_of, visit};
use crate::platform::{ONE_IN, is_long, say, sleep, sweep};
use crate::world::put;

cases!(
    g_flip_of_signing_in,
    g_flip_of_listing,
    g_flip_of_downloading,
    g_flip_of_downloading_in_parts,
    g_flip_of_downloading_together,
    g_flip_of_downloading_together_through_a_link,
    g_flip_of_uploading,
    g_flip_of_uploading_in_parts,
    g_flip_of_uploading_together,
    g_flip_of_renaming,
    g_flip_of_making_a_link,
    g_flip_of_opening_a_link,
    g_flip_of_opening_a_link_with_a_password,
    g_flip_of_changing_the_password,
    g_flip_of_replacing_the_keys,
    g_flip_of_recovering,
    g_swap_of_what_is_read_when_signing_in,
    g_swap_of_what_is_read_when_listing,
    g_swap_of_what_is_read_when_a_link_is_opened,
    g_replay_to_a_device_that_saw_more,
);

/// No journey asks for more, whatever it is told.
const MOST_REQUESTS: usize = 200;
const SWEPT_AFTER: usize = 20;
const LONGEST: Duration = Duration::from_secs(30);

/// How a journey went.
struct Run {
    seen: Result<String>,
    /// Whether the answer that was to be changed came, and had the place that was to be changed.
    lied: bool,
    answers: Vec<Response>,
    /// What was asked after the lie.
    then: Vec<String>,
}

/// Takes the journey while the answer of number `lie.0` is changed.
async fn run(journey: &impl Journey, scene: &Scene, lie: Option<(usize, &Mutation)>) -> Run {
    let phone = journey.phone(scene).await;
    let answers = Rc::new(RefCell::new(Vec::new()));
    let lied = Rc::new(Cell::new(false));
    let asked_before = Rc::new(Cell::new(0));
    let (seen_answers, told, before) = (Rc::clone(&answers), Rc::clone(&lied), Rc::clone(&asked_before));
    let wanted = lie.map(|(number, mutation)| (number, mutation.clone()));
    phone.evil.tells(move |_, response| {
        let mut answers = seen_answers.borrow_mut();
        assert!(answers.len() < MOST_REQUESTS, "it never ends");
        if let Some((number, mutation)) = &wanted
            && answers.len() == *number
        {
            told.set(mutation.apply(response));
            before.set(number + 1);
        }
        answers.push(response.clone());
    });
    let seen = match select(journey.take(scene, &phone), Box::pin(sleep(LONGEST))).await {
        Either::Left((seen, _)) => seen,
        Either::Right(_) => panic!("it hangs: {lie:?}"),
    };
    let asked = phone.evil.asked();
    let then = asked.iter().skip(asked_before.get()).map(outline).collect();
    Run {
        seen,
        lied: lied.get(),
        answers: answers.take(),
        then,
    }
}

/// What a server can tell of a request before it looks at the values in it.
fn outline(asked: &Asked) -> String {
    let path: Vec<&str> = asked
        .path
        .split(['/', '?'])
        .map(|part| if part.len() == 22 { "…" } else { part })
        .collect();
    format!("{:?} {} {}", asked.method, path.join("/"), asked.body.len())
}

/// All changes that `of` thinks of, in all answers.
async fn endures(journey: impl Journey, of: impl Fn(&Response) -> Vec<Mutation>) {
    let scene = Scene::new().await;
    let honest = run(&journey, &scene, None).await;
    journey.aftermath(&scene, &honest.seen).await;
    let truth = honest.seen.as_ref().expect("nobody lied");
    let (mut lies, mut refused) = (0, 0);
    for (number, answer) in honest.answers.iter().enumerate() {
        let mut reactions = BTreeSet::new();
        for mutation in of(answer) {
            let run = run(&journey, &scene, Some((number, &mutation))).await;
            let what = format!("answer {number}, {mutation:?}");
            match &run.seen {
                Ok(seen) => assert_eq!(seen, truth, "{what}"),
                Err(Error::Internal(why)) => panic!("{what}: {why}"),
                Err(error) if run.lied && mutation.is_of_checked_bytes() => {
                    reactions.insert(format!("{error:?}, then {:?}", run.then));
                    refused += 1;
                }
                Err(_) => refused += 1,
            }
            lies += usize::from(run.lied);
            journey.aftermath(&scene, &run.seen).await;
            if lies % SWEPT_AFTER == 0 {
                sweep(&scene.server).await;
            }
        }
        assert!(
            reactions.len() <= 1,
            "answer {number}: the server learns what failed: {reactions:#?}"
        );
    }
    say(&format!(
        "{lies} lies in {} answers, {refused} refused",
        honest.answers.len()
    ));
    assert!(refused > 0, "no lie was noticed");
}

/// One in `one_in` of the changes with some bits of each value; all if that is asked for.
async fn flips(journey: impl Journey, bits: usize, one_in: usize) {
    let (depth, step) = (Depth::wanted(bits), if is_long() { 1 } else { ONE_IN * one_in });
    let turn = Cell::new(0);
    endures(journey, |answer| {
        // Not the same ones in each answer.
        turn.set(turn.get() + 1);
        let all = mutations_of(answer, depth).into_iter();
        all.skip(turn.get() % step).step_by(step).collect()
    })
    .await;
}

async fn g_flip_of_signing_in() {
    flips(SignIn, 2, 17).await;
}

async fn g_flip_of_listing() {
    flips(List, 6, 5).await;
}

async fn g_flip_of_downloading() {
    flips(Download { large: false }, 6, 5).await;
}

async fn g_flip_of_downloading_in_parts() {
    flips(Download { large: true }, 2, 11).await;
}

async fn g_flip_of_uploading() {
    flips(Upload::of(1_000), 2, 3).await;
}

async fn g_flip_of_uploading_in_parts() {
    flips(Upload::of((8 << 20) + 1), 0, 11).await;
}

async fn g_flip_of_downloading_together() {
    let through_a_link = false;
    flips(DownloadTogether { through_a_link }, 6, 5).await;
}

async fn g_flip_of_downloading_together_through_a_link() {
    let through_a_link = true;
    flips(DownloadTogether { through_a_link }, 6, 7).await;
}

async fn g_flip_of_uploading_together() {
    flips(UploadTogether::default(), 2, 3).await;
}

async fn g_flip_of_renaming() {
    flips(Rename::default(), 2, 3).await;
}

async fn g_flip_of_making_a_link() {
    flips(MakeLink::default(), 2, 3).await;
}

async fn g_flip_of_opening_a_link() {
    flips(OpenLink { locked: false }, 6, 7).await;
}

async fn g_flip_of_opening_a_link_with_a_password() {
    flips(OpenLink { locked: true }, 2, 13).await;
}

async fn g_flip_of_changing_the_password() {
    flips(ChangePassword::with_keys(false), 1, 41).await;
}

async fn g_flip_of_replacing_the_keys() {
    flips(ChangePassword::with_keys(true), 1, 41).await;
}

async fn g_flip_of_recovering() {
    flips(Recover::default(), 1, 41).await;
}

/// Everything sealed or signed that the server has of two accounts.
async fn all_sealed() -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..2 {
        let scene = Scene::new().await;
        let journeys: [&dyn Journey; 4] = [
            &SignIn,
            &List,
            &OpenLink { locked: false },
            &OpenLink { locked: true },
        ];
        for journey in journeys {
            let phone = journey.phone(&scene).await;
            let seen = Rc::new(RefCell::new(Vec::new()));
            let keep = Rc::clone(&seen);
            phone
                .evil
                .tells(move |_, response| keep.borrow_mut().push(response.body.clone()));
            journey.take(&scene, &phone).await.expect("nobody lied");
            for body in seen.take() {
                let Ok(body) = serde_json::from_slice(&body) else {
                    continue;
                };
                visit(&body, "", &mut |_, value| {
                    if bytes_behind(value).is_some() && !all.contains(value) {
                        all.push(value.clone());
                    }
                });
            }
        }
    }
    all
}

/// Every sealed value in the place of every other; some of them, unless all are asked for.
async fn swaps(journey: impl Journey, at_a_time: usize) {
    let others = all_sealed().await;
    let step = match Depth::wanted(at_a_time) {
        Depth::Thorough => 1,
        Depth::Bits(some) => ONE_IN * others.len().div_ceil(some),
    };
    endures(journey, |answer| {
        let Ok(body) = serde_json::from_slice(&answer.body) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        visit(&body, "", &mut |pointer, value| {
            if bytes_behind(value).is_some() {
                let change =
                    |other: &Value| Mutation::Leaf(pointer.to_owned(), LeafChange::Replace(other.clone()));
                let offset = all.len();
                all.extend(others.iter().skip(offset % step).step_by(step).map(change));
            }
        });
        all
    })
    .await;
}

async fn g_swap_of_what_is_read_when_signing_in() {
    swaps(SignIn, 6).await;
}

async fn g_swap_of_what_is_read_when_listing() {
    swaps(List, 12).await;
}

async fn g_swap_of_what_is_read_when_a_link_is_opened() {
    swaps(OpenLink { locked: false }, 20).await;
}

/// What the server once said, said again to a device that has seen more since: one answer at a time, and all of them.
async fn g_replay_to_a_device_that_saw_more() {
    let scene = Scene::new().await;
    let phone = scene.known_phone().await;
    let old = Rc::new(RefCell::new(Vec::new()));
    let keep = Rc::clone(&old);
    phone.evil.tells(move |request, response| {
        keep.borrow_mut()
            .push((request.path.clone(), response.body.clone()));
    });
    List.take(&scene, &phone).await.expect("nobody lied");
    phone.evil.tells_the_truth();

    let drive = resumed(&phone).await.expect("nobody lied");
    let folder = drive.account().root();
    put(&drive, folder, "newer", b"newer").await.expect("put");
    drive.rename(scene.letter, "renamed").await.expect("renamed");
    drive.remove(&[scene.film]).await.expect("removed");
    let truth = List.take(&scene, &phone).await.expect("nobody lied");

    let old = old.take();
    assert!(old.len() >= 2, "an account and its tree");
    for which in 0..=old.len() {
        let said: Vec<_> = old
            .iter()
            .enumerate()
            .filter(|(n, _)| which == old.len() || *n == which)
            .collect();
        let said: Vec<_> = said.into_iter().map(|(_, answer)| answer.clone()).collect();
        let told = Rc::new(Cell::new(0));
        let count = Rc::clone(&told);
        let device = copy_of(&*phone.around.device).await;
        let liar = scene.server.phone_with(device);
        liar.evil.tells(move |request, response| {
            let base = |path: &str| path.split('?').next().map(str::to_owned);
            if let Some((_, body)) = said.iter().find(|(path, _)| base(path) == base(&request.path)) {
                count.set(count.get() + 1);
                response.body = body.clone();
            }
        });
        let seen = List.take(&scene, &liar).await;
        assert!(told.get() > 0, "answer {which} was asked for");
        match seen {
            Ok(seen) => assert_eq!(seen, truth, "answer {which}"),
            Err(error) => assert_eq!(error, Error::NotAuthentic, "answer {which}"),
        }
    }
}
