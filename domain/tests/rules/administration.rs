//! Who may say which domains and addresses there are, and what that comes to.

use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use postern_domain::device::Device;
use postern_domain::dns::{DomainDns, StsMode, StsPolicy};
use postern_domain::store::Cause;
use postern_domain::{AddressRefusal, Administrator, Error};
use postern_protocol::administration::{DnsRecord, RecordKind, RecordPurpose, RecordState};
use postern_protocol::limits::MAX_ADDRESSES;
use postern_protocol::{AccountName, Bytes, DomainName};

use crate::world::{World, refusal};

fn name(text: &str) -> AccountName {
    text.parse().expect("a name")
}

fn domain(text: &str) -> DomainName {
    text.parse().expect("a domain")
}

/// A server with alice and bob.
async fn world() -> (World, Administrator) {
    let world = World::new().await;
    for name in ["alice", "bob"] {
        world.account(name).await;
    }
    let administrator = world.postern.administrator();
    (world, administrator)
}

#[tokio::test]
async fn only_whom_the_settings_name_administers() {
    let mut world = World::new().await;
    let mut sessions = Vec::new();
    for name in ["alice", "bob"] {
        let mut device = Device::new(name);
        let sign_up = device.sign_up();
        let session = world.postern.sign_up(sign_up, world.now, &mut device.rng).await;
        sessions.push(session.expect("the name is free"));
    }
    for administrators in [vec![], vec![name("alice")]] {
        world
            .start_again(|rules| rules.administrators = administrators.clone())
            .await;
        for (session, who) in sessions.iter().zip(["alice", "bob"]) {
            let user = world.signed_in(session).await;
            let may = user.administrator().await;
            let is_named = administrators.contains(&name(who));
            assert_eq!(may.is_ok(), is_named, "{who}");
            assert!(is_named || matches!(refusal(may), Error::NotAdministrator));
            let body = user.session().account_body().await.expect("memory");
            assert_eq!(body.administrator, is_named, "{who}");
        }
    }
}

#[tokio::test]
async fn nobody_becomes_an_administrator_by_signing_up() {
    let mut world = World::new().await;
    world
        .start_again(|rules| rules.administrators = vec![name("carol")])
        .await;
    assert!(world.postern.lacks_administrator().await.expect("memory"));
    let mut carol = Device::new("carol");
    let refused = world
        .postern
        .sign_up(carol.sign_up(), world.now, &mut carol.rng)
        .await;
    assert!(matches!(refusal(refused), Error::NameTaken));
    world.start_again(|rules| rules.administrators.clear()).await;
    world.account("carol").await;
    world
        .start_again(|rules| rules.administrators = vec![name("carol")])
        .await;
    assert!(!world.postern.lacks_administrator().await.expect("memory"));
}

#[tokio::test]
async fn domains_are_listed_with_the_servers_own_first_and_go_with_their_addresses() {
    let (world, administrator) = world().await;
    for typed in ["Bücher.example", "a.example", "a.example", "localhost"] {
        administrator.add_domain(typed, world.now).await.expect(typed);
    }
    let (books, a) = (domain("xn--bcher-kva.example"), domain("a.example"));
    for local in ["info", "post"] {
        let given = administrator
            .give_address(&books, &name(local), &name("bob"), world.now)
            .await;
        given.expect("free");
    }
    let set = administrator.set_catch_all(&a, Some(&name("alice"))).await;
    set.expect("it is there");
    let listed = administrator.domains().await.expect("memory").domains;
    let listed: Vec<_> = listed
        .iter()
        .map(|entry| {
            (
                entry.name.as_str(),
                entry.own,
                entry.addresses,
                entry.catch_all.clone(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("localhost", true, 2, None),
            ("a.example", false, 0, Some(name("alice"))),
            ("xn--bcher-kva.example", false, 2, None),
        ]
    );
    let removed = administrator.remove_domain(&books).await.expect("it is there");
    assert_eq!(removed.addresses, 2);
    assert!(matches!(
        refusal(administrator.remove_domain(&books).await),
        Error::NotFound("domain")
    ));
    for typed in ["", "no domain", "192.0.2.1", "a@b.example"] {
        let refused = refusal(administrator.add_domain(typed, world.now).await);
        assert!(matches!(refused, Error::Malformed(_)), "{typed}");
    }
}

#[tokio::test]
async fn an_address_is_given_taken_and_given_to_somebody_else() {
    let (world, administrator) = world().await;
    let (at, info) = (domain("a.example"), name("info"));
    administrator
        .add_domain("a.example", world.now)
        .await
        .expect("free");
    let give = async |who: &str| {
        administrator
            .give_address(&at, &info, &name(who), world.now)
            .await
    };
    give("alice").await.expect("free");
    give("alice").await.expect("hers already");
    assert!(matches!(
        refusal(give("bob").await),
        Error::Address(AddressRefusal::Taken)
    ));
    assert!(matches!(
        refusal(give("nobody").await),
        Error::NotFound("account")
    ));
    administrator.take_address(&at, &info).await.expect("hers");
    assert!(matches!(
        refusal(administrator.take_address(&at, &info).await),
        Error::NotFound("address")
    ));
    give("bob").await.expect("free again");
    let page = administrator.addresses(&at, None, 10).await.expect("memory");
    assert_eq!(page.addresses.len(), 1);
    assert_eq!(
        (&page.addresses[0].local, &page.addresses[0].account),
        (&info, &name("bob"))
    );
    let elsewhere = administrator.addresses(&domain("b.example"), None, 10).await;
    assert!(matches!(refusal(elsewhere), Error::NotFound("domain")));
}

#[tokio::test]
async fn the_servers_own_domain_is_as_the_settings_have_it() {
    let (world, administrator) = world().await;
    let own = domain("localhost");
    for refused in [
        refusal(administrator.remove_domain(&own).await),
        refusal(administrator.set_catch_all(&own, None).await),
    ] {
        assert!(matches!(refused, Error::Address(AddressRefusal::OwnDomain)));
    }
    let give = async |local: &str| {
        let local = name(local);
        administrator
            .give_address(&own, &local, &name("bob"), world.now)
            .await
    };
    assert!(matches!(
        refusal(give("postmaster").await),
        Error::Address(AddressRefusal::Reserved)
    ));
    assert!(matches!(
        refusal(give("alice").await),
        Error::Address(AddressRefusal::Taken)
    ));
    give("office").await.expect("free");
    let names = administrator.take_address(&own, &name("bob")).await;
    assert!(matches!(refusal(names), Error::Address(AddressRefusal::IsName)));
    let page = administrator
        .addresses(&own, Some(&name("alice")), 1)
        .await
        .expect("memory");
    assert_eq!((page.addresses[0].local.as_str(), page.more), ("bob", true));
    let page = administrator
        .addresses(&own, Some(&name("bob")), 1)
        .await
        .expect("memory");
    assert_eq!((page.addresses[0].local.as_str(), page.more), ("office", false));
}

#[tokio::test]
async fn nobody_gets_addresses_without_end() {
    let (world, administrator) = world().await;
    let own = domain("localhost");
    let give = async |number: u32| {
        let local = name(&format!("a{number}"));
        administrator
            .give_address(&own, &local, &name("bob"), world.now)
            .await
    };
    for number in 0..MAX_ADDRESSES {
        give(number).await.expect("free");
    }
    assert!(matches!(
        refusal(give(MAX_ADDRESSES).await),
        Error::Address(AddressRefusal::TooMany)
    ));
}

/// Knows nothing of DNS; tells with which key it was asked.
#[derive(Debug, Default)]
struct Parrot(AtomicU8);

#[async_trait]
impl DomainDns for Parrot {
    async fn generate_key(&self) -> Result<Bytes, Cause> {
        Ok(Bytes(vec![self.0.fetch_add(1, Ordering::Relaxed)]))
    }

    async fn check(
        &self,
        domain: &DomainName,
        host: &DomainName,
        policy: Option<&StsPolicy>,
        key: &Bytes,
    ) -> Vec<DnsRecord> {
        vec![DnsRecord {
            purpose: RecordPurpose::Dkim,
            name: domain.to_string(),
            kind: RecordKind::Txt,
            value: format!(
                "{host} {:?} {:?}",
                policy.map(|policy| policy.mode),
                key.as_slice()
            ),
            needed: true,
            state: RecordState::Missing,
            found: Vec::new(),
            why: String::new(),
        }]
    }
}

#[tokio::test]
async fn each_domain_has_one_signing_key_that_outlives_it() {
    let (world, administrator) = world().await;
    let dns = Parrot::default();
    let value = async |of: &str| {
        let checked = administrator.check_domain(&domain(of), &dns).await;
        checked.map(|checked| checked.records[0].value.clone())
    };
    administrator
        .add_domain("a.example", world.now)
        .await
        .expect("free");
    let own = value("localhost").await.expect("it is there");
    assert_eq!(own, "mx.example.org Some(Testing) [0]");
    assert_eq!(value("localhost").await.expect("it is there"), own);
    let other = value("a.example").await.expect("it is there");
    assert_eq!(other, "mx.example.org Some(Testing) [1]");
    administrator
        .remove_domain(&domain("a.example"))
        .await
        .expect("it is there");
    assert!(matches!(
        refusal(value("a.example").await),
        Error::NotFound("domain")
    ));
    administrator
        .add_domain("a.example", world.now)
        .await
        .expect("free");
    assert_eq!(value("a.example").await.expect("it is there"), other);
}

#[tokio::test]
async fn a_policy_is_told_where_a_domain_of_ours_has_it_and_nowhere_else() {
    let (mut world, administrator) = world().await;
    administrator
        .add_domain("a.example", world.now)
        .await
        .expect("free");
    for (host, is_told) in [
        ("mta-sts.localhost", true),
        ("MTA-STS.a.example:8080", true),
        ("mta-sts.b.example", false),
        ("a.example", false),
        ("mta-sts.", false),
        ("[::1]:80", false),
        ("", false),
    ] {
        let told = world.postern.sts_policy_at(host).await.expect("memory");
        assert_eq!(told.is_some(), is_told, "{host}");
    }
    world.start_again(|rules| rules.sts = None).await;
    let told = world.postern.sts_policy_at("mta-sts.localhost").await;
    assert_eq!(told.expect("memory"), None);
    world
        .start_again(|rules| rules.sts = Some(StsMode::Enforce))
        .await;
    let told = world
        .postern
        .sts_policy_at("mta-sts.localhost")
        .await
        .expect("memory");
    assert!(told.is_some_and(|policy| policy.contains("mode: enforce\r\nmx: mx.example.org\r\n")));
}
