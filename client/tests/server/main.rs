//! The client against the real server, with somebody in between who changes what the server says.
//!
//! `world` starts the server and makes devices, `evil` stands in between; then stories in which nobody lies, and one file
//! for each group of attacks, with tests named after the rows of the list of threats.
//!
//! All of it but this file, `platform` and `stories_of_programs` runs in a browser as well: `web/wasm-suites` compiles it again.

/// Makes a test of each function that is named. One that is not named is unused, and does not compile.
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        mod cases {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name().await;
                }
            )+
        }
    };
}

mod evil;
mod generic;
mod journeys;
mod mutations;
mod platform;
mod stories;
mod stories_of_programs;
mod stories_two_devices;
mod threats_account;
mod threats_content;
mod threats_links;
mod threats_tree;
mod world;
