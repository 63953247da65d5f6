//! Administration of mail domains and addresses.

use postern_client::{Account, Result};
use wasm_bindgen::prelude::wasm_bindgen;

use super::{Answer, Client, Inner, answer};
use crate::values::administration::{AddressPageView, DnsRecordView, DomainView};

#[wasm_bindgen]
impl Client {
    /// Whether this account administers domains and addresses.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn administers(&self) -> Answer {
        answer(self.inner.administers().await)
    }

    /// All domains, the server's own first.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn domains(&self) -> Answer {
        answer(self.inner.domains().await)
    }

    /// Takes mail for a domain from now on.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = addDomain)]
    pub async fn add_domain(&self, name: String) -> Answer {
        answer(self.inner.add_domain(&name).await)
    }

    /// Takes no mail for it any more.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = removeDomain)]
    pub async fn remove_domain(&self, name: String) -> Answer {
        answer(self.inner.remove_domain(&name).await)
    }

    /// Says who gets what is written to addresses that nobody has.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = setCatchAll)]
    pub async fn set_catch_all(&self, name: String, account: Option<String>) -> Answer {
        answer(self.inner.set_catch_all(&name, account.as_deref()).await)
    }

    /// Addresses of a domain by name, after one.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = addressesAt)]
    pub async fn addresses_at(&self, name: String, after: Option<String>) -> Answer {
        answer(self.inner.addresses_at(&name, after.as_deref()).await)
    }

    /// Gives an address that nobody has to an account.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = giveAddress)]
    pub async fn give_address(&self, name: String, local: String, account: String) -> Answer {
        answer(self.inner.give_address(&name, &local, &account).await)
    }

    /// Takes an address from whoever has it.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = takeAddress)]
    pub async fn take_address(&self, name: String, local: String) -> Answer {
        answer(self.inner.take_address(&name, &local).await)
    }

    /// What DNS should say of a domain, and what it says now.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = checkDomain)]
    pub async fn check_domain(&self, name: String) -> Answer {
        answer(self.inner.check_domain(&name).await)
    }
}

impl Inner {
    fn account(&self) -> Result<std::rc::Rc<Account>> {
        Ok(self.signed_in()?.drive.account().clone())
    }

    async fn administers(&self) -> Result<bool> {
        self.account()?.administers().await
    }

    async fn domains(&self) -> Result<Vec<DomainView>> {
        let domains = self.account()?.domains().await?;
        Ok(domains.into_iter().map(DomainView::from).collect())
    }

    async fn add_domain(&self, name: &str) -> Result<DomainView> {
        self.account()?.add_domain(name).await.map(DomainView::from)
    }

    async fn remove_domain(&self, name: &str) -> Result<()> {
        self.account()?.remove_domain(name).await.map(drop)
    }

    async fn set_catch_all(&self, name: &str, account: Option<&str>) -> Result<()> {
        self.account()?.set_catch_all(name, account).await
    }

    async fn addresses_at(&self, name: &str, after: Option<&str>) -> Result<AddressPageView> {
        let page = self.account()?.addresses_at(name, after).await?;
        Ok(AddressPageView::from(page))
    }

    async fn give_address(&self, name: &str, local: &str, account: &str) -> Result<()> {
        self.account()?.give_address(name, local, account).await
    }

    async fn take_address(&self, name: &str, local: &str) -> Result<()> {
        self.account()?.take_address(name, local).await
    }

    async fn check_domain(&self, name: &str) -> Result<Vec<DnsRecordView>> {
        let checked = self.account()?.check_domain(name).await?;
        Ok(checked.records.into_iter().map(DnsRecordView::from).collect())
    }
}
