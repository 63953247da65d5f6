//! The signatures of a message (DKIM), each verified by itself: one of which nobody answers in time costs the others nothing.

use futures::future::join_all;
use mail_auth::common::headers::Header;
use mail_auth::dkim::Signature;
use mail_auth::{AuthenticatedMessage, DkimOutput};
use tokio::time::timeout;

use super::{Checker, SIGNATURE_PATIENCE, no_answer, refuse_without_author};

/// So many are looked at, from the top of the message on. Nobody who means well has as many; whoever writes hundreds has as
/// many questions asked in our name.
const MOST_SIGNATURES: usize = 10;

/// Takes the signatures out of a message: one message for each, which has it alone.
pub(super) fn apart<'a>(message: &mut AuthenticatedMessage<'a>) -> Vec<AuthenticatedMessage<'a>> {
    let mut signatures = std::mem::take(&mut message.dkim_headers);
    signatures.truncate(MOST_SIGNATURES);
    let alone = signatures
        .into_iter()
        .map(|signature| with_one(message, signature));
    alone.collect()
}

fn with_one<'a>(
    message: &AuthenticatedMessage<'a>,
    mut signature: Header<'a, Signature>,
) -> AuthenticatedMessage<'a> {
    // Whether its owner wants reports would be one question more, and none are sent.
    signature.header.r = false;
    AuthenticatedMessage {
        headers: message.headers.clone(),
        from: message.from.clone(),
        body_hashes: message.body_hashes.clone(),
        dkim_headers: vec![signature],
        ..AuthenticatedMessage::default()
    }
}

impl Checker {
    /// What becomes of each: of those that were taken out of the message, and of those that cannot be read, which are in it
    /// still.
    pub(super) async fn signatures<'a>(
        &'a self,
        message: &'a AuthenticatedMessage<'a>,
        signed: &'a [AuthenticatedMessage<'a>],
    ) -> Vec<DkimOutput<'a>> {
        let malformed = self.resolver.0.verify_dkim(self.asking(message)).await;
        let verified = join_all(signed.iter().map(|signed| self.signature(signed))).await;
        let mut all: Vec<_> = malformed
            .into_iter()
            .chain(verified.into_iter().flatten())
            .collect();
        all.iter_mut().for_each(refuse_without_author);
        all
    }

    async fn signature<'a>(&'a self, signed: &'a AuthenticatedMessage<'a>) -> Vec<DkimOutput<'a>> {
        let verifying = self.resolver.0.verify_dkim(self.asking(signed));
        let verified = timeout(SIGNATURE_PATIENCE, verifying).await;
        let unanswered = |signature: &'a Header<'a, Signature>| {
            DkimOutput::temp_err(no_answer()).with_signature(&signature.header)
        };
        verified.unwrap_or_else(|_| signed.dkim_headers.iter().map(unanswered).collect())
    }
}
