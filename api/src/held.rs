//! An answer that is whole in memory, sent piece by piece, and counted until it has gone.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

use crate::error::ApiError;
use crate::room::{Reserved, SMALL_BYTES};

/// A connection copies what it sends: not the whole of it at once.
pub(crate) const PIECE_BYTES: usize = 32 << 10;

/// The bytes that have not been sent yet.
pub(crate) struct Held {
    left: Bytes,
    _reserved: Reserved,
}

impl Held {
    /// `body`, counted in `reserved` if it is large and in memory; streams go through as they are.
    pub(crate) fn hold(body: BoxBody, mut reserved: Reserved) -> Result<BoxBody, ApiError> {
        let is_small = matches!(body.size(), BodySize::None | BodySize::Sized(0..=SMALL));
        if is_small {
            return Ok(body);
        }
        match body.try_into_bytes() {
            Ok(left) => {
                reserved.grow_to(left.len())?;
                Ok(BoxBody::new(Self {
                    left,
                    _reserved: reserved,
                }))
            }
            Err(stream) => Ok(stream),
        }
    }
}

const SMALL: u64 = SMALL_BYTES as u64;

impl MessageBody for Held {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.left.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let length = self.left.len().min(PIECE_BYTES);
        Poll::Ready((length > 0).then(|| Ok(self.left.split_to(length))))
    }
}
