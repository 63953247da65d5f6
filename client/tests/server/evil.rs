//! Somebody between client and server, who sees every request and may change every answer.

use std::cell::RefCell;
use std::future::pending;

use async_trait::async_trait;
use postern_client::http::{Fault, Http, Method, Request, Response};
use serde_json::Value;

use crate::platform::Network;

/// Changes an answer.
type Lie = Box<dyn FnMut(&Request, &mut Response)>;

/// Whether a request gets no answer.
type Silence = Box<dyn Fn(&Request) -> bool>;

/// The way to the server.
pub(crate) struct Evil {
    network: Network,
    lie: RefCell<Option<Lie>>,
    silence: RefCell<Option<Silence>>,
    asked: RefCell<Vec<Asked>>,
}

/// A request, as far as a server could tell requests apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

impl Evil {
    pub(crate) fn new(network: Network) -> Self {
        Self {
            network,
            lie: RefCell::default(),
            silence: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// From now on every answer passes through `lie`.
    pub(crate) fn tells(&self, lie: impl FnMut(&Request, &mut Response) + 'static) {
        self.lie.replace(Some(Box::new(lie)));
    }

    /// From now on JSON answers to requests whose path begins with `path` are changed.
    pub(crate) fn edits(&self, path: &'static str, edit: impl Fn(&mut Value) + 'static) {
        self.tells(move |request, response| {
            if request.path.starts_with(path) && response.is_success() {
                edit_json(response, &edit);
            }
        });
    }

    pub(crate) fn tells_the_truth(&self) {
        self.lie.replace(None);
    }

    /// From now on such requests wait for ever.
    pub(crate) fn never_answers(&self, such: impl Fn(&Request) -> bool + 'static) {
        self.silence.replace(Some(Box::new(such)));
    }

    /// All requests since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.take()
    }

    /// The paths of all requests since the last call.
    pub(crate) fn asked_paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

#[async_trait(?Send)]
impl Http for Evil {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        self.asked.borrow_mut().push(Asked {
            method: request.method,
            path: request.path.clone(),
            body: request.body.to_vec(),
        });
        let silent = self.silence.borrow().as_ref().is_some_and(|such| such(&request));
        if silent {
            pending::<()>().await;
        }
        let mut response = self.network.send(request.clone()).await?;
        if let Some(lie) = self.lie.borrow_mut().as_mut() {
            lie(&request, &mut response);
        }
        Ok(response)
    }
}

/// Changes a JSON body.
pub(crate) fn edit_json(response: &mut Response, edit: impl Fn(&mut Value)) {
    let mut body: Value = serde_json::from_slice(&response.body).expect("the server speaks JSON");
    edit(&mut body);
    response.body = body.to_string().into_bytes().into();
}
