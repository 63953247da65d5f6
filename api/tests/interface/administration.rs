use std::sync::Arc;

use actix_web::http::Method;
use async_trait::async_trait;
use postern_domain::dns::{DomainDns, StsPolicy};
use postern_domain::store::Cause;
use postern_protocol::account::AccountBody;
use postern_protocol::administration::{
    AddDomain, Addresses, DnsCheck, DnsRecord, DomainEntry, DomainRemoved, Domains, GiveAddress, SetCatchAll,
};
use postern_protocol::error::ErrorCode;
use postern_protocol::{AccountName, Bytes, DomainName};
use serde_json::json;

use crate::server::{Answer, Server, User, generous};

/// Knows that there is nothing to publish.
#[derive(Debug)]
struct Nothing;

#[async_trait]
impl DomainDns for Nothing {
    async fn generate_key(&self) -> Result<Bytes, Cause> {
        Ok(Bytes(vec![1]))
    }

    async fn check(
        &self,
        _: &DomainName,
        _: &DomainName,
        _: Option<&StsPolicy>,
        _: &Bytes,
    ) -> Vec<DnsRecord> {
        Vec::new()
    }
}

fn name(text: &str) -> AccountName {
    text.parse().expect("a name")
}

async fn put(server: &Server, user: &User, path: &str, body: &impl serde::Serialize) -> Answer {
    server.request(Method::PUT, path).by(user).json(body).send().await
}

async fn delete(server: &Server, user: &User, path: &str) -> Answer {
    server.request(Method::DELETE, path).by(user).send().await
}

#[actix_web::test]
async fn domains_and_addresses_are_administered() {
    let mut settings = generous();
    settings.dns = Some(Arc::new(Nothing));
    let (server, ada) = Server::administered(settings).await;
    let body: AccountBody = server.get("/account", &ada).await.json();
    assert!(body.administrator);
    let add = AddDomain {
        name: "Bücher.example".to_owned(),
    };
    let added: DomainEntry = server.post("/administration/domains", &ada, &add).await.json();
    let at = format!("/administration/domains/{}", added.name);
    let info = format!("{at}/addresses/info");
    let give = GiveAddress { account: name("ada") };
    for _ in 0..2 {
        assert_eq!(put(&server, &ada, &info, &give).await.status, 204);
    }
    let bob = server.user("bob").await;
    let to_bob = GiveAddress { account: name("bob") };
    put(&server, &ada, &info, &to_bob)
        .await
        .refused(409, ErrorCode::AddressTaken);
    let to_nobody = GiveAddress {
        account: name("nobody"),
    };
    put(&server, &ada, &info, &to_nobody)
        .await
        .refused(404, ErrorCode::NotFound);
    let catch_all = SetCatchAll {
        account: Some(name("bob")),
    };
    let set = put(&server, &ada, &format!("{at}/catch-all"), &catch_all).await;
    assert_eq!(set.status, 204);
    let listed: Domains = server.get("/administration/domains", &ada).await.json();
    assert_eq!((listed.domains[0].own, listed.domains[0].addresses), (true, 2));
    assert_eq!(
        (listed.domains[1].addresses, listed.domains[1].catch_all.clone()),
        (1, Some(name("bob")))
    );
    let page: Addresses = server.get(&format!("{at}/addresses?limit=1"), &ada).await.json();
    assert_eq!((page.addresses[0].account.as_str(), page.more), ("ada", false));
    let page: Addresses = server
        .get(&format!("{at}/addresses?after=info"), &ada)
        .await
        .json();
    assert!(page.addresses.is_empty());
    let checked: DnsCheck = server.get(&format!("{at}/dns"), &ada).await.json();
    assert_eq!(checked.domain, added.name);
    assert_eq!(delete(&server, &ada, &info).await.status, 204);
    delete(&server, &ada, &info)
        .await
        .refused(404, ErrorCode::NotFound);
    put(&server, &ada, &info, &to_bob).await;
    let removed: DomainRemoved = delete(&server, &ada, &at).await.json();
    assert_eq!(removed.addresses, 1);
    let own = "/administration/domains/localhost";
    delete(&server, &ada, own)
        .await
        .refused(422, ErrorCode::AddressRefused);
    let body: AccountBody = server.get("/account", &bob).await.json();
    assert!(!body.administrator);
}

#[actix_web::test]
async fn nobody_else_administers_anything() {
    let (server, _) = Server::administered(generous()).await;
    let bob = server.user("bob").await;
    let own = "/administration/domains/localhost";
    let paths = [
        (Method::GET, "/administration/domains".to_owned()),
        (Method::POST, "/administration/domains".to_owned()),
        (Method::DELETE, own.to_owned()),
        (Method::PUT, format!("{own}/catch-all")),
        (Method::GET, format!("{own}/dns")),
        (Method::GET, format!("{own}/addresses")),
        (Method::PUT, format!("{own}/addresses/info")),
        (Method::DELETE, format!("{own}/addresses/info")),
    ];
    for (method, path) in paths {
        let request = || {
            server
                .request(method.clone(), &path)
                .json(&json!({"name": "a.example"}))
        };
        let answer = request().by(&bob).send().await;
        answer.refused(403, ErrorCode::NotAdministrator);
        request().send().await.refused(401, ErrorCode::NotSignedIn);
    }
}

#[actix_web::test]
async fn a_policy_for_mail_is_told_under_the_name_that_other_servers_ask() {
    let server = Server::start().await;
    let ask = |host: &str| {
        let request = server.page(Method::GET, "/.well-known/mta-sts.txt");
        request.header("host", host).send()
    };
    let told = ask("mta-sts.localhost").await;
    assert_eq!(told.status, 200);
    assert!(told.header("content-type").starts_with("text/plain"));
    assert!(
        told.body
            .starts_with(b"version: STSv1\r\nmode: testing\r\nmx: mx.example.org\r\n")
    );
    for elsewhere in ["localhost", "mta-sts.example.org"] {
        ask(elsewhere).await.refused(404, ErrorCode::NotFound);
    }
}
