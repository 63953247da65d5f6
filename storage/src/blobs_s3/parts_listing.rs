//! Which parts of an upload the store has, and under which tags: it wants them back when the upload is completed, and
//! it alone knows them when a client has put parts there directly.

use std::collections::HashMap;

use postern_domain::store::{Result, StoreError, UploadHandle};
use postern_protocol::parts;
use s3::Bucket;
use s3::serde_types::Part;
use serde::Deserialize;

use super::answers::{failed, in_time, refused};
use super::{ANSWER_TIMEOUT, OWN_ADDRESS_S};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    is_truncated: bool,
    next_part_number_marker: Option<String>,
    #[serde(default, rename = "Part")]
    parts: Vec<Listed>,
}

/// A part that the store has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    part_number: u32,
    // Some small servers list none, and want none back.
    #[serde(rename = "ETag", default)]
    tag: String,
    size: u64,
}

/// All parts of an upload. `None` if there is no such upload.
pub(super) async fn list(bucket: &Bucket, path: &str, upload: &UploadHandle) -> Result<Option<Vec<Listed>>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let Some(page) = page(bucket, path, upload, after).await? else {
            return Ok(None);
        };
        all.extend(page.parts);
        match page.next_part_number_marker {
            Some(next) if page.is_truncated => after = Some(next),
            _ => return Ok(Some(all)),
        }
    }
}

async fn page(
    bucket: &Bucket,
    path: &str,
    upload: &UploadHandle,
    after: Option<String>,
) -> Result<Option<Page>> {
    let mut query = HashMap::from([("uploadId".to_owned(), upload.0.clone())]);
    query.extend(after.map(|after| ("part-number-marker".to_owned(), after)));
    let address = bucket
        .presign_get(path, OWN_ADDRESS_S, Some(query))
        .await
        .map_err(failed)?;
    let answer = in_time(ANSWER_TIMEOUT, bucket.http_client().get(address).send())
        .await?
        .map_err(failed)?;
    let status = answer.status().as_u16();
    let text = in_time(ANSWER_TIMEOUT, answer.text()).await?.map_err(failed)?;
    match status {
        200 => quick_xml::de::from_str(&text)
            .map(Some)
            .map_err(|error| StoreError::Failed(error.into())),
        404 => Ok(None),
        status => Err(refused(status, text)),
    }
}

/// The parts that make up a blob of `size_bytes`, in order. `None` unless each is there and as long as its number says.
pub(super) fn exactly(listed: Vec<Listed>, size_bytes: u64) -> Option<Vec<Part>> {
    let mut by_number: HashMap<u32, Listed> =
        listed.into_iter().map(|part| (part.part_number, part)).collect();
    let part = |number: u32| {
        let range = parts::range(number, size_bytes);
        let listed = by_number
            .remove(&(number + 1))
            .filter(|part| part.size == range.end - range.start)?;
        Some(Part {
            part_number: number + 1,
            etag: listed.tag,
        })
    };
    (0..parts::count(size_bytes)).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_of_the_store_is_understood() {
        let text = "<?xml version=\"1.0\"?><ListPartsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
            <Bucket>b</Bucket><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>\
            <Part><ETag>&quot;ab&quot;</ETag><PartNumber>1</PartNumber><Size>100</Size></Part></ListPartsResult>";
        let page: Page = quick_xml::de::from_str(text).expect("a listing");
        assert!(page.is_truncated);
        assert_eq!(page.next_part_number_marker.as_deref(), Some("1"));
        assert_eq!((page.parts[0].tag.as_str(), page.parts[0].size), ("\"ab\"", 100));
    }

    #[test]
    fn parts_must_be_as_long_as_their_numbers_say() {
        let listed = |size| {
            vec![Listed {
                part_number: 1,
                tag: "t".to_owned(),
                size,
            }]
        };
        assert!(exactly(listed(100), 100).is_some());
        assert!(exactly(listed(99), 100).is_none());
        assert!(exactly(Vec::new(), 100).is_none());
        assert!(exactly(listed(parts::full_range(0).end), parts::full_range(0).end + 1).is_none());
    }
}
