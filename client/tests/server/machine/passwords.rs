//! Passwords, and signing in and out.

use std::rc::Rc;

use postern_client::{Account, Drive, Error, Result, Stay};

use super::life::Life;
use super::wire::Trouble;
use crate::world::{Phone, chosen};

/// They cost Argon2id's time.
const MOST_PASSWORDS: u32 = 2;

impl Life<'_> {
    /// Afterwards exactly one of both passwords opens the account, and every device has to sign in with it.
    pub(super) async fn change_password(&mut self, who: usize, keys: bool, trouble: Option<Trouble>) {
        self.passwords += 1;
        if self.passwords > MOST_PASSWORDS {
            return;
        }
        let next = format!("password {}", self.passwords);
        let device = &self.devices[who];
        device.wire.expects(trouble);
        let account = device.drive.account();
        let told = if keys {
            replace_keys(account, &self.password, &next).await
        } else {
            account.change_password(&self.password, &chosen(&next)).await
        };
        let has_trouble = trouble.is_some();
        assert!(told.is_ok() || has_trouble, "{told:?}");
        self.devices.iter().for_each(|device| device.wire.recovers());
        if told.is_ok() {
            assert_eq!(self.devices[1 - who].drive.refresh().await, Err(Error::SignedOut));
        }
        match sign_in(&self.devices[who].phone, &self.name, &next).await {
            Ok(drive) => {
                self.devices[who].has(drive);
                if has_trouble {
                    let old = sign_in(&self.server.phone(), &self.name, &self.password).await;
                    assert!(matches!(old, Err(Error::WrongPassword)), "both passwords open it");
                }
                self.password = next;
            }
            Err(error) => {
                assert_eq!(error, Error::WrongPassword);
                assert!(told.is_err(), "it was said to be changed");
                self.sign_in_again(who).await;
            }
        }
        self.sign_in_again(1 - who).await;
    }

    pub(super) async fn sign_out_and_in(&mut self, who: usize) {
        self.passwords += 1;
        if self.passwords > MOST_PASSWORDS {
            return;
        }
        let device = &self.devices[who];
        device.drive.account().sign_out().await.expect("signed out");
        let resumed = Account::resume(device.phone.around.clone()).await.expect("asked");
        assert!(resumed.is_none(), "it still knows the keys");
        self.sign_in_again(who).await;
    }

    pub(super) async fn sign_in_again(&mut self, who: usize) {
        let drive = sign_in(&self.devices[who].phone, &self.name, &self.password).await;
        self.devices[who].has(drive.expect("the password is right"));
    }
}

async fn replace_keys(account: &Rc<Account>, present: &str, next: &str) -> Result<()> {
    let prepared = account.prepare_keys(present, &chosen(next)).await?;
    prepared.complete().await
}

pub(super) async fn sign_in(phone: &Phone, name: &str, password: &str) -> Result<Drive> {
    let account = Account::sign_in(phone.around.clone(), name, password, Stay::SignedIn).await?;
    Ok(Drive::new(Rc::new(account)))
}
