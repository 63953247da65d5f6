//! Somebody who gets mail.

use std::rc::Rc;

use postern_client::{Drive, Mailbox};
use postern_protocol::{MessageId, TimeMs};

use crate::gateway::{Gateway, Letter};
use crate::platform;
use crate::world::Server;

/// A server with a gateway, and somebody who gets mail.
pub(crate) struct Post {
    pub(crate) server: Server,
    pub(crate) gateway: Gateway,
    pub(crate) alice: Mailbox,
}

impl Post {
    pub(crate) async fn open() -> Self {
        let server = Server::start();
        let gateway = Gateway::announced(platform::postern(&server)).await;
        let (_, drive) = server.sign_up("alice").await;
        Self {
            server,
            gateway,
            alice: mailbox(&drive),
        }
    }

    /// The same mailbox on another device.
    pub(crate) async fn another_device(&self) -> Mailbox {
        let (_, drive) = self.server.sign_in("alice").await;
        let mailbox = mailbox(&drive);
        mailbox.refresh().await.expect("the server is honest");
        mailbox
    }

    /// The same on a device that reads all of it from the list.
    pub(crate) async fn another_whole(&self) -> Mailbox {
        let (phone, drive) = self.server.sign_in("alice").await;
        phone
            .evil
            .edits("/mail/index", |body| *body = serde_json::json!({"version": 0}));
        let mailbox = mailbox(&drive);
        mailbox.refresh().await.expect("the server is honest");
        while mailbox.load_older().await.expect("the server is honest") {}
        mailbox
    }

    pub(crate) async fn bring(&self, subject: &str, at: i64) -> MessageId {
        let letter = Letter {
            received: TimeMs(at),
            ..Letter::to("alice", subject)
        };
        self.gateway.bring(&letter).await
    }
}

pub(crate) fn mailbox(drive: &Drive) -> Mailbox {
    Mailbox::new(Rc::clone(drive.account()))
}
