//! One device, signed in or not: `Client` of `skin.ts`.
//!
//! Methods come in groups, one file for each: the account here, then `drive`, `transfers`, `downloads`, `links`, `mail`,
//! `administration`.

mod administration;
mod archives;
mod downloads;
mod drive;
mod links;
mod mail;
mod transfers;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use futures::future::RemoteHandle;
use postern_client::account::Usage;
use postern_client::http::Retry;
use postern_client::links::{LinkAddress, OpenedLink};
use postern_client::mail::Letter;
use postern_client::passwords::worth;
use postern_client::protocol::{AccountName, LinkId, MessageId, NodeId, SessionId};
use postern_client::transfer::Sending;
use postern_client::{
    Account, ChosenPassword, Drive, Error, Mailbox, PreparedKeys, PreparedSignUp, Result, Stay, Surroundings,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use self::transfers::{Chosen, sending};
use crate::clock::{BrowserClock, BrowserEntropy};
use crate::device::BrowserDevice;
use crate::errors::to_js_error;
use crate::events;
use crate::host::{Host, LanePool};
use crate::network::Network;
use crate::values::{AccountView, KitView, SessionView, StandingView, UsageView, VerdictView, to_js};

/// What a promise is fulfilled or rejected with.
type Answer = std::result::Result<JsValue, JsValue>;

/// One device.
#[wasm_bindgen]
pub struct Client {
    inner: Rc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) host: Host,
    pub(crate) around: Surroundings,
    lanes: LanePool,
    signed_in: RefCell<Option<Rc<SignedIn>>>,
    /// Dropped with it, so that nothing is heard of who is not signed in any more.
    following: RefCell<Option<RemoteHandle<()>>>,
    prepared: RefCell<HashMap<String, Rc<PreparedSignUp>>>,
    addresses: RefCell<HashMap<LinkId, LinkAddress>>,
    opened: RefCell<HashMap<LinkId, Rc<OpenedLink>>>,
}

/// What there is while somebody is signed in.
pub(crate) struct SignedIn {
    pub(crate) drive: Rc<Drive>,
    pub(crate) mailbox: Rc<Mailbox>,
    /// Whether somebody has looked at a list of mail, so that older messages are being loaded.
    lists_mail: Cell<bool>,
    /// The message that was read last.
    pub(crate) letter: RefCell<Option<(MessageId, Rc<Letter>)>>,
    sending: Rc<Sending<Chosen>>,
    /// The nodes to which live links lead; `None` until somebody asks.
    pub(crate) shared: RefCell<Option<HashSet<NodeId>>>,
    /// Keys whose words their owner is keeping, by the id of the kit.
    prepared_keys: RefCell<Option<(String, Rc<PreparedKeys>)>>,
}

#[derive(Deserialize)]
struct StayOptions {
    stay: bool,
}

#[wasm_bindgen]
impl Client {
    /// A device with what the host remembers.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn open(host: Host) -> std::result::Result<Client, JsValue> {
        Ok(Self {
            inner: Rc::new(Inner::new(host)),
        })
    }

    /// Reopens what this device remembers.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn restore(&self) -> Answer {
        answer(self.inner.restore().await)
    }

    /// How a name is spelt as that of an account; asks nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = checkName)]
    pub async fn check_name(&self, typed: String) -> Answer {
        answer(AccountName::parse(&typed).map_err(|_| Error::NameInvalid))
    }

    /// Makes the recovery words; tells nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = prepareSignUp)]
    pub async fn prepare_sign_up(&self, name: String, password: String) -> Answer {
        let password = Zeroizing::new(password);
        answer(self.inner.prepare_sign_up(&name, &password))
    }

    /// What a password is worth that takes so many guesses; asks nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = judgePassword)]
    pub async fn judge_password(&self, guesses: f64) -> Answer {
        answer(Ok(VerdictView::from(worth(guesses))))
    }

    /// Creates the account.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = completeSignUp)]
    pub async fn complete_sign_up(&self, preparation: String, options: JsValue) -> Answer {
        answer(self.inner.complete_sign_up(&preparation, &options).await)
    }

    /// Signs in.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = signIn)]
    pub async fn sign_in(&self, name: String, password: String, options: JsValue) -> Answer {
        let password = Zeroizing::new(password);
        answer(self.inner.sign_in(&name, &password, &options).await)
    }

    /// Ends the session and forgets the keys.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = signOut)]
    pub async fn sign_out(&self) -> Answer {
        match self.inner.leave() {
            Some(signed_in) => answer(signed_in.drive.account().sign_out().await),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// Proves the recovery words, sets a new password, signs in.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn recover(&self, name: String, words: String, password: String, options: JsValue) -> Answer {
        let (words, password) = (Zeroizing::new(words), Zeroizing::new(password));
        answer(self.inner.recover(&name, &words, &password, &options).await)
    }

    /// Sets another password.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = changePassword)]
    pub async fn change_password(&self, current: String, next: String) -> Answer {
        let (current, next) = (Zeroizing::new(current), Zeroizing::new(next));
        answer(self.inner.change_password(&current, &next).await)
    }

    /// Makes new recovery words, for another password and new keys; nothing of it is in force yet.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = prepareKeys)]
    pub async fn prepare_keys(&self, current: String, next: String) -> Answer {
        let (current, next) = (Zeroizing::new(current), Zeroizing::new(next));
        answer(self.inner.prepare_keys(&current, &next).await)
    }

    /// Puts them in force.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = completeKeys)]
    pub async fn complete_keys(&self, preparation: String) -> Answer {
        answer(self.inner.complete_keys(&preparation).await)
    }

    /// The devices that are signed in.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn sessions(&self) -> Answer {
        answer(self.inner.sessions().await)
    }

    /// Signs a device out.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = revokeSession)]
    pub async fn revoke_session(&self, id: String) -> Answer {
        answer(self.inner.revoke_session(&id).await)
    }

    /// How much is stored.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn usage(&self) -> Answer {
        answer(self.inner.usage().await)
    }
}

impl Inner {
    fn new(host: Host) -> Self {
        let clock = Rc::new(BrowserClock);
        let entropy = Rc::new(BrowserEntropy);
        let http = Retry::new(Network::new(&host.origin()), clock.clone(), entropy.clone());
        let around = Surroundings {
            http: Rc::new(http),
            origin: host.origin(),
            device: Rc::new(BrowserDevice(host.device())),
            clock,
            entropy,
            label: host.label(),
        };
        Self {
            lanes: host.lanes(),
            host,
            around,
            signed_in: RefCell::default(),
            following: RefCell::default(),
            prepared: RefCell::default(),
            addresses: RefCell::default(),
            opened: RefCell::default(),
        }
    }

    /// What there is while somebody is signed in, or the error that nobody is.
    pub(crate) fn signed_in(&self) -> Result<Rc<SignedIn>> {
        self.signed_in.borrow().clone().ok_or(Error::SignedOut)
    }

    /// Nobody is signed in any more: the keys go, as soon as nothing that is under way holds them.
    pub(crate) fn leave(&self) -> Option<Rc<SignedIn>> {
        self.following.take();
        let signed_in = self.signed_in.take();
        if let Some(signed_in) = &signed_in {
            signed_in.sending.stop_all();
        }
        signed_in
    }

    /// Which nodes are shared is asked anew when somebody looks.
    pub(crate) fn forget_shared(&self) {
        if let Some(signed_in) = &*self.signed_in.borrow() {
            signed_in.shared.replace(None);
        }
    }

    async fn restore(self: &Rc<Self>) -> Result<StandingView> {
        let account = match Account::resume(self.around.clone()).await {
            Err(Error::SignedOut) => None,
            resumed => resumed?,
        };
        let account = account.map(|account| self.enter(account));
        Ok(StandingView {
            signed_in: account.is_some(),
            account,
        })
    }

    fn prepare_sign_up(&self, name: &str, password: &str) -> Result<KitView> {
        let password = ChosenPassword::parse(password)?;
        let prepared = PreparedSignUp::new(self.around.clone(), name, &password)?;
        let kit = self.kit(prepared.name(), prepared.words());
        let id = kit.preparation_id.clone();
        self.prepared.borrow_mut().insert(id, Rc::new(prepared));
        Ok(kit)
    }

    fn kit(&self, name: &AccountName, words: Zeroizing<String>) -> KitView {
        KitView {
            preparation_id: self.around.new_id::<NodeId>().to_string(),
            name: name.to_string(),
            words,
        }
    }

    async fn complete_sign_up(self: &Rc<Self>, preparation: &str, options: &JsValue) -> Result<AccountView> {
        let prepared = self
            .prepared
            .borrow()
            .get(preparation)
            .cloned()
            .ok_or(Error::NotFound)?;
        let account = prepared.complete(None, stay(options)?).await?;
        self.prepared.borrow_mut().clear();
        Ok(self.enter(account))
    }

    async fn sign_in(self: &Rc<Self>, name: &str, password: &str, options: &JsValue) -> Result<AccountView> {
        let account = Account::sign_in(self.around.clone(), name, password, stay(options)?).await?;
        Ok(self.enter(account))
    }

    async fn recover(
        self: &Rc<Self>,
        name: &str,
        words: &str,
        password: &str,
        options: &JsValue,
    ) -> Result<AccountView> {
        let password = ChosenPassword::parse(password)?;
        let account = Account::recover(self.around.clone(), name, words, &password, stay(options)?).await?;
        Ok(self.enter(account))
    }

    async fn change_password(&self, current: &str, next: &str) -> Result<()> {
        let next = ChosenPassword::parse(next)?;
        let signed_in = self.signed_in()?;
        signed_in.drive.account().change_password(current, &next).await
    }

    async fn prepare_keys(&self, current: &str, next: &str) -> Result<KitView> {
        let next = ChosenPassword::parse(next)?;
        let signed_in = self.signed_in()?;
        let prepared = signed_in.drive.account().prepare_keys(current, &next).await?;
        let kit = self.kit(prepared.name(), prepared.words());
        let id = kit.preparation_id.clone();
        signed_in.prepared_keys.replace(Some((id, Rc::new(prepared))));
        Ok(kit)
    }

    async fn complete_keys(&self, preparation: &str) -> Result<()> {
        let signed_in = self.signed_in()?;
        let prepared = match &*signed_in.prepared_keys.borrow() {
            Some((id, prepared)) if id == preparation => Rc::clone(prepared),
            _ => return Err(Error::NotFound),
        };
        prepared.complete().await?;
        signed_in.prepared_keys.replace(None);
        Ok(())
    }

    async fn sessions(&self) -> Result<Vec<SessionView>> {
        let sessions = self.signed_in()?.drive.account().sessions().await?;
        Ok(sessions.into_iter().map(SessionView::from).collect())
    }

    async fn revoke_session(&self, id: &str) -> Result<()> {
        let id: SessionId = parse_id(id)?;
        self.signed_in()?.drive.account().revoke_session(id).await
    }

    async fn usage(&self) -> Result<UsageView> {
        let Usage {
            used_bytes,
            quota_bytes,
        } = self.signed_in()?.drive.account().usage().await?;
        // A server without limits names the largest number that it has.
        let limited = quota_bytes < 1 << 53;
        Ok(UsageView {
            used_bytes,
            quota_bytes: limited.then_some(quota_bytes),
        })
    }

    fn enter(self: &Rc<Self>, account: Account) -> AccountView {
        let view = AccountView {
            id: account.id().to_string(),
            name: account.name().to_string(),
            root: account.root().to_string(),
        };
        let drive = Rc::new(Drive::new(Rc::new(account)));
        self.following.replace(Some(events::follow(self, &drive)));
        self.signed_in.replace(Some(Rc::new(SignedIn {
            sending: sending(&drive),
            letter: RefCell::default(),
            lists_mail: Cell::default(),
            mailbox: Rc::new(Mailbox::new(Rc::clone(drive.account()))),
            drive,
            shared: RefCell::default(),
            prepared_keys: RefCell::default(),
        })));
        view
    }
}

/// A method's outcome as a promise has it.
pub(crate) fn answer<T: serde::Serialize>(outcome: Result<T>) -> Answer {
    match outcome {
        Ok(value) => Ok(to_js(&value)),
        Err(error) => Err(to_js_error(&error)),
    }
}

/// An id as JavaScript has it. One that is none names nothing.
pub(crate) fn parse_id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::NotFound)
}

/// A plain structure that JavaScript hands in.
pub(crate) fn read<T: DeserializeOwned>(value: &JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value.clone())
        .map_err(|_| Error::Internal("an argument is of another shape"))
}

fn stay(options: &JsValue) -> Result<Stay> {
    let StayOptions { stay } = read(options)?;
    Ok(if stay { Stay::SignedIn } else { Stay::UntilTheEnd })
}
