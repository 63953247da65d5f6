//! The server's interface as typed calls. One function for each; the table of addresses is this file.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;
use postern_protocol::account::{
    AccountBody, PasswordChange, PasswordChanged, PasswordStart, PutObject, RecoveryChallenge,
    RecoveryFinish, RecoveryStart, RegistrationAnswer, Rotation, SignUp, SignUpStart,
};
use postern_protocol::administration::{
    AddDomain, Addresses, DnsCheck, DomainEntry, DomainRemoved, Domains, GiveAddress, SetCatchAll,
};
use postern_protocol::bundle::{BundleKept, BundleRead};
use postern_protocol::changes::Changes;
use postern_protocol::limits::MAX_PAGE;
use postern_protocol::link::{
    LEASE_HEADER, LeaseBody, LinkBody, LinkCreate, LinkEntry, LinkProof, LinkRecords, LinkRecordsRequest,
    Links,
};
use postern_protocol::mail::{
    Before, DeleteMessages, MailChanges, MailCursor, MailHome, MailIndex, MarksPut, MessagePage, Messages,
    MessagesPut, PutMailIndex, PutMark, PutMarks, PutMessage, PutMessages, ReadMessages,
};
use postern_protocol::server::ServerBody;
use postern_protocol::session::{LoginAnswer, LoginFinish, LoginStart, SessionBody, Sessions};
use postern_protocol::upload::{CHECKSUM_HEADER, ContentBody, UploadBody, UploadComplete, UploadStart};
use postern_protocol::volume::{Batch, BatchApplied, Cursor, VolumePage};
use postern_protocol::{
    AccountName, ContentId, DomainName, LinkId, MessageId, SessionId, VolumeId, bytes as base64, range,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::refusal::refusal;
use super::{Http, Method, Request, Response};
use crate::{Error, Result};

/// A server's interface, with or without a session. Clones share the session.
#[derive(Clone)]
pub struct Api {
    http: Rc<dyn Http>,
    token: Rc<RefCell<Option<Zeroizing<String>>>>,
}

/// Where a content is read: as its owner, or through a link.
#[derive(Clone)]
pub(crate) enum Door {
    /// With the session.
    Owner,
    /// With the session, as the body of a message.
    Mail,
    /// With the session, as a piece of the index of mail.
    MailIndex,
    /// Through a link, under a lease.
    Lease {
        /// The link.
        link: LinkId,
        /// The lease's token.
        token: Zeroizing<String>,
    },
}

impl Door {
    fn show(&self, request: Request) -> Request {
        match self {
            Self::Owner | Self::Mail | Self::MailIndex => request,
            Self::Lease { token, .. } => request.header(LEASE_HEADER, token.as_str()),
        }
    }
}

impl Api {
    /// The interface behind `http`, without a session.
    #[must_use]
    pub fn new(http: Rc<dyn Http>) -> Self {
        Self {
            http,
            token: Rc::default(),
        }
    }

    /// With a session that somebody else has: a worker that sends parts for an engine.
    #[must_use]
    pub fn with_token(http: Rc<dyn Http>, token: Zeroizing<String>) -> Self {
        let api = Self::new(http);
        api.set_token(Some(token));
        api
    }

    /// The session that all further calls use.
    pub(crate) fn set_token(&self, token: Option<Zeroizing<String>>) {
        *self.token.borrow_mut() = token;
    }

    /// The session's token, for the WebSocket and for workers that send parts.
    #[must_use]
    pub fn token(&self) -> Option<Zeroizing<String>> {
        self.token.borrow().clone()
    }

    /// What the server says of itself.
    ///
    /// # Errors
    /// As all calls: [`Error::Offline`], or what the refusal means.
    pub async fn server(&self) -> Result<ServerBody> {
        self.get("/server").await
    }

    pub(crate) async fn sign_up_start(&self, body: &SignUpStart) -> Result<RegistrationAnswer> {
        self.post("/signup/start", body, true).await
    }

    pub(crate) async fn sign_up(&self, body: &SignUp) -> Result<SessionBody> {
        self.post("/signup", body, false).await
    }

    pub(crate) async fn login_start(&self, body: &LoginStart) -> Result<LoginAnswer> {
        self.post("/login/start", body, true).await
    }

    pub(crate) async fn login_finish(&self, body: &LoginFinish) -> Result<SessionBody> {
        self.post("/login/finish", body, false).await
    }

    pub(crate) async fn recovery_start(&self, body: &RecoveryStart) -> Result<RecoveryChallenge> {
        self.post("/recovery/start", body, true).await
    }

    pub(crate) async fn recovery_finish(&self, body: &RecoveryFinish) -> Result<SessionBody> {
        self.post("/recovery/finish", body, false).await
    }

    pub(crate) async fn account(&self) -> Result<AccountBody> {
        self.get("/account").await
    }

    pub(crate) async fn password_start(&self, body: &PasswordStart) -> Result<RegistrationAnswer> {
        self.post("/account/password/start", body, true).await
    }

    pub(crate) async fn password_change(&self, body: &PasswordChange) -> Result<PasswordChanged> {
        let request = json_request(Method::Put, "/account/password", body);
        parse(
            &self
                .call(Request {
                    repeatable: false,
                    ..request
                })
                .await?,
        )
    }

    pub(crate) async fn rotate(&self, body: &Rotation) -> Result<PasswordChanged> {
        self.post("/account/rotation", body, false).await
    }

    pub(crate) async fn sessions(&self) -> Result<Sessions> {
        self.get("/sessions").await
    }

    pub(crate) async fn end_session(&self, id: SessionId) -> Result<()> {
        self.delete(&format!("/sessions/{id}")).await
    }

    pub(crate) async fn changes(&self, since: u64) -> Result<Changes> {
        self.get(&format!("/changes?since={since}&limit={MAX_PAGE}"))
            .await
    }

    pub(crate) async fn volume_page(&self, volume: VolumeId, cursor: Option<Cursor>) -> Result<VolumePage> {
        let mut path = format!("/volumes/{volume}/changes?limit={MAX_PAGE}");
        if let Some(Cursor { counter, node }) = cursor {
            write!(path, "&counter={counter}").expect("a string takes all");
            if let Some(node) = node {
                write!(path, "&node={node}").expect("a string takes all");
            }
        }
        self.get(&path).await
    }

    /// Repeatable: a batch that was applied already conflicts with itself, and the caller finds there what it has sent.
    pub(crate) async fn batch(&self, volume: VolumeId, body: &Batch) -> Result<BatchApplied> {
        self.post(&format!("/volumes/{volume}/batches"), body, true).await
    }

    pub(crate) async fn upload_start(&self, body: &UploadStart) -> Result<UploadBody> {
        self.post("/uploads", body, true).await
    }

    pub(crate) async fn put_part(
        &self,
        content: ContentId,
        part: u32,
        sealed: Bytes,
        hash: &[u8; 32],
    ) -> Result<()> {
        let path = format!("/uploads/{content}/parts/{part}");
        self.call(sealed_request(Method::Put, path, sealed, hash))
            .await
            .map(drop)
    }

    pub(crate) async fn upload_complete(
        &self,
        content: ContentId,
        body: &UploadComplete,
    ) -> Result<ContentBody> {
        self.post(&format!("/uploads/{content}/complete"), body, true)
            .await
    }

    pub(crate) async fn abandon_upload(&self, content: ContentId) -> Result<()> {
        self.delete(&format!("/uploads/{content}")).await
    }

    pub(crate) async fn put_content(
        &self,
        content: ContentId,
        sealed: Bytes,
        hash: &[u8; 32],
    ) -> Result<ContentBody> {
        let request = sealed_request(Method::Put, format!("/contents/{content}"), sealed, hash);
        parse(&self.call(request).await?)
    }

    /// Repeatable: the ids are the client's, and what is there already is left as it is.
    pub(crate) async fn put_bundle(&self, bundle: Bytes, hash: &[u8; 32]) -> Result<BundleKept> {
        let request = sealed_request(Method::Post, "/contents".to_owned(), bundle, hash).repeatable();
        parse(&self.call(request).await?)
    }

    /// These contents end to end, `size_bytes` in all. Less or more is refused.
    pub(crate) async fn read_bundle(
        &self,
        door: &Door,
        contents: Vec<ContentId>,
        size_bytes: u64,
    ) -> Result<Bytes> {
        let length = usize::try_from(size_bytes).map_err(|_| Error::TooLarge)?;
        let path = match door {
            Door::Owner | Door::Mail | Door::MailIndex => "/contents/read".to_owned(),
            Door::Lease { link, .. } => format!("/links/{link}/contents/read"),
        };
        let request = json_request(Method::Post, &path, &BundleRead { contents });
        let request = door.show(request).repeatable().max_answer(length);
        let answer = self.call(request).await?;
        if answer.body.len() == length {
            Ok(answer.body)
        } else {
            Err(Error::NotAuthentic)
        }
    }

    /// Exactly `range` of a content of `size_bytes`. Anything else (another range, the whole, less, more) is refused (threat B6).
    pub(crate) async fn read(
        &self,
        door: &Door,
        content: ContentId,
        range: &Range<u64>,
        size_bytes: u64,
    ) -> Result<Bytes> {
        let length = usize::try_from(range.end - range.start).map_err(|_| Error::TooLarge)?;
        let path = match door {
            Door::Owner => format!("/contents/{content}"),
            Door::Mail => format!("/mail/{content}"),
            Door::MailIndex => format!("/mail/index/{content}"),
            Door::Lease { link, .. } => format!("/links/{link}/contents/{content}"),
        };
        let request = door
            .show(Request::new(Method::Get, path))
            .header("range", range::format(range))
            .max_answer(length);
        let answer = self.call(request).await?;
        let told = answer.content_range.as_deref().and_then(range::parse_content);
        let right =
            answer.status == 206 && answer.body.len() == length && told == Some((range.clone(), size_bytes));
        if right {
            Ok(answer.body)
        } else {
            Err(Error::NotAuthentic)
        }
    }

    pub(crate) async fn put_object(&self, body: &PutObject) -> Result<()> {
        let request = json_request(Method::Put, "/account/objects", body);
        self.call(request).await.map(drop)
    }

    pub(crate) async fn mail_home(&self) -> Result<MailHome> {
        self.get("/mail/home").await
    }

    pub(crate) async fn mail_page(&self, before: Option<Before>, limit: u32) -> Result<MessagePage> {
        let mut path = format!("/mail?limit={limit}");
        if let Some(Before { received, message }) = before {
            let _ = write!(path, "&received={}&message={message}", received.0);
        }
        self.get(&path).await
    }

    pub(crate) async fn mail_changes(&self, after: MailCursor) -> Result<MailChanges> {
        let mut path = format!("/mail/changes?change={}", after.change);
        if let Some(message) = after.message {
            let _ = write!(path, "&message={message}");
        }
        self.get(&path).await
    }

    pub(crate) async fn read_messages(&self, messages: Vec<MessageId>) -> Result<Messages> {
        self.post("/mail/read", &ReadMessages { messages }, true).await
    }

    /// Repeatable: who marks twice has a conflict with themselves, looks again, and finds nothing left to do.
    pub(crate) async fn mark_messages(&self, marks: Vec<PutMark>) -> Result<MarksPut> {
        self.post("/mail/marks", &PutMarks { marks }, true).await
    }

    pub(crate) async fn put_messages(&self, messages: Vec<PutMessage>) -> Result<MessagesPut> {
        self.post("/mail", &PutMessages { messages }, true).await
    }

    pub(crate) async fn delete_messages(&self, messages: Vec<MessageId>) -> Result<()> {
        let request = json_request(Method::Post, "/mail/delete", &DeleteMessages { messages });
        self.call(request.repeatable()).await.map(drop)
    }

    pub(crate) async fn mail_index(&self) -> Result<MailIndex> {
        self.get("/mail/index").await
    }

    /// Repeatable: what is kept already is as good as put.
    pub(crate) async fn put_mail_index(&self, put: &PutMailIndex) -> Result<()> {
        let request = json_request(Method::Put, "/mail/index", put);
        self.call(request.repeatable()).await.map(drop)
    }

    pub(crate) async fn domains(&self) -> Result<Domains> {
        self.get("/administration/domains").await
    }

    pub(crate) async fn add_domain(&self, name: &str) -> Result<DomainEntry> {
        let add = AddDomain {
            name: name.to_owned(),
        };
        self.post("/administration/domains", &add, true).await
    }

    /// Not repeatable: who hears only the second answer is told that there is no such domain.
    pub(crate) async fn remove_domain(&self, domain: &DomainName) -> Result<DomainRemoved> {
        let request = Request::new(Method::Delete, format!("/administration/domains/{domain}"));
        let request = Request {
            repeatable: false,
            ..request
        };
        parse(&self.call(request).await?)
    }

    pub(crate) async fn set_catch_all(
        &self,
        domain: &DomainName,
        account: Option<AccountName>,
    ) -> Result<()> {
        let path = format!("/administration/domains/{domain}/catch-all");
        let request = json_request(Method::Put, &path, &SetCatchAll { account });
        self.call(request).await.map(drop)
    }

    pub(crate) async fn addresses_at(
        &self,
        domain: &DomainName,
        after: Option<&AccountName>,
    ) -> Result<Addresses> {
        let after = after.map(|after| format!("?after={after}"));
        let after = after.unwrap_or_default();
        self.get(&format!("/administration/domains/{domain}/addresses{after}"))
            .await
    }

    pub(crate) async fn give_address(
        &self,
        domain: &DomainName,
        local: &AccountName,
        account: AccountName,
    ) -> Result<()> {
        let path = format!("/administration/domains/{domain}/addresses/{local}");
        let request = json_request(Method::Put, &path, &GiveAddress { account });
        self.call(request).await.map(drop)
    }

    pub(crate) async fn take_address(&self, domain: &DomainName, local: &AccountName) -> Result<()> {
        let path = format!("/administration/domains/{domain}/addresses/{local}");
        self.delete(&path).await
    }

    pub(crate) async fn check_domain(&self, domain: &DomainName) -> Result<DnsCheck> {
        self.get(&format!("/administration/domains/{domain}/dns")).await
    }

    pub(crate) async fn links(&self) -> Result<Links> {
        self.get("/links").await
    }

    pub(crate) async fn link_create(&self, body: &LinkCreate) -> Result<LinkEntry> {
        self.post("/links", body, true).await
    }

    pub(crate) async fn link_revoke(&self, link: LinkId) -> Result<()> {
        self.delete(&format!("/links/{link}")).await
    }

    pub(crate) async fn link_open(&self, link: LinkId, proof: &LinkProof) -> Result<LinkBody> {
        self.post(&format!("/links/{link}/open"), proof, true).await
    }

    pub(crate) async fn link_records(&self, link: LinkId, body: &LinkRecordsRequest) -> Result<LinkRecords> {
        self.post(&format!("/links/{link}/records"), body, true).await
    }

    /// Not repeatable: each lease reserves a download.
    pub(crate) async fn link_lease(&self, link: LinkId, proof: &LinkProof) -> Result<LeaseBody> {
        self.post(&format!("/links/{link}/leases"), proof, false).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        parse(&self.call(Request::new(Method::Get, path)).await?)
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.call(Request::new(Method::Delete, path)).await.map(drop)
    }

    async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        repeatable: bool,
    ) -> Result<T> {
        let request = json_request(Method::Post, path, body);
        parse(
            &self
                .call(Request {
                    repeatable,
                    ..request
                })
                .await?,
        )
    }

    async fn call(&self, request: Request) -> Result<Response> {
        let request = match self.token() {
            Some(token) => request.header("authorization", format!("Bearer {}", *token)),
            None => request,
        };
        let answer = self.http.send(request).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(refusal(&answer))
        }
    }
}

fn json_request<B: Serialize>(method: Method, path: &str, body: &B) -> Request {
    let json = serde_json::to_vec(body).expect("requests are plain structures");
    Request::new(method, path)
        .header("content-type", "application/json")
        .body(json)
}

fn sealed_request(method: Method, path: String, sealed: Bytes, hash: &[u8; 32]) -> Request {
    Request::new(method, path)
        .header("content-type", "application/octet-stream")
        .header(CHECKSUM_HEADER, base64::encode(hash))
        .body(sealed)
}

/// An answer of another shape than the interface defines is as good as a forged one.
fn parse<T: DeserializeOwned>(answer: &Response) -> Result<T> {
    serde_json::from_slice(&answer.body).map_err(|_| Error::NotAuthentic)
}
