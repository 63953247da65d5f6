//! What every command works with: the profile, the server, the account.

use std::env;
use std::path::PathBuf;
use std::rc::Rc;

use postern_client::device::{Device, FolderDevice, keys};
use postern_client::{Account, Drive, ErrorClass, Surroundings};

use crate::args::Global;
use crate::failure::{About as _, Failure, Result};
use crate::machine::{SystemClock, SystemEntropy, network};
use crate::say::Say;

const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// What every command works with.
pub(crate) struct Desk {
    typed: Global,
    say: Rc<Say>,
}

impl Desk {
    pub(crate) fn new(typed: Global) -> Self {
        let say = Rc::new(Say::new(typed.json, typed.quiet));
        Self { typed, say }
    }

    pub(crate) fn say(&self) -> &Say {
        &self.say
    }

    /// The server that was typed, else the one of the last login, else one on this machine.
    pub(crate) async fn server(&self) -> Result<String> {
        let typed = self.typed.server.as_deref().map(plain);
        let server = match typed {
            Some(server) => Some(server),
            None => self.remembered_server().await?,
        };
        Ok(server.unwrap_or_else(|| DEFAULT_SERVER.to_owned()))
    }

    /// Makes `server` the one that this profile means from now on.
    pub(crate) async fn remember_server(&self, server: &str) -> Result<()> {
        Ok(self.device()?.put(keys::SERVER, server.as_bytes()).await?)
    }

    /// The surroundings for a command that needs no account.
    pub(crate) async fn around(&self) -> Result<Surroundings> {
        self.around_at(&self.server().await?)
    }

    /// The same at another server.
    pub(crate) fn around_at(&self, server: &str) -> Result<Surroundings> {
        Ok(Surroundings {
            http: network(server, &self.say)?,
            origin: server.to_owned(),
            device: Rc::new(self.device()?),
            clock: Rc::new(SystemClock),
            entropy: Rc::new(SystemEntropy),
            // The name of the machine would tell the server more than it needs to know.
            label: format!("postern on {}", env::consts::OS),
        })
    }

    /// The account that is signed in here.
    pub(crate) async fn account(&self) -> Result<Rc<Account>> {
        let account = self.kept_account().await?;
        account.map(Rc::new).ok_or_else(|| {
            Failure::of(ErrorClass::NoAccess, "nobody is signed in here")
                .advise("Sign in with `postern login NAME`, or make an account with `postern signup NAME`.")
        })
    }

    /// The account that is signed in here, if there is one.
    pub(crate) async fn kept_account(&self) -> Result<Option<Account>> {
        self.refuse_other_server().await?;
        Ok(Account::resume(self.around().await?).await?)
    }

    /// The drive of the account that is signed in here.
    pub(crate) async fn drive(&self) -> Result<Drive> {
        Ok(Drive::new(self.account().await?))
    }

    /// A session is a secret between this device and one server: another must not be sent it.
    async fn refuse_other_server(&self) -> Result<()> {
        let (server, remembered) = (self.server().await?, self.remembered_server().await?);
        match remembered {
            Some(remembered) if remembered != server => Err(Failure::usage(format!(
                "this profile is signed in at {remembered}, not at {server}"
            ))
            .advise("For another server give another profile with --profile, or log out first.")),
            _ => Ok(()),
        }
    }

    /// Forgets at which server this profile was signed in.
    pub(crate) async fn forget_server(&self) -> Result<()> {
        Ok(self.device()?.delete(keys::SERVER).await?)
    }

    async fn remembered_server(&self) -> Result<Option<String>> {
        let bytes = self.device()?.get(keys::SERVER).await?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }

    fn device(&self) -> Result<FolderDevice> {
        let folder = self.profile()?;
        FolderDevice::open(folder).about(|| "the profile".to_owned())
    }

    fn profile(&self) -> Result<PathBuf> {
        let typed = self.typed.profile.clone();
        typed.or_else(default_profile).ok_or_else(|| {
            Failure::usage("there is no home folder to keep a profile in")
                .advise("Say where with --profile DIR.")
        })
    }
}

fn default_profile() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    // The XDG specification has relative paths ignored.
    let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(set("HOME")?.join(".local/share")))?;
    Some(data.join("postern"))
}

/// One spelling for one server.
fn plain(server: &str) -> String {
    server.trim().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    fn desk(server: Option<&str>, profile: PathBuf) -> Desk {
        Desk::new(Global {
            server: server.map(str::to_owned),
            profile: Some(profile),
            ..Global::default()
        })
    }

    #[test]
    fn the_server_of_the_last_login_is_remembered_until_another_is_typed() {
        let home = tempfile::tempdir().expect("a folder");
        let profile = home.path().join("profile");
        let untold = desk(None, profile.clone());
        assert_eq!(block_on(untold.server()).expect("known"), DEFAULT_SERVER);
        block_on(untold.remember_server("https://a.example")).expect("kept");
        assert_eq!(block_on(untold.server()).expect("known"), "https://a.example");
        let told = desk(Some("https://b.example/"), profile);
        assert_eq!(block_on(told.server()).expect("known"), "https://b.example");
    }

    #[test]
    fn a_session_is_never_sent_to_another_server() {
        let home = tempfile::tempdir().expect("a folder");
        let profile = home.path().join("profile");
        block_on(desk(None, profile.clone()).remember_server("https://a.example")).expect("kept");
        let other = desk(Some("https://b.example"), profile);
        let refused = block_on(other.account()).err().expect("refused");
        assert!(matches!(
            refused,
            Failure::Told {
                class: ErrorClass::Usage,
                ..
            }
        ));
    }
}
