//! Mail.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::{Rc, Weak};

use js_sys::Uint8Array;
use postern_client::mail::{Letter, Worth, group};
use postern_client::protocol::MessageId;
use postern_client::{Error, Mailbox, Result};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use super::{Answer, Client, Inner, SignedIn, answer, parse_id, read};
use crate::errors::to_js_error;
use crate::events;
use crate::values::letter::LetterView;
use crate::values::mail::{
    FoundMailView, LainView, MailHomeView, MailPageView, MarkChange, MessageView, TagChange, TagView, id,
    parse_drawer,
};

/// How often it is told that more of the older mail is there.
const TELL_EACH_MS: i64 = 1_000;

#[wasm_bindgen]
impl Client {
    /// Addresses, folders, labels, and how much was not read.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = mailHome)]
    pub async fn mail_home(&self) -> Answer {
        answer(self.inner.mail_home().await)
    }

    /// Conversations, newest first.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = listMail)]
    pub async fn list_mail(&self, drawer: String, from: usize, count: usize) -> Answer {
        answer(self.inner.list_mail(&drawer, from, count).await)
    }

    /// Conversations with messages for which somebody looks, newest first.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = searchMail)]
    pub async fn search_mail(&self, typed: String, ahead_minutes: i32, from: usize, count: usize) -> Answer {
        answer(self.inner.search_mail(&typed, ahead_minutes, from, count).await)
    }

    /// The messages of all rows of such a list, or those of `among` that are in it still.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = listedMail)]
    pub async fn listed_mail(
        &self,
        drawer: String,
        typed: String,
        ahead_minutes: i32,
        among: Option<Vec<String>>,
    ) -> Answer {
        answer(
            self.inner
                .listed_mail(&drawer, &typed, ahead_minutes, among)
                .await,
        )
    }

    /// All messages of the conversation of one, oldest first.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = readConversation)]
    pub async fn read_conversation(&self, message: String) -> Answer {
        answer(self.inner.read_conversation(&message).await)
    }

    /// What a message says, or one within it: the path of the part that it is, and so on.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = readLetter)]
    pub async fn read_letter(&self, message: String, within: Vec<String>) -> Answer {
        answer(self.inner.read_letter(&message, &within).await)
    }

    /// One part of such a message, decoded.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = readPart)]
    pub async fn read_part(&self, message: String, within: Vec<String>, path: String) -> Answer {
        let read = self.inner.read_part(&message, &within, &path).await;
        read.map(|bytes| Uint8Array::from(&bytes[..]).into())
            .map_err(|error| to_js_error(&error))
    }

    /// Notes something on messages, and answers where those lie, or lay, that it changed.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = markMail)]
    pub async fn mark_mail(&self, messages: Vec<String>, change: JsValue) -> Answer {
        answer(self.inner.mark_mail(&messages, &change).await)
    }

    /// Deletes messages for good.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = deleteMail)]
    pub async fn delete_mail(&self, messages: Vec<String>) -> Answer {
        answer(self.inner.delete_mail(&messages).await)
    }

    /// Makes a folder for mail.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = makeMailFolder)]
    pub async fn make_mail_folder(&self, name: String, colour: u8) -> Answer {
        answer(self.inner.make_mail_folder(&name, colour).await)
    }

    /// Makes a label.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = makeMailLabel)]
    pub async fn make_mail_label(&self, name: String, colour: u8) -> Answer {
        answer(self.inner.make_mail_label(&name, colour).await)
    }

    /// Gives a folder or label another name and colour.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = changeMailTag)]
    pub async fn change_mail_tag(&self, tag: JsValue) -> Answer {
        answer(self.inner.change_mail_tag(&tag).await)
    }

    /// Loads pictures in the messages of an address from now on, or no more.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = trustMailSender)]
    pub async fn trust_mail_sender(&self, address: String, is_trusted: bool) -> Answer {
        answer(self.inner.trust_mail_sender(&address, is_trusted).await)
    }

    /// Says after how many days trash and spam are emptied; 0: never.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = keepMailFor)]
    pub async fn keep_mail_for(&self, trash_days: u32, spam_days: u32) -> Answer {
        answer(self.inner.keep_mail_for(trash_days, spam_days).await)
    }

    /// Forgets a folder or label.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = removeMailTag)]
    pub async fn remove_mail_tag(&self, tag: String) -> Answer {
        answer(self.inner.remove_mail_tag(&tag).await)
    }
}

impl Inner {
    /// The mailbox, with its newest messages.
    async fn mailbox(&self) -> Result<Rc<Mailbox>> {
        let mailbox = Rc::clone(&self.signed_in()?.mailbox);
        mailbox.ensure_loaded().await?;
        Ok(mailbox)
    }

    /// Loads what is older, until all is there or nobody is signed in any more, and then keeps the index up. What fails for
    /// good is tried at the next look.
    fn load_older(self: &Rc<Self>, signed_in: &Rc<SignedIn>) {
        let (inner, mailbox) = (Rc::downgrade(self), Rc::downgrade(&signed_in.mailbox));
        let signed_in = Rc::downgrade(signed_in);
        let clock = Rc::clone(&self.around.clock);
        spawn_local(async move {
            let told = Cell::new(clock.now());
            let tell = || {
                // Who looks regroups all that is there.
                if clock.now().0 - told.get().0 >= TELL_EACH_MS {
                    tell_of_mail(&inner);
                    told.set(clock.now());
                }
            };
            if Mailbox::load_rest(&mailbox, tell).await.is_ok() {
                tell_of_mail(&inner);
                keep_index(&inner, &mailbox).await;
            } else if let Some(signed_in) = signed_in.upgrade() {
                signed_in.lists_mail.set(false);
            }
        });
    }

    /// Follows what could not be loaded when somebody heard of it.
    fn catch_up(self: &Rc<Self>, mailbox: &Mailbox) {
        if mailbox.is_behind() {
            let inner = Rc::clone(self);
            spawn_local(async move { inner.look_for_mail().await });
        }
    }

    /// Somebody heard that mail came, or was marked.
    pub(crate) async fn look_for_mail(self: &Rc<Self>) {
        let Ok(signed_in) = self.signed_in() else { return };
        // Who has not looked at mail yet will load it anyway. What fails now is followed when they look.
        let Ok(arrived) = signed_in.mailbox.follow().await else {
            return;
        };
        if arrived > 0 {
            events::mail_arrived(&self.host, arrived);
        }
        if signed_in.mailbox.is_loaded() {
            let mailbox = Rc::downgrade(&signed_in.mailbox);
            let inner = Rc::downgrade(self);
            spawn_local(async move { keep_index(&inner, &mailbox).await });
        }
        events::mail_changed(&self.host);
    }

    async fn mail_home(&self) -> Result<MailHomeView> {
        MailHomeView::of(&*self.mailbox().await?).await
    }

    async fn list_mail(self: &Rc<Self>, drawer: &str, from: usize, count: usize) -> Result<MailPageView> {
        let drawer = parse_drawer(drawer).ok_or(Error::NotFound)?;
        let signed_in = self.signed_in()?;
        let mailbox = self.mailbox().await?;
        self.catch_up(&mailbox);
        if !signed_in.lists_mail.replace(true) {
            self.load_older(&signed_in);
        }
        MailPageView::of(&mailbox, &drawer, from, count).await
    }

    async fn search_mail(
        self: &Rc<Self>,
        typed: &str,
        ahead_minutes: i32,
        from: usize,
        count: usize,
    ) -> Result<FoundMailView> {
        let mailbox = self.mailbox().await?;
        let found = group(&mailbox.search(typed, ahead_minutes).await?);
        FoundMailView::of(&mailbox, &found, from, count).await
    }

    async fn listed_mail(
        &self,
        drawer: &str,
        typed: &str,
        ahead_minutes: i32,
        among: Option<Vec<String>>,
    ) -> Result<Vec<String>> {
        let mailbox = self.mailbox().await?;
        let among = among.map(|among| parse_messages(&among)).transpose()?;
        let among = among.map(HashSet::<MessageId>::from_iter);
        let listed: Vec<MessageId> = if typed.is_empty() {
            let drawer = parse_drawer(drawer).ok_or(Error::NotFound)?;
            let (conversations, order) = (mailbox.conversations(), mailbox.order());
            let listed = conversations.iter().flat_map(|one| one.listed(&drawer, &order));
            listed.map(|entry| entry.message).collect()
        } else {
            let found = mailbox.search(typed, ahead_minutes).await?;
            found.iter().map(|entry| entry.message).collect()
        };
        let is_wanted = |message: &&MessageId| among.as_ref().is_none_or(|among| among.contains(message));
        Ok(listed
            .iter()
            .filter(is_wanted)
            .map(MessageId::to_string)
            .collect())
    }

    async fn read_conversation(&self, message: &str) -> Result<Vec<MessageView>> {
        let mailbox = self.mailbox().await?;
        let message: MessageId = parse_id(message)?;
        let entries = match mailbox.conversation(message) {
            Some(conversation) => conversation.entries,
            None => vec![mailbox.entry(message).await?],
        };
        Ok(entries
            .iter()
            .rev()
            .map(|entry| MessageView::from(&**entry))
            .collect())
    }

    async fn read_letter(&self, message: &str, within: &[String]) -> Result<LetterView> {
        let letter = self.letter_within(message, within).await?;
        Ok(LetterView::from(&letter.message()))
    }

    async fn read_part(&self, message: &str, within: &[String], path: &str) -> Result<Vec<u8>> {
        let letter = self.letter_within(message, within).await?;
        letter.with_part(path, |part| part.decode().into_owned())
    }

    async fn letter_within(&self, message: &str, within: &[String]) -> Result<Letter> {
        let letter = self.letter(parse_id(message)?).await?;
        let step = |letter: Letter, path: &String| letter.within(path);
        within.iter().try_fold(Letter::clone(&letter), step)
    }

    /// The whole message. The last one stays: who reads it saves what is attached to it next.
    async fn letter(&self, message: MessageId) -> Result<Rc<Letter>> {
        let signed_in = self.signed_in()?;
        if let Some((known, letter)) = &*signed_in.letter.borrow()
            && *known == message
        {
            return Ok(Rc::clone(letter));
        }
        let letter = Rc::new(signed_in.mailbox.letter(message).await?);
        signed_in.letter.replace(Some((message, Rc::clone(&letter))));
        Ok(letter)
    }

    async fn mark_mail(&self, messages: &[String], change: &JsValue) -> Result<Vec<LainView>> {
        let change: MarkChange = read(change)?;
        let change = change.parse().ok_or(Error::NotFound)?;
        let mailbox = self.mailbox().await?;
        let lain = LainView::before(&mailbox.note(&parse_messages(messages)?, change).await?);
        events::mail_changed(&self.host);
        Ok(lain)
    }

    async fn delete_mail(&self, messages: &[String]) -> Result<()> {
        let mailbox = self.mailbox().await?;
        mailbox.delete(&parse_messages(messages)?).await?;
        events::mail_changed(&self.host);
        Ok(())
    }

    async fn make_mail_folder(&self, name: &str, colour: u8) -> Result<TagView> {
        let tag = self.signed_in()?.mailbox.make_folder(name, colour).await?;
        events::mail_changed(&self.host);
        Ok(TagView::new(&tag, 0))
    }

    async fn make_mail_label(&self, name: &str, colour: u8) -> Result<TagView> {
        let tag = self.signed_in()?.mailbox.make_label(name, colour).await?;
        events::mail_changed(&self.host);
        Ok(TagView::new(&tag, 0))
    }

    async fn change_mail_tag(&self, tag: &JsValue) -> Result<()> {
        let tag: TagChange = read(tag)?;
        let tag = tag.parse().ok_or(Error::NotFound)?;
        self.signed_in()?.mailbox.change_tag(&tag).await?;
        events::mail_changed(&self.host);
        Ok(())
    }

    async fn trust_mail_sender(&self, address: &str, is_trusted: bool) -> Result<()> {
        self.signed_in()?.mailbox.trust(address, is_trusted).await?;
        events::mail_changed(&self.host);
        Ok(())
    }

    async fn keep_mail_for(&self, trash_days: u32, spam_days: u32) -> Result<()> {
        self.signed_in()?.mailbox.keep_for(trash_days, spam_days).await?;
        events::mail_changed(&self.host);
        Ok(())
    }

    async fn remove_mail_tag(&self, tag: &str) -> Result<()> {
        let tag = id(tag).ok_or(Error::NotFound)?;
        self.signed_in()?.mailbox.remove_tag(&tag).await?;
        events::mail_changed(&self.host);
        Ok(())
    }
}

/// Goes on with the index until it has all of the mailbox. Who looks for something sees how far it is.
async fn keep_index(inner: &Weak<Inner>, mailbox: &Weak<Mailbox>) {
    let mut told = None;
    while let Some(mailbox) = mailbox.upgrade() {
        let Ok(Some(reach)) = mailbox.keep_index(Worth::Enough).await else {
            break;
        };
        if told.replace(reach) != Some(reach) {
            tell_of_mail(inner);
        }
        if reach.read == reach.all {
            break;
        }
    }
}

fn tell_of_mail(inner: &Weak<Inner>) {
    if let Some(inner) = inner.upgrade() {
        events::mail_changed(&inner.host);
    }
}

fn parse_messages(messages: &[String]) -> Result<Vec<MessageId>> {
    messages.iter().map(|message| parse_id(message)).collect()
}
