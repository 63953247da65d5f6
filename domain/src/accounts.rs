//! Making an account, and what its own devices load of it.

use postern_crypto::directory::Statement;
use postern_crypto::head::Head;
use postern_protocol::account::{AccountBody, RegistrationAnswer, SignUp, SignUpStart, Slot, SlotKind};
use postern_protocol::limits::{MAX_HEAD_BYTES, MAX_STATEMENT_BYTES};
use postern_protocol::server::SignUpPolicy;
use postern_protocol::session::{Scope, SessionBody};
use postern_protocol::{AccountId, AccountName, Bytes, TimeMs};
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::gateway::is_reserved;
use crate::invites::code_hash;
use crate::postern::Postern;
use crate::session::{Grant, Session};
use crate::shapes::{check_message, check_objects, check_size, check_slots, digest};
use crate::store::{AccountSnapshot, Address, Created, NewAccount};

/// The first account key of an account.
const FIRST_GENERATION: u32 = 1;
/// The first version of an object.
const FIRST_VERSION: u64 = 1;

impl Postern {
    /// Begins a sign-up: the server's half of the registration of a password.
    ///
    /// # Errors
    /// [`Error::SignUpClosed`], [`Error::NameTaken`]; [`Error::Conflict`] if the id belongs to an account already.
    pub async fn start_sign_up(&self, start: &SignUpStart) -> Result<RegistrationAnswer> {
        if self.rules().sign_up == SignUpPolicy::Closed {
            return Err(Error::SignUpClosed);
        }
        if self.is_kept_free(&start.name) || self.is_taken(&start.name).await? {
            return Err(Error::NameTaken);
        }
        // An answer for somebody else's id would be one more guess at their password, past the limit on logins.
        if self.records().account(start.account).await?.is_some() {
            return Err(ID_TAKEN);
        }
        self.register(start.account, &start.request)
    }

    /// Makes an account, whole or not at all, and its first session.
    ///
    /// # Errors
    /// As [`Self::start_sign_up`], and [`Error::Malformed`] if the parts of it do not belong together.
    pub async fn sign_up(
        &self,
        sign_up: SignUp,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionBody> {
        let invite = self.invite_for(sign_up.invite.as_deref())?;
        if self.is_kept_free(&sign_up.name) {
            return Err(Error::NameTaken);
        }
        check_shapes(&sign_up)?;
        check_signatures(&sign_up)?;
        let grant = Grant::new(sign_up.account, Scope::Full, &sign_up.device, now, rng)?;
        let account = NewAccount {
            id: sign_up.account,
            name: sign_up.name,
            created: now,
            quota_bytes: self.rules().quota_bytes,
            generation: FIRST_GENERATION,
            record: self.record(&sign_up.record)?,
            recovery_key: recovery_key(&sign_up.recovery_key)?,
            slots: sign_up.slots,
            objects: sign_up.objects,
            statement: sign_up.statement,
            volume: sign_up.volume,
            head: sign_up.head,
            invite,
            session: grant.row,
        };
        match self.records().create_account(&account).await? {
            Created::Done => Ok(grant.body),
            Created::NameTaken => Err(Error::NameTaken),
            Created::IdTaken => Err(ID_TAKEN),
            Created::InviteRefused => Err(Error::SignUpClosed),
        }
    }

    /// Whether nobody gets the name: it would make its owner somebody whom others have to trust. An administrator is somebody
    /// who had an account before the settings named them.
    fn is_kept_free(&self, name: &AccountName) -> bool {
        is_reserved(name) || self.is_administrator(name)
    }

    /// Whether the name is an account's, or was given to one as an address.
    async fn is_taken(&self, name: &AccountName) -> Result<bool> {
        let address = Address {
            domain: None,
            local: name.clone(),
        };
        Ok(self.records().address(&address).await?.is_some())
    }

    /// The server's half of the registration of a password for `account`.
    pub(crate) fn register(&self, account: AccountId, request: &Bytes) -> Result<RegistrationAnswer> {
        let response = self
            .login()
            .register(check_message(request)?, account.as_bytes())
            .map_err(|_| Error::Malformed("the registration request is not well-formed"))?;
        Ok(RegistrationAnswer {
            response: response.into(),
        })
    }

    /// What is kept of a registration's last message.
    pub(crate) fn record(&self, upload: &Bytes) -> Result<Bytes> {
        self.login()
            .record(check_message(upload)?)
            .map(Bytes)
            .map_err(|_| Error::Malformed("the registration record is not well-formed"))
    }

    fn invite_for(&self, code: Option<&str>) -> Result<Option<crate::store::Digest>> {
        match (self.rules().sign_up, code) {
            (SignUpPolicy::Open, _) => Ok(None),
            (SignUpPolicy::Invite, Some(code)) => Ok(Some(code_hash(code))),
            (SignUpPolicy::Invite, None) | (SignUpPolicy::Closed, _) => Err(Error::SignUpClosed),
        }
    }
}

impl Session {
    /// The account, with those sealed copies of its key that this session can open.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if the account is gone.
    pub async fn account_body(&self) -> Result<AccountBody> {
        let snapshot = self.postern().records().account_snapshot(self.account()).await?;
        let snapshot = snapshot.ok_or(Error::NotSignedIn)?;
        let administrator = self.postern().is_administrator(&snapshot.account.name);
        Ok(AccountBody {
            administrator,
            ..body_of(snapshot, self.scope())
        })
    }
}

const ID_TAKEN: Error = Error::Conflict {
    what: "the account's id",
    present: None,
};

pub(crate) fn recovery_key(bytes: &Bytes) -> Result<crate::store::Digest> {
    digest(bytes, "a recovery key has 32 bytes")
}

fn check_shapes(sign_up: &SignUp) -> Result<()> {
    check_slots(&sign_up.slots, FIRST_GENERATION)?;
    let objects = sign_up.objects.iter();
    check_objects(
        objects.map(|object| (object.kind, object.version, &object.sealed)),
        |version| version == FIRST_VERSION,
    )?;
    check_size(&sign_up.statement, MAX_STATEMENT_BYTES, "a directory statement")?;
    check_size(&sign_up.head, MAX_HEAD_BYTES, "a head")
}

/// The first statement and the drive's first head are about this account and signed by its key.
fn check_signatures(sign_up: &SignUp) -> Result<()> {
    let statement = Statement::verify(sign_up.statement.as_slice())
        .map_err(|_| Error::Malformed("the directory statement is not signed by the key in it"))?;
    let is_first = statement.seq == 0 && statement.previous == [0; 32];
    if !is_first || statement.account != sign_up.account.0 || statement.name != sign_up.name.as_str() {
        return Err(Error::Malformed(
            "the directory statement is not the first one of this account",
        ));
    }
    let head = Head::verify(sign_up.head.as_slice(), &statement.identity)
        .map_err(|_| Error::Malformed("the head is not signed by the account's key"))?;
    if head.volume != sign_up.volume.0 || head.counter != 0 {
        return Err(Error::Malformed("the head is not the first one of this volume"));
    }
    Ok(())
}

fn body_of(snapshot: AccountSnapshot, scope: Scope) -> AccountBody {
    let opens = |slot: &Slot| match scope {
        Scope::Full => slot.kind == SlotKind::Password,
        Scope::Recovery => slot.kind == SlotKind::Recovery,
    };
    AccountBody {
        account: snapshot.account.id,
        name: snapshot.account.name,
        created: snapshot.account.created,
        used_bytes: snapshot.account.used_bytes,
        quota_bytes: snapshot.account.quota_bytes,
        slots: snapshot.slots.into_iter().filter(opens).collect(),
        objects: snapshot.objects,
        directory: snapshot.directory,
        latest_change: snapshot.account.latest_change,
        administrator: false,
    }
}
