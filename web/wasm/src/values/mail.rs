//! Mail, as `api.ts` has it.

use std::rc::Rc;

use postern_client::Mailbox;
use postern_client::mail::{
    Attachment, Conversation, Drawer, Entry, MailRoot, Mark, Origin, Person, Place, Summary, Tag,
};
use postern_client::protocol::{MessageId, NodeId, TimeMs};
use serde::{Deserialize, Serialize};

/// `MailHome`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailHomeView {
    addresses: Vec<String>,
    folders: Vec<TagView>,
    labels: Vec<TagView>,
    trusted: Vec<String>,
    trash_days: u32,
    spam_days: u32,
    gateway_changed: bool,
    whole: bool,
    messages: usize,
    size_bytes: u64,
    unread: UnreadView,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagView {
    id: String,
    name: String,
    colour: u8,
    unread: usize,
}

/// How many conversations have something that was not read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnreadView {
    inbox: usize,
    spam: usize,
}

/// `MailPage`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailPageView {
    total: usize,
    rows: Vec<MailRowView>,
    home: MailHomeView,
}

/// `FoundMail`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FoundMailView {
    #[serde(flatten)]
    page: MailPageView,
    read: usize,
    all: usize,
    whole: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MailRowView {
    id: String,
    messages: Vec<String>,
    count: usize,
    people: Vec<String>,
    subject: String,
    snippet: String,
    received_ms: TimeMs,
    unread: bool,
    starred: bool,
    answered: bool,
    attachments: bool,
    labels: Vec<String>,
    doubtful: bool,
}

/// `MessageView`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    id: String,
    received_ms: TimeMs,
    date_ms: Option<i64>,
    origin: &'static str,
    address: Option<String>,
    from: Vec<PersonView>,
    to: Vec<PersonView>,
    cc: Vec<PersonView>,
    reply_to: Vec<PersonView>,
    subject: String,
    snippet: String,
    size_bytes: u64,
    attachments: Vec<AttachmentView>,
    read: bool,
    starred: bool,
    answered: bool,
    forwarded: bool,
    place: String,
    labels: Vec<String>,
    expires_ms: Option<TimeMs>,
    proof: ProofView,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PersonView {
    name: String,
    address: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentView {
    name: String,
    media_type: String,
    size_bytes: u64,
}

/// What the gateway found out about the sender.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProofView {
    sender: String,
    peer: String,
    tls: String,
    spf: &'static str,
    dkim: &'static str,
    dkim_domains: Vec<String>,
    dmarc: &'static str,
    arc: &'static str,
    spam: bool,
}

/// `MarkChange`: what is absent stays.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MarkChange {
    #[serde(default)]
    read: Option<bool>,
    #[serde(default)]
    starred: Option<bool>,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    label: Vec<String>,
    #[serde(default)]
    unlabel: Vec<String>,
}

impl MarkChange {
    /// What shall be done to each mark, or nothing if a name in it is none.
    pub(crate) fn parse(self) -> Option<impl Fn(&mut Mark)> {
        let place = match self.place {
            Some(place) => Some(parse_place(&place)?),
            None => None,
        };
        let (label, unlabel) = (ids(&self.label)?, ids(&self.unlabel)?);
        Some(move |mark: &mut Mark| {
            mark.is_read = self.read.unwrap_or(mark.is_read);
            mark.is_starred = self.starred.unwrap_or(mark.is_starred);
            mark.place = place.unwrap_or(mark.place);
            mark.labels
                .retain(|known| !unlabel.contains(known) && !label.contains(known));
            mark.labels.extend(&label);
        })
    }
}

/// `Lain`: where messages lay before they were moved.
#[derive(Serialize)]
pub(crate) struct LainView {
    place: String,
    messages: Vec<String>,
}

impl LainView {
    /// Of what was noted on messages before.
    pub(crate) fn before(marks: &[(MessageId, Mark)]) -> Vec<Self> {
        let mut lain: Vec<Self> = Vec::new();
        for (message, mark) in marks {
            let (message, place) = (message.to_string(), place(mark.place));
            match lain.iter_mut().find(|lain| lain.place == place) {
                Some(lain) => lain.messages.push(message),
                None => lain.push(Self {
                    place,
                    messages: vec![message],
                }),
            }
        }
        lain
    }
}

/// A drawer: a place, `starred`, `all`, or `label:` and an id.
pub(crate) fn parse_drawer(text: &str) -> Option<Drawer> {
    match text {
        "starred" => Some(Drawer::Starred),
        "all" => Some(Drawer::Everything),
        text => match text.strip_prefix("label:") {
            Some(label) => Some(Drawer::Label(id(label)?)),
            None => parse_place(text).map(Drawer::Place),
        },
    }
}

/// A place: a name, or `folder:` and an id.
pub(crate) fn parse_place(text: &str) -> Option<Place> {
    match text {
        "inbox" => Some(Place::Inbox),
        "archive" => Some(Place::Archive),
        "trash" => Some(Place::Trash),
        "spam" => Some(Place::Spam),
        "sent" => Some(Place::Sent),
        text => Some(Place::Folder(id(text.strip_prefix("folder:")?)?)),
    }
}

fn place(place: Place) -> String {
    match place {
        Place::Inbox => "inbox".to_owned(),
        Place::Archive => "archive".to_owned(),
        Place::Trash => "trash".to_owned(),
        Place::Spam => "spam".to_owned(),
        Place::Sent => "sent".to_owned(),
        Place::Folder(folder) => format!("folder:{}", NodeId(folder)),
    }
}

/// The id of a folder or label.
pub(crate) fn id(text: &str) -> Option<[u8; 16]> {
    text.parse().ok().map(|NodeId(id)| id)
}

fn ids(texts: &[String]) -> Option<Vec<[u8; 16]>> {
    texts.iter().map(|text| id(text)).collect()
}

impl MailHomeView {
    pub(crate) async fn of(mailbox: &Mailbox) -> postern_client::Result<Self> {
        let (home, order) = (mailbox.home().await?, mailbox.order());
        let counts = mailbox.counts();
        let folder = |tag: &Tag| TagView::new(tag, counts.unread_at(Place::Folder(tag.id)));
        let label = |tag: &Tag| TagView::new(tag, counts.unread_with(&tag.id));
        Ok(Self {
            addresses: home.addresses.clone(),
            folders: order.folders.iter().map(folder).collect(),
            labels: order.labels.iter().map(label).collect(),
            trusted: order.trusted.clone(),
            trash_days: order.trash_days,
            spam_days: order.spam_days,
            gateway_changed: home.is_gateway_changed,
            whole: mailbox.is_whole(),
            messages: counts.messages,
            size_bytes: counts.size_bytes,
            unread: UnreadView {
                inbox: counts.unread_at(Place::Inbox),
                spam: counts.unread_at(Place::Spam),
            },
        })
    }
}

/// `Tag`, as the page says how it shall be.
#[derive(Deserialize)]
pub(crate) struct TagChange {
    id: String,
    name: String,
    colour: u8,
}

impl TagChange {
    pub(crate) fn parse(self) -> Option<Tag> {
        Some(Tag {
            id: id(&self.id)?,
            name: self.name,
            colour: self.colour,
        })
    }
}

impl TagView {
    pub(crate) fn new(tag: &Tag, unread: usize) -> Self {
        Self {
            id: NodeId(tag.id).to_string(),
            name: tag.name.clone(),
            colour: tag.colour,
            unread,
        }
    }
}

impl MailPageView {
    /// The rows `from..from + count` of what a drawer lists.
    pub(crate) async fn of(
        mailbox: &Mailbox,
        drawer: &Drawer,
        from: usize,
        count: usize,
    ) -> postern_client::Result<Self> {
        let home = MailHomeView::of(mailbox).await?;
        let (conversations, order) = (mailbox.conversations(), mailbox.order());
        let listed = || conversations.iter().filter(|one| one.is_in(drawer, &order));
        Ok(Self {
            home,
            total: listed().count(),
            rows: listed()
                .skip(from)
                .take(count)
                .map(|one| MailRowView::listed(one, drawer, &order))
                .collect(),
        })
    }
}

impl FoundMailView {
    /// The rows `from..from + count` of what was found, and how far the words of messages are known.
    pub(crate) async fn of(
        mailbox: &Mailbox,
        found: &[Conversation],
        from: usize,
        count: usize,
    ) -> postern_client::Result<Self> {
        let home = MailHomeView::of(mailbox).await?;
        let reach = mailbox.reach();
        let rows = found.iter().skip(from).take(count);
        Ok(Self {
            page: MailPageView {
                home,
                total: found.len(),
                rows: rows
                    .map(|one| MailRowView::of(&one.entries.iter().collect::<Vec<_>>(), one))
                    .collect(),
            },
            read: reach.read,
            all: reach.all,
            whole: mailbox.is_whole(),
        })
    }
}

impl MailRowView {
    fn listed(conversation: &Conversation, drawer: &Drawer, order: &MailRoot) -> Self {
        Self::of(
            &conversation.listed(drawer, order).collect::<Vec<_>>(),
            conversation,
        )
    }

    /// A conversation, as some of its messages show it.
    fn of(entries: &[&Rc<Entry>], conversation: &Conversation) -> Self {
        let newest = entries.first().copied().unwrap_or(conversation.newest());
        let (mark, summary) = (&newest.noted.mark, newest.summary());
        let any = |is: fn(&Mark) -> bool| entries.iter().any(|entry| is(&entry.noted.mark));
        Self {
            id: newest.message.to_string(),
            messages: entries.iter().map(|entry| entry.message.to_string()).collect(),
            count: conversation.entries.len(),
            people: people(entries),
            subject: summary.map(|summary| summary.subject.clone()).unwrap_or_default(),
            snippet: summary.map(|summary| summary.snippet.clone()).unwrap_or_default(),
            received_ms: newest.received,
            unread: any(|mark| !mark.is_read),
            starred: any(|mark| mark.is_starred),
            answered: mark.is_answered,
            attachments: entries.iter().any(|entry| has_attachments(entry)),
            labels: labels(mark),
            doubtful: entries.iter().any(|entry| is_doubtful(entry)),
        }
    }
}

/// Who wrote, oldest first, each once.
fn people(entries: &[&Rc<Entry>]) -> Vec<String> {
    let mut people: Vec<String> = Vec::new();
    for entry in entries.iter().rev() {
        let from = entry.summary().and_then(|summary| summary.from.first());
        let name = from.map(called).unwrap_or_default();
        if !people.contains(&name) {
            people.push(name);
        }
    }
    people
}

fn called(person: &Person) -> String {
    if person.name.is_empty() {
        person.address.clone()
    } else {
        person.name.clone()
    }
}

fn has_attachments(entry: &Entry) -> bool {
    entry
        .summary()
        .is_some_and(|summary| !summary.attachments.is_empty())
}

/// It does not open, or came from nobody knows where.
fn is_doubtful(entry: &Entry) -> bool {
    entry
        .opened
        .as_ref()
        .is_none_or(|opened| opened.origin == Origin::Unknown)
}

fn labels(mark: &Mark) -> Vec<String> {
    mark.labels
        .iter()
        .map(|label| NodeId(*label).to_string())
        .collect()
}

impl From<&Entry> for MessageView {
    fn from(entry: &Entry) -> Self {
        let (mark, empty) = (&entry.noted.mark, Summary::default());
        let summary = entry.summary().unwrap_or(&empty);
        let opened = entry.opened.as_ref();
        Self {
            id: entry.message.to_string(),
            received_ms: entry.received,
            date_ms: summary.date_ms,
            origin: match opened.map(|opened| opened.origin) {
                Some(Origin::Gateway) => "gateway",
                Some(Origin::Owner) => "own",
                Some(Origin::Unknown) => "unknown",
                None => "sealed",
            },
            address: opened.and_then(|opened| opened.address.clone()),
            from: persons(&summary.from),
            to: persons(&summary.to),
            cc: persons(&summary.cc),
            reply_to: persons(&summary.reply_to),
            subject: summary.subject.clone(),
            snippet: summary.snippet.clone(),
            size_bytes: summary.size_bytes,
            attachments: summary.attachments.iter().map(AttachmentView::from).collect(),
            read: mark.is_read,
            starred: mark.is_starred,
            answered: mark.is_answered,
            forwarded: mark.is_forwarded,
            place: place(mark.place),
            labels: labels(mark),
            expires_ms: entry.noted.expires,
            proof: ProofView::from(summary),
        }
    }
}

fn persons(people: &[Person]) -> Vec<PersonView> {
    let view = |person: &Person| PersonView {
        name: person.name.clone(),
        address: person.address.clone(),
    };
    people.iter().map(view).collect()
}

impl From<&Attachment> for AttachmentView {
    fn from(attachment: &Attachment) -> Self {
        Self {
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            size_bytes: attachment.size_bytes,
        }
    }
}

impl From<&Summary> for ProofView {
    fn from(summary: &Summary) -> Self {
        let (checks, peer) = (&summary.checks, &summary.peer);
        Self {
            sender: summary.sender.clone(),
            peer: if peer.host.is_empty() {
                peer.address.clone()
            } else {
                peer.host.clone()
            },
            tls: peer.tls.clone(),
            spf: checks.spf.word(),
            dkim: checks.dkim.word(),
            dkim_domains: checks.dkim_domains.clone(),
            dmarc: checks.dmarc.word(),
            arc: checks.arc.word(),
            spam: checks.is_spam,
        }
    }
}
