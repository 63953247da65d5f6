//! How the owner ordered their mail: folders, labels, whose pictures are loaded, what is deleted when.

use postern_crypto::account::{MailRoot, Tag};

use super::Mailbox;
use crate::{Error, Result};

/// The longest name of a folder or label, in characters: what a list has room for.
const MAX_NAME_CHARS: usize = 60;

impl Mailbox {
    /// The order as this device knows it.
    #[must_use]
    pub fn order(&self) -> MailRoot {
        self.account.unlocked().mail.clone()
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// [`Error::EntryExists`], [`Error::EntryName`], [`Error::TooLarge`] if there are too many.
    pub async fn make_folder(&self, name: &str, colour: u8) -> Result<Tag> {
        self.make_tag(name, colour, |order| &mut order.folders).await
    }

    /// Makes a label.
    ///
    /// # Errors
    /// As [`Mailbox::make_folder`].
    pub async fn make_label(&self, name: &str, colour: u8) -> Result<Tag> {
        self.make_tag(name, colour, |order| &mut order.labels).await
    }

    /// Gives a folder or label another name and colour.
    ///
    /// # Errors
    /// As [`Mailbox::make_folder`]; [`Error::NotFound`].
    pub async fn change_tag(&self, tag: &Tag) -> Result<()> {
        let name = checked_name(&tag.name)?;
        self.account
            .change_mail(|order| {
                let tags = [&mut order.folders, &mut order.labels];
                let list = tags
                    .into_iter()
                    .find(|tags| tags.iter().any(|known| known.id == tag.id))
                    .ok_or(Error::NotFound)?;
                check_unique(list, &name, Some(&tag.id))?;
                for known in list.iter_mut().filter(|known| known.id == tag.id) {
                    known.name.clone_from(&name);
                    known.colour = tag.colour;
                }
                Ok(())
            })
            .await
    }

    /// Forgets a folder or label. What lay in the folder is where it was before for who looks: in the archive.
    ///
    /// # Errors
    /// As all requests.
    pub async fn remove_tag(&self, id: &[u8; 16]) -> Result<()> {
        self.account
            .change_mail(|order| {
                order.folders.retain(|tag| tag.id != *id);
                order.labels.retain(|tag| tag.id != *id);
                Ok(())
            })
            .await
    }

    /// Loads, or does not load any more, pictures in messages of `address`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there are too many such addresses.
    pub async fn trust(&self, address: &str, is_trusted: bool) -> Result<()> {
        let address = address.to_lowercase();
        self.account
            .change_mail(|order| {
                order.trusted.retain(|known| *known != address);
                if is_trusted {
                    check_room(order.trusted.len(), MailRoot::MAX_TRUSTED)?;
                    order.trusted.push(address.clone());
                }
                Ok(())
            })
            .await
    }

    /// Says after how many days trash and spam are emptied; 0: never. It holds for what is put there from now on.
    ///
    /// # Errors
    /// As all requests.
    pub async fn keep_for(&self, trash_days: u32, spam_days: u32) -> Result<()> {
        self.account
            .change_mail(|order| {
                order.trash_days = trash_days;
                order.spam_days = spam_days;
                Ok(())
            })
            .await
    }

    async fn make_tag(
        &self,
        name: &str,
        colour: u8,
        list: impl Fn(&mut MailRoot) -> &mut Vec<Tag>,
    ) -> Result<Tag> {
        let tag = Tag {
            id: self.account.surroundings().new_id(),
            name: checked_name(name)?,
            colour,
        };
        self.account
            .change_mail(|order| {
                let tags = list(order);
                // It was taken before, and the answer was lost.
                if tags.contains(&tag) {
                    return Ok(());
                }
                check_unique(tags, &tag.name, None)?;
                check_room(tags.len(), MailRoot::MAX_TAGS)?;
                tags.push(tag.clone());
                Ok(())
            })
            .await?;
        Ok(tag)
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let is_right = !name.is_empty()
        && name.chars().count() <= MAX_NAME_CHARS
        && name.len() <= MailRoot::MAX_TAG_NAME
        && !name.chars().any(char::is_control);
    if is_right {
        Ok(name.to_owned())
    } else {
        Err(Error::TagName)
    }
}

fn check_unique(tags: &[Tag], name: &str, but: Option<&[u8; 16]>) -> Result<()> {
    let is_same = |tag: &&Tag| tag.name.to_lowercase() == name.to_lowercase() && but != Some(&tag.id);
    match tags.iter().find(is_same) {
        Some(_) => Err(Error::EntryExists),
        None => Ok(()),
    }
}

fn check_room(count: usize, most: u32) -> Result<()> {
    if count < most as usize {
        Ok(())
    } else {
        Err(Error::TooLarge)
    }
}
