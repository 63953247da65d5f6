//! Making an account: everything is made on the device, and the server gets it whole or not at all.

use postern_crypto::account::{Keyring, MailRoot, Root, State};
use postern_crypto::directory::{DirectoryHead, Statement, statement_hash};
use postern_crypto::head::{Head, Member, head_hash};
use postern_crypto::identity::IdentityKey;
use postern_crypto::opaque::{ClientRegistration, Registered};
use postern_crypto::recovery::RecoveryKey;
use postern_crypto::sealing::SealingKey;
use postern_crypto::{AccountKey, FolderKey, MailKey, SUITE};
use postern_protocol::account::{Object, ObjectKind, SignUp, SignUpStart, SlotKind};
use postern_protocol::{AccountId, AccountName, Bytes, VolumeId};
use zeroize::Zeroizing;

use super::unlock::Unlocked;
use super::{Account, Mark, Stay, remember, slots};
use crate::http::Api;
use crate::{ChosenPassword, Error, Result, Surroundings};

/// An account that nobody knows of yet: first its owner must have kept the recovery words.
pub struct PreparedSignUp {
    around: Surroundings,
    name: AccountName,
    password: ChosenPassword,
    account: AccountId,
    recovery: RecoveryKey,
}

/// Everything that an account begins with.
struct Beginning {
    unlocked: Unlocked,
    state: State,
    statement: Vec<u8>,
    head: Vec<u8>,
}

impl PreparedSignUp {
    /// Makes the recovery words. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::NameInvalid`].
    pub fn new(around: Surroundings, name: &str, password: &ChosenPassword) -> Result<Self> {
        let name = AccountName::parse(name).map_err(|_| Error::NameInvalid)?;
        Ok(Self {
            password: password.clone(),
            account: around.new_id(),
            recovery: RecoveryKey::generate(&mut around.rng()),
            name,
            around,
        })
    }

    /// The name that the account will have: what was typed, in its one spelling.
    #[must_use]
    pub fn name(&self) -> &AccountName {
        &self.name
    }

    /// The recovery words, separated by blanks, to be shown once.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        self.recovery.words()
    }

    /// Makes the account and signs in.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::SignUpClosed`], [`Error::PasswordOpensNothing`], and those of all requests.
    pub async fn complete(&self, invite: Option<String>, stay: Stay) -> Result<Account> {
        let api = Api::new(self.around.http.clone());
        let registered = self.register(&api).await?;
        let beginning = self.begin();
        let session = api
            .sign_up(&self.request(&registered, &beginning, invite))
            .await?;
        if session.account != self.account {
            return Err(Error::NotAuthentic);
        }
        let Beginning {
            unlocked,
            state,
            head,
            ..
        } = beginning;
        let volume = VolumeId(unlocked.root.volume);
        let mark = Mark {
            counter: 0,
            hash: head_hash(&head),
        };
        remember(&self.around, self.account, |memory| memory.saw_head(volume, mark)).await?;
        let (around, name) = (self.around.clone(), self.name.clone());
        let account = Account::assemble(around, api, name, session, (unlocked, state), 0, stay).await?;
        account.keep(&account.hold_session().await?).await?;
        account.see_it_open(&self.password).await?;
        Ok(account)
    }

    async fn register(&self, api: &Api) -> Result<Registered> {
        let (registration, request) = ClientRegistration::start(self.password.get(), &mut self.around.rng());
        let start = SignUpStart {
            name: self.name.clone(),
            account: self.account,
            request: request.into(),
        };
        let answer = api.sign_up_start(&start).await?;
        Ok(registration.finish(&answer.response.0, self.name.as_str(), &mut self.around.rng())?)
    }

    fn begin(&self) -> Beginning {
        let mut rng = self.around.rng();
        let identity = IdentityKey::generate(&mut rng);
        let sealing = SealingKey::generate(&mut rng);
        let statement = self.statement(&identity, &sealing);
        let root = Root {
            volume: self.around.new_id(),
            node: self.around.new_id(),
            key: FolderKey::generate(&mut rng),
            generation: 1,
        };
        let mail = MailRoot::new(MailKey::generate(&mut rng));
        let owner = Member {
            account: self.account.0,
            identity: identity.public(),
        };
        let head = Head::first(root.volume, &owner).sign(&identity);
        let directory = DirectoryHead {
            seq: 0,
            hash: statement_hash(&statement),
        };
        let keyring = Keyring::new(self.account.0, 1, AccountKey::generate(&mut rng));
        let state = State {
            counter: 1,
            generation: 1,
            min_suite: SUITE,
            directory,
            pins: Vec::new(),
            volumes: Vec::new(),
        };
        Beginning {
            unlocked: Unlocked {
                keyring,
                identity,
                sealing,
                root,
                mail,
                directory,
            },
            state,
            statement,
            head,
        }
    }

    fn statement(&self, identity: &IdentityKey, sealing: &SealingKey) -> Vec<u8> {
        let statement = Statement {
            account: self.account.0,
            name: self.name.as_str().to_owned(),
            seq: 0,
            previous: [0; 32],
            identity: identity.public(),
            sealing: sealing.public().clone(),
            time_ms: self.around.now().0,
        };
        statement.sign(identity)
    }

    fn request(&self, registered: &Registered, beginning: &Beginning, invite: Option<String>) -> SignUp {
        let keyring = &beginning.unlocked.keyring;
        let by_password = registered.export_key.kek(&self.account.0);
        let by_words = self.recovery.kek(&self.account.0);
        SignUp {
            name: self.name.clone(),
            account: self.account,
            record: registered.upload.as_slice().into(),
            invite,
            slots: vec![
                slots::fill(&self.around, keyring, SlotKind::Password, &by_password),
                slots::fill(&self.around, keyring, SlotKind::Recovery, &by_words),
            ],
            recovery_key: self.recovery.auth(&self.account.0).public().into(),
            objects: objects(&self.around, &beginning.unlocked, &beginning.state),
            statement: beginning.statement.as_slice().into(),
            volume: VolumeId(beginning.unlocked.root.volume),
            head: beginning.head.as_slice().into(),
            device: self.around.label.clone(),
        }
    }
}

fn objects(around: &Surroundings, unlocked: &Unlocked, state: &State) -> Vec<Object> {
    sealed_objects(around, unlocked, state)
        .into_iter()
        .map(|(kind, sealed)| Object {
            kind,
            version: 1,
            sealed,
        })
        .collect()
}

/// The objects, each sealed by the keyring.
pub(super) fn sealed_objects(
    around: &Surroundings,
    unlocked: &Unlocked,
    state: &State,
) -> [(ObjectKind, Bytes); 5] {
    let mut rng = around.rng();
    let keyring = &unlocked.keyring;
    [
        (
            ObjectKind::Identity,
            keyring.seal_identity(&unlocked.identity, &mut rng).into(),
        ),
        (
            ObjectKind::Sealing,
            keyring.seal_sealing(&unlocked.sealing, &mut rng).into(),
        ),
        (
            ObjectKind::Root,
            keyring.seal_root(&unlocked.root, &mut rng).into(),
        ),
        (ObjectKind::State, keyring.seal_state(state, &mut rng).into()),
        (
            ObjectKind::Mail,
            keyring.seal_mail_root(&unlocked.mail, &mut rng).into(),
        ),
    ]
}
