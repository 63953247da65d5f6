use actix_web::http::Method;
use postern_protocol::error::ErrorCode;
use postern_protocol::mail::{
    DeleteMessages, MailChange, MailChanges, Mark, MarksPut, MessagePage, Messages, MessagesPut, PutMark,
    PutMarks, PutMessage, PutMessages, ReadMessages,
};
use postern_protocol::upload::ContentBody;
use postern_protocol::{Bytes, MessageId};

use crate::server::{Server, User};

/// Something of the shape of a sealed thing.
pub(crate) fn sealed() -> Bytes {
    let mut sealed = vec![0; 100];
    sealed[0] = 1;
    sealed.into()
}

/// A message that its owner put there, with this body.
async fn message(server: &Server, user: &mut User, body: &[u8]) -> MessageId {
    let message: MessageId = user.device.id();
    let put = server.request(Method::PUT, &format!("/contents/{message}"));
    put.by(user).sealed(body).send().await.json::<ContentBody>();
    let put = PutMessage {
        message,
        received: server.now(),
        envelope: sealed(),
        summary: sealed(),
        mark: sealed(),
    };
    let all = PutMessages { messages: vec![put] };
    let kept: MessagesPut = server.post("/mail", user, &all).await.json();
    assert_eq!(kept.kept, 1);
    server.wait(1);
    message
}

#[actix_web::test]
async fn a_mailbox_is_listed_followed_marked_and_emptied() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(message(&server, &mut alice, &[3; 200]).await);
        }
        all.reverse();
        let page: MessagePage = server.get("/mail?limit=2", &alice).await.json();
        let listed: Vec<_> = page.messages.iter().map(|message| message.message).collect();
        assert_eq!((&listed[..], page.more), (&all[..2], true));
        let last = &page.messages[1];
        let query = format!("/mail?received={}&message={}", last.received.0, last.message);
        let page: MessagePage = server.get(&query, &alice).await.json();
        assert_eq!(
            (page.messages.len(), page.messages[0].message, page.more),
            (1, all[2], false)
        );

        let mark = Mark {
            version: 2,
            sealed: sealed(),
            expires: None,
        };
        let marks = [all[0], all[1]].map(|message| PutMark {
            message,
            mark: mark.clone(),
        });
        let marks = PutMarks {
            marks: marks.to_vec(),
        };
        let put: MarksPut = server.post("/mail/marks", &alice, &marks).await.json();
        assert!(put.conflicts.is_empty());
        let delete = DeleteMessages {
            messages: vec![all[0]],
        };
        let deleted = server.post("/mail/delete", &alice, &delete).await;
        assert_eq!(deleted.status, 204);

        let query = format!("/mail/changes?change={}&limit=1", page.latest_change);
        let changes: MailChanges = server.get(&query, &alice).await.json();
        let marked = MailChange::Marked {
            message: all[1],
            mark,
        };
        assert_eq!((changes.changes, changes.more), (vec![marked], true));
        let next = changes.next;
        let query = format!(
            "/mail/changes?change={}&message={}",
            next.change,
            next.message.expect("a page ends at one")
        );
        let changes: MailChanges = server.get(&query, &alice).await.json();
        let deleted = MailChange::Deleted { message: all[0] };
        assert_eq!((changes.changes, changes.more), (vec![deleted], false));
    }
}

#[actix_web::test]
async fn a_body_is_read_whole_or_in_ranges_by_its_owner_only() {
    for server in Server::both().await {
        let (mut alice, bob) = (server.user("alice").await, server.user("bob").await);
        let body: Vec<u8> = (0..200).collect();
        let message = message(&server, &mut alice, &body).await;
        let path = format!("/mail/{message}");
        assert_eq!(server.get(&path, &alice).await.body, body);
        let request = server.request(Method::GET, &path).by(&alice);
        let part = request.header("range", "bytes=2-7").send().await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, &body[2..8]));
        server.get(&path, &bob).await.refused(404, ErrorCode::NotFound);
        let asked = ReadMessages {
            messages: vec![message],
        };
        for (user, count) in [(&alice, 1), (&bob, 0)] {
            let read: Messages = server.post("/mail/read", user, &asked).await.json();
            assert_eq!(read.messages.len(), count);
        }
    }
}

#[actix_web::test]
async fn a_list_goes_on_after_a_message_with_its_moment() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    for query in ["received=1", "message=AAAAAAAAAAAAAAAAAAAAAA"] {
        let answer = server.get(&format!("/mail?{query}"), &alice).await;
        answer.refused(400, ErrorCode::BadRequest);
    }
    server
        .get("/mail/changes", &alice)
        .await
        .refused(400, ErrorCode::BadRequest);
}
