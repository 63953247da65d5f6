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
