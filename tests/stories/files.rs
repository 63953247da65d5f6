//! Files go in and come out again.

use std::fs;
use std::path::Path;

use postern_tests::{Cli, Setup, every_file, noise};

const PASSWORD: &str = "a gate in a wall";

on_both_kinds_of_storage!(
    standard_input_comes_back_on_standard_output,
    a_folder_of_200_files_comes_back_identical,
    a_second_device_sees_what_the_first_one_did,
    files_can_be_moved_renamed_and_removed,
);

fn standard_input_comes_back_on_standard_output(setup: &Setup) {
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    // Sizes around the edges of a chunk (64 KiB) and of a part (8 MiB).
    for length in [0, 1, 65_535, 65_536, 65_537, 8 << 20, (8 << 20) + 1, 20_000_000] {
        let bytes = noise(1, length);
        let remote = format!("/of {length} bytes");
        alice
            .typed(["put", "-", "--to", &remote])
            .input(&bytes)
            .succeeds();
        let back = alice.typed(["get", &remote, "-o", "-"]).succeeds().stdout;
        assert!(back == bytes, "{length} bytes came back different");
    }
}

fn a_folder_of_200_files_comes_back_identical(setup: &Setup) {
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    let (there, back) = (alice.home().join("papers"), alice.home().join("back"));
    make_folder(&there, 200);
    alice.typed(["put"]).arg(&there).succeeds();
    alice.typed(["get", "/papers", "-o"]).arg(&back).succeeds();
    assert_same(&there, &back);
}

fn a_second_device_sees_what_the_first_one_did(setup: &Setup) {
    let server = setup.start();
    let (laptop, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    let phone = Cli::new(&server.url());
    phone
        .typed(["login", "alice", "--password-stdin"])
        .input(PASSWORD)
        .succeeds();
    laptop
        .typed(["put", "-", "--to", "/letter"])
        .input("from the laptop")
        .succeeds();
    assert_eq!(phone.run(["get", "/letter", "-o", "-"]), "from the laptop");
    phone
        .typed(["put", "-", "--to", "/answer"])
        .input("from the phone")
        .succeeds();
    assert_eq!(laptop.run(["get", "/answer", "-o", "-"]), "from the phone");
}

fn files_can_be_moved_renamed_and_removed(setup: &Setup) {
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    alice.run(["mkdir", "/drafts"]);
    alice.run(["mkdir", "/sent"]);
    alice
        .typed(["put", "-", "--to", "/drafts/letter"])
        .input("words")
        .succeeds();
    alice.run(["mv", "/drafts/letter", "/sent/letter to Bob"]);
    assert_eq!(alice.run(["get", "/sent/letter to Bob", "-o", "-"]), "words");
    assert!(!alice.run(["ls", "/drafts"]).contains("letter"));
    alice.run(["rm", "/sent"]);
    assert!(!alice.run(["ls", "/"]).contains("sent"));
}

fn make_folder(folder: &Path, count: u64) {
    for index in 0..count {
        // Some deep, some empty, some with names that other systems stumble over.
        let file = folder
            .join(format!("year {}", index % 7))
            .join(format!("Blatt №{index} – ü.txt"));
        fs::create_dir_all(file.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(
            file,
            noise(index, usize::try_from(index % 5 * 3_000).expect("small")),
        )
        .expect("a file");
    }
}

fn assert_same(there: &Path, back: &Path) {
    let (files, copies) = (every_file(there), every_file(back));
    assert_eq!(files.len(), copies.len());
    for (file, copy) in files.iter().zip(&copies) {
        assert_eq!(file.strip_prefix(there), copy.strip_prefix(back));
        assert!(
            fs::read(file).ok() == fs::read(copy).ok(),
            "{} came back different",
            file.display()
        );
    }
}
