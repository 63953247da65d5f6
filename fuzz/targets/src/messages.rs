//! What client and server say to each other: JSON, and the headers of ranges.

use postern_protocol::account::{
    AccountBody, PasswordChange, PasswordChanged, PasswordStart, PutObject, RecoveryChallenge,
    RecoveryFinish, RecoveryStart, RegistrationAnswer, SignUp, SignUpStart,
};
use postern_protocol::bundle::{self, BundleKept, BundleRead};
use postern_protocol::changes::{Changes, Event, EventsHello};
use postern_protocol::directory::DirectoryLog;
use postern_protocol::error::ErrorBody;
use postern_protocol::link::{
    LeaseBody, LinkBody, LinkCreate, LinkEntry, LinkProof, LinkRecords, LinkRecordsRequest, Links,
};
use postern_protocol::range;
use postern_protocol::server::ServerBody;
use postern_protocol::session::{LoginAnswer, LoginFinish, LoginStart, SessionBody, Sessions};
use postern_protocol::upload::{ContentBody, PartBody, UploadBody, UploadComplete, UploadStart};
use postern_protocol::volume::{Batch, BatchApplied, VolumePage};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON that is taken is written again, and then means the same.
fn json<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(data) {
        let again = serde_json::to_vec(&value).expect("what was read can be written");
        assert_eq!(serde_json::from_slice::<T>(&again).expect("and read"), value);
    }
}

macro_rules! any_of {
    ($data:expr, $($message:ty),+ $(,)?) => { $(json::<$message>($data);)+ };
}

/// What a server reads of small contents that come together: their places follow each other, and make the whole.
pub(crate) fn bundle(data: &[u8]) {
    if let Ok(entries) = bundle::parse(data) {
        let mut again = Vec::new();
        for (content, place) in entries {
            bundle::push(&mut again, content, &data[place]);
        }
        assert_eq!(again, data);
    }
}

/// What a server reads.
pub(crate) fn requests(data: &[u8]) {
    any_of!(
        data,
        Batch,
        BundleRead,
        EventsHello,
        LinkCreate,
        LinkProof,
        LinkRecordsRequest,
        LoginFinish,
        LoginStart,
        PasswordChange,
        PasswordStart,
        PutObject,
        RecoveryFinish,
        RecoveryStart,
        SignUp,
        SignUpStart,
        UploadComplete,
        UploadStart,
    );
}

/// What a client reads.
pub(crate) fn answers(data: &[u8]) {
    any_of!(
        data,
        AccountBody,
        BundleKept,
        BatchApplied,
        Changes,
        ContentBody,
        DirectoryLog,
        ErrorBody,
        Event,
        LeaseBody,
        LinkBody,
        LinkEntry,
        LinkRecords,
        Links,
        LoginAnswer,
        PartBody,
        PasswordChanged,
        RecoveryChallenge,
        RegistrationAnswer,
        ServerBody,
        SessionBody,
        Sessions,
        UploadBody,
        VolumePage,
    );
}

/// `Range` and `Content-Range`.
pub(crate) fn ranges(data: &[u8]) {
    let text = super::typed(data);
    for size_bytes in [0, 1, 100, u64::MAX] {
        if let Ok(asked) = range::parse(text, size_bytes) {
            assert!(asked.start < asked.end && asked.end <= size_bytes);
            assert_eq!(range::parse(&range::format(&asked), size_bytes), Ok(asked));
        }
    }
    if let Some((told, size_bytes)) = range::parse_content(text) {
        assert!(told.start < told.end && told.end <= size_bytes);
        assert_eq!(range::format_content(&told, size_bytes).len(), text.len());
    }
}
