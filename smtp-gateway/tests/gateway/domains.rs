//! What is said of a domain whose DNS is this or that.

use std::net::SocketAddr;
use std::sync::Arc;

use postern_domain::dns::{DomainDns as _, StsMode, StsPolicy};
use postern_protocol::administration::RecordState::{Different, Missing, Right, Unknown};
use postern_protocol::administration::{DnsRecord, RecordPurpose, RecordState};
use postern_protocol::{Bytes, DomainName};
use postern_smtp_gateway::Domains;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::names::{Names, Record};

const LOCALHOST: Record = Record::A([127, 0, 0, 1]);
const HOST: Record = Record::A([192, 0, 2, 25]);

fn domain() -> DomainName {
    DomainName::parse("garden.example").expect("a domain")
}

fn policy() -> StsPolicy {
    StsPolicy {
        mode: StsMode::Testing,
        host: DomainName::parse("mx.example.org").expect("a domain"),
    }
}

async fn check(domains: &Domains, key: &Bytes) -> Vec<DnsRecord> {
    let policy = policy();
    domains.check(&domain(), &policy.host, Some(&policy), key).await
}

fn of(records: &[DnsRecord], purpose: RecordPurpose) -> &DnsRecord {
    let found = records.iter().find(|record| record.purpose == purpose);
    found.expect("each is there")
}

/// How it stands with each record, in their order, where DNS has these, and nothing can be fetched.
async fn states(records: &[(&str, Record)]) -> Vec<RecordState> {
    let names = Names::of(records).await;
    let domains = Domains::new(Some(names.forgetful()));
    // What is no key has no public half; DKIM is looked at elsewhere.
    let checked = check(&domains, &Bytes(Vec::new())).await;
    checked.iter().map(|record| record.state).collect()
}

#[tokio::test]
async fn what_is_published_as_it_should_be_is_right() {
    let (certificate, port, _serving) = policy_host(&policy().text()).await;
    let domains = Domains::new(None);
    let key = domains.generate_key().await.expect("a key");
    let wanted = check(&domains, &key).await;
    assert!(wanted.iter().all(|record| record.state == Unknown));
    let mut published = vec![
        ("mx.example.org".to_owned(), HOST),
        ("garden.example".to_owned(), Record::Mx(10, "MX.example.org")),
        ("mta-sts.garden.example".to_owned(), LOCALHOST),
    ];
    for record in &wanted {
        if record.kind == postern_protocol::administration::RecordKind::Txt {
            let value: &'static str = record.value.clone().leak();
            published.push((record.name.clone(), Record::Txt(value)));
        }
    }
    let published: Vec<_> = published
        .iter()
        .map(|(name, record)| (&**name, *record))
        .collect();
    let names = Names::of(&published).await;
    let domains = Domains::new(Some(names.forgetful()));
    let domains = domains.fetching_at(port, &certificate).expect("a certificate");
    let checked = check(&domains, &key).await;
    for record in &checked {
        assert_eq!(record.state, Right, "{record:?}");
    }
    assert_eq!(checked.len(), 7);
}

#[tokio::test]
async fn what_is_not_there_is_missing_and_what_nobody_says_is_not_known() {
    assert_eq!(states(&[]).await, [Missing; 7]);
    let failing = [
        "garden.example",
        "postern._domainkey.garden.example",
        "_dmarc.garden.example",
        "_mta-sts.garden.example",
        "mta-sts.garden.example",
        "_smtp._tls.garden.example",
    ]
    .map(|name| (name, Record::Failure));
    assert_eq!(states(&failing).await, [Unknown; 7]);
}

#[tokio::test]
async fn a_server_that_has_no_address_is_told() {
    let names = Names::of(&[
        ("garden.example", Record::Mx(10, "mx.example.org")),
        ("garden.example", Record::Txt("v=spf1 a:mx.example.org -all")),
    ])
    .await;
    let domains = Domains::new(Some(names.forgetful()));
    let checked = check(&domains, &Bytes(Vec::new())).await;
    for purpose in [RecordPurpose::Mx, RecordPurpose::Spf] {
        let record = of(&checked, purpose);
        assert_eq!(record.state, Different);
        assert!(
            record.why.contains("mx.example.org has no address"),
            "{}",
            record.why
        );
    }
}

#[tokio::test]
async fn an_spf_record_is_judged_by_whom_it_lets_send() {
    for (spf, state, why) in [
        ("v=spf1 a:mx.example.org -all", Right, "lets this server send"),
        ("v=spf1 ip4:192.0.2.0/24 ~all", Right, "lets this server send"),
        (
            "v=spf1 include:spf.example.net -all",
            Right,
            "lets this server send",
        ),
        ("v=spf1 mx -all", Right, "lets this server send"),
        ("v=spf1 +all", Different, "everybody"),
        ("v=spf1 ip4:198.51.100.1 -all", Different, "from 192.0.2.25"),
        ("v=spf1 ip4:198.51.100.1 ?all", Different, "from 192.0.2.25"),
        ("v=spf1 include:nobody.example.net -all", Different, "to its end"),
    ] {
        let names = Names::of(&[
            ("mx.example.org", HOST),
            ("garden.example", Record::Mx(10, "mx.example.org")),
            ("garden.example", Record::Txt("a text for something else")),
            ("garden.example", Record::Txt(spf)),
            ("spf.example.net", Record::Txt("v=spf1 ip4:192.0.2.25 -all")),
        ])
        .await;
        let domains = Domains::new(Some(names.forgetful()));
        let checked = check(&domains, &Bytes(Vec::new())).await;
        let record = of(&checked, RecordPurpose::Spf);
        assert_eq!(record.state, state, "{spf}: {}", record.why);
        assert!(record.why.contains(why), "{spf}: {}", record.why);
        assert_eq!(record.found, [spf]);
    }
}

#[tokio::test]
async fn a_policy_has_to_be_there_and_to_be_ours() {
    let names = Names::of(&[("mta-sts.garden.example", LOCALHOST)]).await;
    let judged = async |text: &str, trusted: bool| {
        let (certificate, port, _serving) = policy_host(text).await;
        let (another, ..) = policy_host("").await;
        let certificate = if trusted { certificate } else { another };
        let domains = Domains::new(Some(names.forgetful()));
        let domains = domains.fetching_at(port, &certificate).expect("a certificate");
        let checked = check(&domains, &Bytes(Vec::new())).await;
        of(&checked, RecordPurpose::MtaStsPolicy).clone()
    };
    let ours = policy().text();
    assert_eq!(judged(&ours, true).await.state, Right);
    let more = ours.replace("mx: ", "mx: other.example\nmx: ");
    assert_eq!(judged(&more, true).await.state, Right);
    for other in [
        ours.replace("testing", "enforce"),
        ours.replace("mx.example.org", "mx.example.net"),
        String::new(),
    ] {
        assert_eq!(judged(&other, true).await.state, Different, "{other}");
    }
    let refused = judged(&ours, false).await;
    assert_eq!(refused.state, Different);
    assert!(
        refused.why.contains("certificate for this name"),
        "{}",
        refused.why
    );
}

/// Answers every request with `text`, through TLS; its certificate and its port.
async fn policy_host(text: &str) -> (Vec<u8>, u16, JoinSet<()>) {
    let made = rcgen::generate_simple_self_signed(["mta-sts.garden.example".to_owned()]);
    let made = made.expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("they are known")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not trust the certificate goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut question = [0; 4_096];
            if stream.read(&mut question).await.is_ok() {
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (certificate.to_vec(), port, serving)
}
