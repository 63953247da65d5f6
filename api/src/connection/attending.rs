//! Whether a connection has a question under way.
//!
//! Between two questions nothing keeps a connection open but the next one's head, and that has to come in time: the
//! server below us looks at the time of the first head only.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use bytes::Bytes;

/// What is known of one connection. It belongs to one thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attending(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: Cell<u64>,
    under_way: Cell<u64>,
}

/// A question that is under way until this is dropped.
struct Question(Attending);

impl Attending {
    /// How many questions there have been, if none is under way.
    pub(crate) fn idle_since(&self) -> Option<u64> {
        (self.0.under_way.get() == 0).then(|| self.0.begun.get())
    }

    fn begin(&self) -> Question {
        self.0.begun.set(self.0.begun.get() + 1);
        self.0.under_way.set(self.0.under_way.get() + 1);
        Question(self.clone())
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let counts = &self.0.0;
        counts.under_way.set(counts.under_way.get() - 1);
    }
}

/// A question is under way from its head to the last byte of its answer.
pub(crate) async fn attend(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let question = request.conn_data::<Attending>().map(Attending::begin);
    let answered = next.call(request).await?.map_into_boxed_body();
    Ok(answered.map_body(|_, body| match question {
        Some(question) if !matches!(body.size(), BodySize::None) => BoxBody::new(Answer {
            body,
            _question: question,
        }),
        _ => body,
    }))
}

struct Answer {
    body: BoxBody,
    _question: Question,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_between_questions() {
        let connection = Attending::default();
        assert_eq!(connection.idle_since(), Some(0));
        let (one, two) = (connection.begin(), connection.begin());
        drop(one);
        assert_eq!(connection.idle_since(), None);
        drop(two);
        assert_eq!(connection.idle_since(), Some(2));
    }
}
