//! Links: the owner's, and those that somebody was given.

use std::rc::Rc;

use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::protocol::volume::NodeKind;
use postern_client::protocol::{LinkId, TimeMs};
use postern_client::{ChosenPassword, Error, Result};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use super::{Answer, Client, Inner, answer, parse_id, read};
use crate::clock::whole_ms;
use crate::events;
use crate::values::{LinkTextView, LinkView, ListingView, ShareView, kind};

/// `ShareTerms` of `api.ts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Terms {
    password: Option<String>,
    expires_ms: Option<f64>,
    downloads: Option<u32>,
}

#[wasm_bindgen]
impl Client {
    /// Makes a link.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn share(&self, node: String, terms: JsValue) -> Answer {
        answer(self.inner.share(&node, &terms).await)
    }

    /// All links of the account.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn shares(&self) -> Answer {
        answer(self.inner.shares().await)
    }

    /// Takes a link back.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn unshare(&self, link: String) -> Answer {
        answer(self.inner.unshare(&link).await)
    }

    /// Reads a link's text; asks nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = readLink)]
    pub async fn read_link(&self, id: String, fragment: String) -> Answer {
        let fragment = Zeroizing::new(fragment);
        answer(self.inner.read_link(&id, &fragment))
    }

    /// Proves a link and opens what it grants; counts nothing.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = openLink)]
    pub async fn open_link(&self, link: String, password: Option<String>) -> Answer {
        let password = password.map(Zeroizing::new);
        answer(
            self.inner
                .open_link(&link, password.as_deref().map(String::as_str))
                .await,
        )
    }

    /// A folder below the shared one.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = listLinkFolder)]
    pub async fn list_link_folder(&self, link: String, folder: String) -> Answer {
        answer(self.inner.list_link_folder(&link, &folder).await)
    }
}

impl Inner {
    async fn share(&self, node: &str, terms: &JsValue) -> Result<ShareView> {
        let Terms {
            password,
            expires_ms,
            downloads,
        } = read(terms)?;
        let password = password.map(Zeroizing::new);
        let terms = ShareTerms {
            password: password
                .as_deref()
                .map(|typed| ChosenPassword::parse(typed))
                .transpose()?,
            expires: expires_ms.map(|ms| TimeMs(whole_ms(ms))),
            max_downloads: downloads,
        };
        let signed_in = self.signed_in()?;
        let share = signed_in.drive.share(parse_id(node)?, &terms).await?;
        if let Some(shared) = signed_in.shared.borrow_mut().as_mut() {
            shared.insert(share.node);
        }
        events::shares_changed(&self.host);
        let entry = signed_in.drive.entry(share.node).await?;
        Ok(ShareView::new(&share, &self.host.origin(), Some(entry)))
    }

    async fn shares(&self) -> Result<Vec<ShareView>> {
        let signed_in = self.signed_in()?;
        let shares = signed_in.drive.shares().await?;
        let mut views = Vec::with_capacity(shares.len());
        for share in shares {
            let entry = match signed_in.drive.entry(share.node).await {
                Err(Error::NotFound) => None,
                entry => Some(entry?),
            };
            views.push(ShareView::new(&share, &self.host.origin(), entry));
        }
        Ok(views)
    }

    async fn unshare(&self, link: &str) -> Result<()> {
        let signed_in = self.signed_in()?;
        signed_in.drive.unshare(parse_id(link)?).await?;
        signed_in.refresh_shared().await?;
        events::shares_changed(&self.host);
        Ok(())
    }

    fn read_link(&self, id: &str, fragment: &str) -> Result<LinkTextView> {
        let id: LinkId = id
            .parse()
            .map_err(|_| Error::LinkMangled(postern_client::LinkMistake::NotALink))?;
        let address = LinkAddress::from_fragment(id, fragment)?;
        let view = LinkTextView {
            link: id.to_string(),
            needs_password: address.needs_password(),
        };
        self.addresses.borrow_mut().insert(id, address);
        Ok(view)
    }

    async fn open_link(&self, link: &str, password: Option<&str>) -> Result<LinkView> {
        let id: LinkId = parse_id(link)?;
        let address = self.addresses.borrow().get(&id).cloned().ok_or(Error::NotFound)?;
        let opened = Rc::new(OpenedLink::open(self.around.clone(), &address, password).await?);
        self.opened.borrow_mut().insert(id, Rc::clone(&opened));
        let entry = opened.entry();
        let listing = match entry.kind {
            NodeKind::File => None,
            NodeKind::Folder => Some(ListingView::new(opened.list(None).await?, |_| false)),
        };
        Ok(LinkView {
            link: id.to_string(),
            kind: kind(entry.kind),
            name: entry.name,
            size_bytes: entry.size_bytes,
            media_type: entry.media_type,
            modified_ms: entry.modified,
            expires_ms: opened.expires(),
            downloads_left: opened.downloads_left(),
            listing,
        })
    }

    async fn list_link_folder(&self, link: &str, folder: &str) -> Result<ListingView> {
        let listing = self.opened_link(link)?.list(Some(parse_id(folder)?)).await?;
        Ok(ListingView::new(listing, |_| false))
    }

    pub(super) fn opened_link(&self, link: &str) -> Result<Rc<OpenedLink>> {
        let id: LinkId = parse_id(link)?;
        self.opened.borrow().get(&id).cloned().ok_or(Error::NotFound)
    }
}
