//! What a person does with Postern, told from outside: real programs, real servers, and what they leave behind.
//!
//! Each story runs on both kinds of storage where that could make a difference. One test binary, so that the harness
//! is linked once.

/// Makes two tests of each story: on a folder with SQLite, and on S3 with Postgres.
macro_rules! on_both_kinds_of_storage {
    ($($story:ident),+ $(,)?) => {
        mod on_folder_and_sqlite {
            $(#[test] fn $story() { super::$story(&postern_tests::Setup::folder_and_sqlite()); })+
        }
        mod on_s3_and_postgres {
            $(#[test] fn $story() { super::$story(&postern_tests::Setup::s3_and_postgres()); })+
        }
    };
}

mod accounts;
mod canaries;
mod exit_codes;
mod failing_disk;
mod files;
mod full_disk;
mod interrupted;
mod killed;
mod large;
mod links;
mod mail;
mod overload;
