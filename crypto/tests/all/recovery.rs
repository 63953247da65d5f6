use postern_crypto::opaque::{LoginServer, RECOVERY_LIFETIME_MS};
use postern_crypto::recovery::{RecoveryKey, WORD_COUNT, check_answer};
use postern_crypto::{Error, WordsMistake};

use crate::rng;

#[test]
fn words_give_the_key_back_however_they_are_typed() {
    let key = RecoveryKey::generate(&mut rng(1));
    let words = key.words();
    assert_eq!(words.split(' ').count(), WORD_COUNT);
    let numbered: String = (1..)
        .zip(words.split(' '))
        .map(|(n, word)| format!("{n}. {word}\n"))
        .collect();
    for typed in [
        words.to_string(),
        words.to_uppercase(),
        words.replace(' ', ",\t"),
        numbered,
        format!(" {} ", *words),
    ] {
        assert_eq!(RecoveryKey::from_words(&typed), Ok(key.clone()), "{typed}");
    }
}

#[test]
fn words_are_those_of_bip_39() {
    // The published vectors of 256 bits.
    let zeros = RecoveryKey::from_bytes([0; 32]).words();
    assert!(zeros.starts_with("abandon abandon") && zeros.ends_with(" art"));
    assert!(RecoveryKey::from_bytes([0xff; 32]).words().ends_with("zoo vote"));
}

#[test]
fn a_mistake_in_the_words_is_named() {
    let words = RecoveryKey::generate(&mut rng(2)).words();
    let mut list: Vec<&str> = words.split(' ').collect();
    list[4] = "postern";
    assert_eq!(
        RecoveryKey::from_words(&list.join(" ")),
        Err(WordsMistake::Unknown(5))
    );
    for count in [0, 1, 12, 23, 25, 1000] {
        assert_eq!(
            RecoveryKey::from_words(&"abandon ".repeat(count)),
            Err(WordsMistake::Count(count))
        );
    }
    assert_eq!(
        RecoveryKey::from_words(&"abandon ".repeat(24)),
        Err(WordsMistake::Checksum)
    );
}

#[test]
fn an_answer_holds_for_its_account_and_challenge_only() {
    let key = RecoveryKey::generate(&mut rng(3));
    let (account, challenge) = ([1; 16], [2; 32]);
    let auth = key.auth(&account);
    let answer = auth.answer(&account, &challenge);
    assert_eq!(
        check_answer(&auth.public(), &account, &challenge, &answer),
        Ok(())
    );
    assert!(check_answer(&auth.public(), &[9; 16], &challenge, &answer).is_err());
    assert!(check_answer(&auth.public(), &account, &[9; 32], &answer).is_err());
    assert!(check_answer(&key.auth(&[9; 16]).public(), &account, &challenge, &answer).is_err());
    assert_eq!(
        check_answer(&[0; 32], &account, &challenge, &answer),
        Err(Error::CannotOpen)
    );
}

#[test]
fn the_two_keys_from_the_words_are_unrelated_and_belong_to_one_account() {
    let key = RecoveryKey::generate(&mut rng(4));
    assert_eq!(key.kek(&[1; 16]), key.kek(&[1; 16]));
    assert_ne!(key.kek(&[1; 16]), key.kek(&[2; 16]));
    assert_ne!(key.kek(&[1; 16]).expose(), &key.auth(&[1; 16]).public());
}

#[test]
fn a_recovery_under_way_comes_back_until_its_time_is_over() {
    let (server, mut rng, now) = (LoginServer::generate(&mut rng(5)), rng(6), 1_000);
    let begun = server.challenge_recovery("ada", Some(&[1; 16]), now, &mut rng);
    let back = server
        .open_recovery(&begun.attempt, now + RECOVERY_LIFETIME_MS - 1)
        .expect("in time");
    assert_eq!((back.account, back.challenge), ([1; 16], begun.challenge));
    assert!(
        server
            .open_recovery(&begun.attempt, now + RECOVERY_LIFETIME_MS)
            .is_err()
    );
    // Ten minutes for 24 words.
    let opens = |minutes: i64| {
        server
            .open_recovery(&begun.attempt, now + minutes * 60_000)
            .is_ok()
    };
    assert!(opens(9) && !opens(10));
    let damaged: Vec<_> = crate::damaged(&begun.attempt).collect();
    assert!(
        damaged
            .iter()
            .all(|attempt| server.open_recovery(attempt, now).is_err())
    );
}

#[test]
fn a7_a_recovery_of_nobody_is_always_of_the_same_nobody() {
    let (server, mut rng) = (LoginServer::generate(&mut rng(5)), rng(6));
    let mut begin = |name, known| server.challenge_recovery(name, known, 0, &mut rng);
    let (one, two) = (begin("eve", None), begin("eve", None));
    assert_eq!(one.account, two.account);
    assert_ne!(one.challenge, two.challenge);
    assert_ne!(one.account, begin("bob", None).account);
    assert_eq!(one.attempt.len(), begin("ada", Some(&[1; 16])).attempt.len());
}

#[test]
fn a7_an_answer_for_nobody_is_checked_like_one_for_somebody_and_never_holds() {
    let (server, mut rng) = (LoginServer::generate(&mut rng(5)), rng(6));
    let words = RecoveryKey::generate(&mut rng);
    let begun = server.challenge_recovery("eve", None, 0, &mut rng);
    let attempt = server.open_recovery(&begun.attempt, 1).expect("it is fresh");
    let auth = words.auth(&attempt.account);
    let answer = auth.answer(&attempt.account, &attempt.challenge);
    assert!(server.check_recovery(&attempt, None, &answer).is_err());
    assert_eq!(
        server.check_recovery(&attempt, Some(&auth.public()), &answer),
        Ok(())
    );
    assert!(
        server
            .check_recovery(&attempt, Some(&auth.public()), &[7; 64])
            .is_err()
    );
}
