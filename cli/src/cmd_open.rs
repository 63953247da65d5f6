//! `postern open`

use std::rc::Rc;

use clap::Args as ClapArgs;
use postern_client::links::{LinkAddress, OpenedLink};
use zeroize::Zeroizing;

use crate::deliver::Output;
use crate::desk::Desk;
use crate::failure::Result;
use crate::secret;

const FROM_STDIN: &str = "-";

/// Open a link and save what it leads to; no account is needed
///
/// Whoever has the link can open it, and a command's arguments are seen by other users of this machine and kept by the
/// shell. Where that matters give - for the link: it is read from standard input, or asked for at a terminal.
#[derive(ClapArgs)]
pub(crate) struct Open {
    /// The link in quotes, or - to read it from standard input (the first line, before a password)
    link: String,
    #[command(flatten)]
    output: Output,
    /// Read the link's password from standard input (one line); without it, it is asked for where one is needed
    #[arg(long)]
    password_stdin: bool,
}

impl Open {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let address = self.address()?;
        let password = self.password(&address)?;
        let around = desk.around_at(&address.origin)?;
        let device = Rc::clone(&around.device);
        let password = password.as_deref().map(String::as_str);
        let link = OpenedLink::open(around, &address, password).await?;
        self.output.deliver(desk, &link, device, &link.entry()).await
    }

    fn address(&self) -> Result<LinkAddress> {
        let link = match self.link.as_str() {
            FROM_STDIN => secret::password(true, "Link")?,
            link => Zeroizing::new(link.to_owned()),
        };
        Ok(LinkAddress::parse(link.trim())?)
    }

    fn password(&self, address: &LinkAddress) -> Result<Option<Zeroizing<String>>> {
        if address.needs_password() {
            secret::password(self.password_stdin, "Password of the link").map(Some)
        } else {
            Ok(None)
        }
    }
}
