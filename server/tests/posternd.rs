//! The program from outside: how it starts, what it says, how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A server that is up, and is killed if a test forgets it.
struct Running {
    child: Child,
    host: String,
    /// Where it takes mail, if it does.
    mail: Option<String>,
}

fn posternd(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_posternd"));
    command
        .env_clear()
        .arg("--data")
        .arg(data)
        .args(["--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"])
        .env("POSTERN_MAIL_SPOOL_BYTES", "1048576");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn start(command: &mut Command) -> Running {
    let mut child = command.spawn().expect("it starts");
    let mut line = String::new();
    let out = child.stdout.as_mut().expect("it has one");
    BufReader::new(out)
        .read_line(&mut line)
        .expect("it says something");
    let mut words = line.split_whitespace();
    let host = words.find_map(|word| word.strip_prefix("http://")).expect(&line);
    let mail = words.find_map(|word| word.strip_prefix("smtp://"));
    let (host, mail) = (host.to_owned(), mail.map(str::to_owned));
    Running { child, host, mail }
}

impl Running {
    /// A whole answer, as it comes.
    fn get(&self, path: &str) -> String {
        self.get_at("x", path)
    }

    /// The same, asked for under a name.
    fn get_at(&self, host: &str, path: &str) -> String {
        use std::io::Write as _;
        let mut socket = TcpStream::connect(&self.host).expect("it listens");
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        )
        .expect("it reads");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(kill.expect("there is kill").success());
    }

    /// What is left of it once it has ended by itself.
    fn wait(mut self) -> Output {
        let until = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().expect("it is ours").is_none() {
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.child
            .stdout
            .take()
            .expect("it has one")
            .read_to_end(&mut stdout)
            .expect("readable");
        self.child
            .stderr
            .take()
            .expect("it has one")
            .read_to_end(&mut stderr)
            .expect("readable");
        Output {
            status: self.child.wait().expect("it is ours"),
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it says when it refuses to start.
fn refusal(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(!output.status.success() && output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn it_says_where_it_listens_and_makes_its_folder_for_itself_only() {
    let parent = tempfile::tempdir().expect("a folder");
    let data = parent.path().join("not/there/yet");
    let server = start(&mut posternd(&data));
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    assert!(server.get("/api/v1/server").contains("\"sign_up\":\"open\""));
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
}

#[test]
fn it_ends_well_when_it_is_told_to_and_starts_again() {
    let data = tempfile::tempdir().expect("a folder");
    for signal in ["TERM", "INT"] {
        let server = start(&mut posternd(data.path()));
        server.signal(signal);
        let output = server.wait();
        assert!(output.status.success(), "{signal}: {output:?}");
        assert!(output.stdout.is_empty(), "one line is all that it says");
    }
    let server = start(&mut posternd(data.path()));
    server.signal("KILL");
    drop(server);
    assert!(
        start(&mut posternd(data.path()))
            .get("/readyz")
            .starts_with("HTTP/1.1 200 ")
    );
}

#[test]
fn it_takes_mail_unless_it_is_the_interface_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start(posternd(folder.path()).env("POSTERN_MAIL_DOMAIN", "example.org"));
    let address = server.mail.as_ref().expect("it says where");
    let mut lines = BufReader::new(TcpStream::connect(address).expect("it listens")).lines();
    let greeting = lines.next().expect("a line").expect("text");
    assert!(greeting.starts_with("220 example.org ESMTP"), "{greeting}");
    server.signal("TERM");
    let said = lines.next().expect("a line").expect("text");
    assert!(said.starts_with("421"), "{said}");
    drop(server);
    let server = start(posternd(folder.path()).arg("api"));
    assert_eq!(server.mail, None);
}

#[test]
fn two_never_share_a_folder() {
    let data = tempfile::tempdir().expect("a folder");
    let _first = start(&mut posternd(data.path()));
    assert!(refusal(&mut posternd(data.path())).contains("another server is using the data folder"));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let (one, other) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let first = start(&mut posternd(one.path()));
    let mut second = Command::new(env!("CARGO_BIN_EXE_posternd"));
    second
        .env_clear()
        .arg("--data")
        .arg(other.path())
        .args(["--http", &first.host, "--smtp", "127.0.0.1:0"]);
    let said = refusal(&mut second);
    assert!(
        said.contains(&format!("cannot listen on {}", first.host)),
        "{said}"
    );
}

#[test]
fn a_setting_that_nobody_knows_is_refused_by_name() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("postern.toml");
    std::fs::write(&file, "[limits]\nlogin_brust = 3\n").expect("writable");
    let said = refusal(posternd(data.path()).arg("--config").arg(&file));
    assert!(
        said.contains("login_brust") && said.contains("postern.toml"),
        "{said}"
    );
    let said = refusal(posternd(data.path()).env("POSTERN_WORKERS", "many"));
    assert!(said.contains("POSTERN_WORKERS"), "{said}");
    let said = refusal(posternd(data.path()).arg("gateway"));
    assert!(said.contains("unrecognized subcommand 'gateway'"), "{said}");
}

#[test]
fn the_environment_sets_what_the_file_could() {
    let data = tempfile::tempdir().expect("a folder");
    let server = start(posternd(data.path()).env("POSTERN_ACCOUNT_SIGN_UP", "closed"));
    assert!(server.get("/api/v1/server").contains("\"sign_up\":\"closed\""));
    let limited = tempfile::tempdir().expect("a folder");
    let server = start(
        posternd(limited.path())
            .env("POSTERN_LIMITS_ADDRESS_BURST", "1")
            .env("POSTERN_LIMITS_ADDRESS_PER_MINUTE", "1"),
    );
    assert!(server.get("/api/v1/server").starts_with("HTTP/1.1 200 "));
    assert!(server.get("/api/v1/server").starts_with("HTTP/1.1 429 "));
}

#[test]
fn an_invitation_is_made_beside_a_running_server() {
    let data = tempfile::tempdir().expect("a folder");
    let _server = start(posternd(data.path()).env("POSTERN_ACCOUNT_SIGN_UP", "invite"));
    let output = posternd(data.path()).arg("invite").output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).expect("text").trim().len(), 22);
}

/// What the server logs while somebody asks for things whose names would be recognised.
fn logged(filter: &str) -> String {
    let data = tempfile::tempdir().expect("a folder");
    let mut command = posternd(data.path());
    if !filter.is_empty() {
        command.env("POSTERN_LOG_FILTER", filter);
    }
    let server = start(&mut command);
    for path in [
        "/s/canary-link?canary=query",
        "/api/v1/directory/canary-name",
        "/api/v1/changes?since=canary-since",
        "/api/v1/links/canary-link/open",
    ] {
        server.get(path);
    }
    server.signal("TERM");
    String::from_utf8(server.wait().stderr).expect("text")
}

#[test]
fn nothing_that_a_client_sends_is_logged_however_much_is() {
    let said = logged("trace");
    assert!(!said.is_empty() && !said.contains("canary"), "{said}");
}

#[test]
fn no_address_is_logged_unless_it_is_asked_for() {
    let said = logged("");
    assert!(said.contains("stopped") && !said.contains("127.0.0.1"), "{said}");
}

/// What a server of this domain says when somebody administers it by hand, and what it ends with.
fn administered(data: &Path, domain: &str, words: &str) -> (i32, String) {
    let mut command = posternd(data);
    command.env("POSTERN_MAIL_DOMAIN", domain).args(words.split(' '));
    let output = command.output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    (output.status.code().expect("it ended by itself"), said)
}

#[test]
fn domains_are_administered_beside_a_running_server() {
    let data = tempfile::tempdir().expect("a folder");
    let server = start(posternd(data.path()).env("POSTERN_MAIL_DOMAIN", "example.org"));
    let policy = |host: &str| server.get_at(host, "/.well-known/mta-sts.txt");
    assert!(policy("mta-sts.example.org").contains("mode: testing\r\nmx: example.org\r\n"));
    assert!(policy("mta-sts.garden.example").starts_with("HTTP/1.1 404 "));
    for (words, code, says) in [
        ("domain list", 0, "example.org  0 addresses, the server's own\n"),
        (
            "domain add garden.example",
            0,
            "posternd domain check garden.example",
        ),
        (
            "domain add no/domain",
            1,
            "cannot add no/domain: a domain has labels",
        ),
        ("domain list", 0, "garden.example  0 addresses\n"),
        (
            "domain list --json",
            0,
            r#"{"name":"garden.example","own":false,"addresses":0}"#,
        ),
        ("domain catch-all garden.example", 0, "that nobody has is refused"),
        (
            "domain catch-all garden.example nobody",
            1,
            "there is no such account",
        ),
        (
            "address give info@garden.example nobody",
            1,
            "there is no such account",
        ),
        ("address give info nobody", 2, "an address has an @"),
        ("address take info@garden.example", 1, "there is no such address"),
        (
            "address list garden.example --json",
            0,
            r#"{"addresses":[],"more":false}"#,
        ),
        ("domain remove example.org", 1, "the server's own domain"),
        (
            "domain remove other.example",
            1,
            "there is no domain other.example",
        ),
    ] {
        let (ended, said) = administered(data.path(), "example.org", words);
        assert_eq!(ended, code, "{words}: {said}");
        assert!(said.contains(says), "{words}: {said}");
    }
    assert!(policy("mta-sts.garden.example").contains("mx: example.org\r\n"));
    let (ended, said) = administered(data.path(), "example.org", "domain remove garden.example");
    assert_eq!(
        (ended, said.contains("0 addresses went with it")),
        (0, true),
        "{said}"
    );
    assert!(policy("mta-sts.garden.example").starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_check_of_a_domain_ends_with_a_code_of_its_own_and_tells_the_same_key_each_time() {
    let data = tempfile::tempdir().expect("a folder");
    let key = |said: &str| {
        let line = said
            .lines()
            .find(|line| line.contains("postern._domainkey.localhost. TXT"));
        line.expect("it says what to publish").to_owned()
    };
    let (ended, first) = administered(data.path(), "localhost", "domain check localhost");
    assert_eq!(ended, 3, "{first}");
    assert!(first.contains("MX: not known. A domain without a dot"), "{first}");
    assert!(
        first.contains("  publish  localhost. MX 10 localhost.\n"),
        "{first}"
    );
    assert!(key(&first).contains("\" \""), "a long text is in pieces: {first}");
    let (_, second) = administered(data.path(), "localhost", "domain check localhost");
    assert_eq!(key(&first), key(&second));
    let (ended, said) = administered(data.path(), "localhost", "domain check other.example");
    assert_eq!(
        (ended, said.contains("there is no such domain")),
        (1, true),
        "{said}"
    );
}
