//! What can be learnt by asking: nothing, neither from what is answered nor from how long it takes.

use std::time::{Duration, Instant};

use postern_tests::{Cli, Crowd, Heard, Server, Setup, Visitor, is_long, noise};

use super::{PASSWORD, ask, sized};

/// As many questions as a test has.
fn without_limits() -> Setup {
    Setup::folder_and_sqlite()
        .with("LIMITS_STRANGER_BURST", "10000000")
        .with("LIMITS_LOGIN_BURST", "10000000")
        .with("LIMITS_ADDRESS_BURST", "10000000")
        .with("LOG_FILTER", "info")
}

/// Makes the words of question number so-and-so.
type Words<'a> = &'a dyn Fn(u64) -> Vec<u8>;

/// A server with one account and one link, and a connection to it.
struct Place {
    server: Server,
    /// What the server stands on, which must outlive it.
    _setup: Setup,
    crowd: Crowd,
    link: String,
}

impl Place {
    fn new() -> Self {
        let setup = without_limits();
        let server = setup.start();
        let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
        let file = alice.home().join("letter");
        std::fs::write(&file, "dear bob").expect("a file");
        alice.typed(["put"]).arg(&file).succeeds();
        let shared = alice.run(["share", "/letter"]);
        let (_, link) = shared.split_once("/s/").expect("a link");
        Self {
            link: link.split('#').next().unwrap_or_default().to_owned(),
            crowd: Crowd::before(server.address()),
            server,
            _setup: setup,
        }
    }

    fn visitor(&self) -> Visitor {
        self.crowd
            .wait_for(Crowd::visit(self.server.address(), 1))
            .expect("it is heard")
    }

    /// How two kinds of questions differ in time: `a` and `b` make the words of the next one.
    fn compare(&self, what: &str, a: Words<'_>, b: Words<'_>) {
        let mut visitor = self.visitor();
        let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
        for number in 0..SAMPLES {
            // Which comes first changes, so that neither profits from what the other has warmed up.
            let pair: [(Words<'_>, &mut Vec<f64>); 2] = if number % 2 == 0 {
                [(a, &mut of_a), (b, &mut of_b)]
            } else {
                [(b, &mut of_b), (a, &mut of_a)]
            };
            for (words, times) in pair {
                times.push(self.time(&mut visitor, &words(number)));
            }
        }
        let difference = median(of_a.clone()) - median(of_b.clone());
        let within = spread(&of_a).max(spread(&of_b));
        println!(
            "{what}: medians {:.1} and {:.1} µs, difference {difference:.1} µs; within one class {within:.1} µs",
            median(of_a),
            median(of_b)
        );
        assert!(
            difference.abs() < within,
            "{what}: {difference:.1} µs apart, and {within:.1} µs within"
        );
    }

    fn time(&self, visitor: &mut Visitor, words: &[u8]) -> f64 {
        self.crowd.wait_for(async {
            let asked = Instant::now();
            visitor.say(words).await.expect("it listens");
            let heard = visitor.hear().await.expect("an answer");
            let took = asked.elapsed();
            assert!(matches!(heard.status(), 200 | 401 | 404), "{}", heard.head);
            micros(took)
        })
    }

    fn ask(&self, visitor: &mut Visitor, words: &[u8]) -> Heard {
        self.crowd.wait_for(async {
            visitor.say(words).await.expect("it listens");
            visitor.hear().await.expect("an answer")
        })
    }
}

/// Of each kind.
const SAMPLES: u64 = 6_000;

fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Half the distance between the quartiles of one class.
fn spread(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    (times[times.len() * 3 / 4] - times[times.len() / 4]) / 2.0
}

fn open(link: &str, proof: u64) -> Vec<u8> {
    let proof = super::base64(&noise(proof, 32));
    ask(
        &format!("/links/{link}/open"),
        &format!("{{\"proof\":\"{proof}\"}}"),
    )
}

/// An id that nobody has; its length and letters are those of any.
fn random_link(seed: u64) -> String {
    super::base64(&noise(seed ^ 0x00c0_ffee, 16))
}

/// A name that nobody has, as long as `alice`.
fn nobody(number: u64) -> String {
    format!("n{:04}", number % 10_000)
}

/// An OPAQUE request: the generator of the group three times over is well-formed wherever a point is asked for.
fn login(name: &str) -> Vec<u8> {
    const POINT: [u8; 32] = [
        0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58,
        0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
    ];
    let request = super::base64(&[POINT, [7; 32], POINT].concat());
    ask(
        "/login/start",
        &format!("{{\"name\":\"{name}\",\"request\":\"{request}\"}}"),
    )
}

fn recovery(name: &str) -> Vec<u8> {
    ask("/recovery/start", &format!("{{\"name\":\"{name}\"}}"))
}

fn finish(path: &str, attempt: &str, field: &str) -> Vec<u8> {
    let proof = super::base64(&[7; 64]);
    ask(
        path,
        &format!("{{\"attempt\":\"{attempt}\",\"{field}\":\"{proof}\",\"device\":\"\"}}"),
    )
}

#[test]
fn e5_random_links_are_all_answered_in_the_same_bytes() {
    let place = Place::new();
    let mut visitor = place.visitor();
    let first = place.ask(&mut visitor, &open(&place.link, 1));
    assert_eq!(first.status(), 404, "{}", first.head);
    let (count, seed) = (sized(2_000, 1_000_000) as u64, 5);
    let (askers, at_once) = (4, 16);
    let share = count / askers;
    let expected = (first.timeless_head(), first.body);
    let server = place.server.address();
    let strange = place.crowd.each((0..askers).collect(), move |asker| {
        let expected = expected.clone();
        async move {
            let mut visitor = Crowd::visit(server, 1).await.expect("it is heard");
            let mut strange = 0;
            let begin = seed + share * asker;
            for number in (begin..begin + share).step_by(at_once) {
                let words: Vec<u8> = (0..at_once as u64)
                    .flat_map(|next| open(&random_link(number + next), number))
                    .collect();
                visitor.say(&words).await.expect("it listens");
                for _ in 0..at_once {
                    let heard = visitor.hear().await.expect("an answer");
                    strange += usize::from((heard.timeless_head(), heard.body) != expected);
                }
            }
            strange
        }
    });
    println!("{count} random links, seed {seed}");
    assert_eq!(strange.iter().sum::<usize>(), 0, "seed {seed}");
}

#[test]
fn a7_what_known_and_unknown_names_are_told_has_the_same_head_and_length() {
    let place = Place::new();
    let mut visitor = place.visitor();
    let mut heard = Vec::new();
    for name in ["alice", "clive"] {
        let started = place.ask(&mut visitor, &login(name));
        let finished = finish("/login/finish", &started.text("attempt"), "finalization");
        let finished = place.ask(&mut visitor, &finished);
        let challenged = place.ask(&mut visitor, &recovery(name));
        let recovered = finish("/recovery/finish", &challenged.text("attempt"), "signature");
        let recovered = place.ask(&mut visitor, &recovered);
        let answers = [started, finished, challenged, recovered];
        assert_eq!(answers.clone().map(|heard| heard.status()), [200, 401, 200, 401]);
        heard.push(answers.map(|heard| (heard.timeless_head(), heard.body.len())));
    }
    assert_eq!(heard[0], heard[1]);
}

#[test]
fn a7_known_and_unknown_names_take_the_same_time() {
    if !is_long() {
        return;
    }
    let place = Place::new();
    place.compare("login, start", &|_| login("alice"), &|number| {
        login(&nobody(number))
    });
    place.compare("recovery, start", &|_| recovery("alice"), &|number| {
        recovery(&nobody(number))
    });
    let attempt_at = |words: &[u8]| place.ask(&mut place.visitor(), words).text("attempt");
    let (of_alice, of_nobody) = (attempt_at(&login("alice")), attempt_at(&login("clive")));
    place.compare(
        "login, finish",
        &|_| finish("/login/finish", &of_alice, "finalization"),
        &|_| finish("/login/finish", &of_nobody, "finalization"),
    );
    let (of_alice, of_nobody) = (attempt_at(&recovery("alice")), attempt_at(&recovery("clive")));
    place.compare(
        "recovery, finish",
        &|_| finish("/recovery/finish", &of_alice, "signature"),
        &|_| finish("/recovery/finish", &of_nobody, "signature"),
    );
}

#[test]
fn e5_a_link_that_is_there_takes_as_long_as_one_that_is_not() {
    if !is_long() {
        return;
    }
    let place = Place::new();
    let link = place.link.clone();
    place.compare("link, open", &|number| open(&link, number), &|number| {
        open(&random_link(number), number)
    });
}
