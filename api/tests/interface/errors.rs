use actix_web::http::Method;
use postern_domain::device::Device;
use postern_protocol::error::ErrorCode;
use serde_json::{Value, json};

use crate::server::Server;

/// Paths that need no session, and a body that each takes.
fn open_paths() -> Vec<(&'static str, Value)> {
    let mut device = Device::new("alice");
    let start = json!({"name": "alice", "request": "AAAA"});
    let proof = json!({"proof": "A".repeat(43)});
    vec![
        ("/signup/start", json!(device.start_sign_up().1)),
        ("/signup", json!(device.sign_up())),
        ("/login/start", start),
        (
            "/login/finish",
            json!({"attempt": "AAAA", "finalization": "AAAA", "device": ""}),
        ),
        ("/recovery/start", json!({"name": "alice"})),
        (
            "/recovery/finish",
            json!({"attempt": "AAAA", "signature": "AAAA", "device": ""}),
        ),
        ("/links/AAAAAAAAAAAAAAAAAAAAAA/open", proof.clone()),
        ("/links/AAAAAAAAAAAAAAAAAAAAAA/records", proof.clone()),
        ("/links/AAAAAAAAAAAAAAAAAAAAAA/leases", proof),
    ]
}

#[actix_web::test]
async fn a_body_that_cannot_be_understood_is_refused_in_json() {
    let server = Server::start().await;
    for (path, good) in open_paths() {
        let send = |body: &[u8]| {
            let request = server
                .request(Method::POST, path)
                .header("content-type", "application/json");
            request.body(body).send()
        };
        for body in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "\"text\"",
            "{\"name\":1}",
            "\u{0}",
            "{\"a\":{\"a\":{\"a\":",
        ] {
            send(body.as_bytes()).await.refused(400, ErrorCode::BadRequest);
        }
        send(&[0xff, 0xfe]).await.refused(400, ErrorCode::BadRequest);
        let mut more = good.clone();
        more["unexpected"] = json!(1);
        send(more.to_string().as_bytes())
            .await
            .refused(400, ErrorCode::BadRequest);
        for key in good
            .as_object()
            .expect("an object")
            .keys()
            .filter(|key| *key != "invite")
        {
            for wrong in [json!(null), json!(-1), json!("*"), json!({"x": 1})] {
                if *key == "device" && wrong.is_string() {
                    continue;
                }
                let mut spoilt = good.clone();
                spoilt[key] = wrong;
                send(spoilt.to_string().as_bytes())
                    .await
                    .refused(400, ErrorCode::BadRequest);
            }
        }
    }
}

#[actix_web::test]
async fn a_body_of_another_type_is_refused() {
    let server = Server::start().await;
    for (path, good) in open_paths() {
        let request = server
            .request(Method::POST, path)
            .header("content-type", "text/plain");
        let answer = request.body(good.to_string().as_bytes()).send().await;
        answer.refused(400, ErrorCode::BadRequest);
    }
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read_whole() {
    let server = Server::start().await;
    for (path, _) in open_paths() {
        let limit = if path == "/signup" { 2 << 20 } else { 16 << 10 };
        let request = server
            .request(Method::POST, path)
            .header("content-type", "application/json");
        let answer = request.body(&vec![b' '; limit + 1]).send().await;
        answer.refused(413, ErrorCode::TooLarge);
    }
    let alice = server.user("alice").await;
    let path = format!("/volumes/{}/batches", alice.device.volume);
    let request = server
        .request(Method::POST, &path)
        .by(&alice)
        .header("content-type", "application/json");
    request
        .body(&vec![b' '; (8 << 20) + 1])
        .send()
        .await
        .refused(413, ErrorCode::TooLarge);
}

/// What `docs/openapi.json` says there is: each path with its methods.
fn documented() -> Vec<(String, Vec<String>)> {
    let document: Value = serde_json::from_str(&postern_api::openapi_document()).expect("it is JSON");
    let paths = document["paths"].as_object().expect("there are paths").clone();
    let methods = |item: &Value| {
        let keys = item.as_object().expect("methods").keys();
        keys.filter(|key| *key != "parameters")
            .map(|key| key.to_uppercase())
            .collect()
    };
    paths
        .iter()
        .map(|(path, item)| (path.clone(), methods(item)))
        .collect()
}

fn example(path: &str) -> String {
    let ids = ["{volume}", "{content}", "{link}", "{message}", "{session}"];
    let path = ids.iter().fold(path.to_owned(), |path, id| {
        path.replace(id, "AAAAAAAAAAAAAAAAAAAAAA")
    });
    path.replace("{part}", "0").replace("{name}", "alice")
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes() {
    let server = Server::start().await;
    let documented = documented();
    assert!(documented.len() > 25, "the document names every path");
    for (path, methods) in documented {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ] {
            let answer = server.request(method.clone(), &example(&path)).send().await;
            let is_taken = methods.contains(&method.to_string());
            assert_eq!(answer.status != 405, is_taken, "{method} {path}");
            if !is_taken {
                answer.refused(405, ErrorCode::BadRequest);
                let allowed = answer.header("allow").to_owned();
                assert!(
                    methods.iter().all(|method| allowed.contains(method)),
                    "{path}: {allowed}"
                );
            }
        }
    }
}

#[actix_web::test]
async fn what_needs_a_session_is_refused_without_one() {
    let server = Server::start().await;
    let document: Value = serde_json::from_str(&postern_api::openapi_document()).expect("it is JSON");
    let mut closed = 0;
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("methods") {
            if operation["security"].is_null() {
                continue;
            }
            closed += 1;
            let method: Method = method.to_uppercase().parse().expect("a method");
            for token in [
                "",
                "Bearer",
                "Bearer AAAA",
                "Basic QTpC",
                &format!("Bearer {}", "A".repeat(43)),
            ] {
                let request = server
                    .request(method.clone(), &example(path))
                    .header("authorization", token);
                request
                    .json(&json!({}))
                    .send()
                    .await
                    .refused(401, ErrorCode::NotSignedIn);
            }
        }
    }
    assert!(closed > 20, "the document says what needs a session");
}

#[actix_web::test]
async fn a_path_or_query_that_cannot_be_understood_is_refused() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    for path in [
        "/contents/AAAA",
        "/contents/AAAAAAAAAAAAAAAAAAAAAB",
        "/contents/%00",
        "/uploads/x",
        "/volumes/x/changes",
        "/changes?since=-1",
        "/changes?since=x",
        "/changes?limit=99999999999",
        "/changes?other=1",
        "/volumes/AAAAAAAAAAAAAAAAAAAAAA/changes?node=AAAA",
        "/directory/%F0%9F%92%A9",
    ] {
        server.get(path, &alice).await.refused(400, ErrorCode::BadRequest);
    }
    let path = format!(
        "/volumes/{}/changes?node=AAAAAAAAAAAAAAAAAAAAAA",
        alice.device.volume
    );
    server
        .get(&path, &alice)
        .await
        .refused(400, ErrorCode::BadRequest);
    for path in ["/nothing", "/", "", "/account/", "/account/more", "//account"] {
        server.get(path, &alice).await.refused(404, ErrorCode::NotFound);
    }
}
