//! The client against the real server, with somebody in between who changes what the server says.
//!
//! `world` starts the server and makes devices, `evil` stands in between; then stories in which nobody lies, and one file
//! for each group of attacks, with tests named after the rows of the list of threats.
//!
//! What stands in `cases!` runs in a browser as well, but for `stories_of_programs`: `web/wasm-suites` compiles it again.
//! `machine` lives through anything that two devices can do, beside a model of it; `device_power` cuts the power.

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

mod device_power;
mod evil;
mod gateway;
mod generic;
mod journeys;
mod machine;
mod mutations;
mod platform;
mod post;
mod stories;
mod stories_archives;
mod stories_broken_downloads;
mod stories_feed;
mod stories_links;
mod stories_mail;
mod stories_of_programs;
mod stories_search;
mod stories_sending;
mod stories_two_devices;
mod threats_account;
mod threats_content;
mod threats_links;
mod threats_mail;
mod threats_tree;
mod world;
