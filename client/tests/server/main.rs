//! The client against the real server, with somebody in between who changes what the server says.
//!
//! `world` starts the server and makes devices, `evil` stands in between; then stories in which nobody lies, and one file
//! for each group of attacks, with tests named after the rows of the list of threats.

mod device_power;
mod evil;
mod generic;
mod journeys;
mod machine;
mod machine_account;
mod machine_model;
mod machine_wire;
mod mutations;
mod stories;
mod stories_two_devices;
mod threats_account;
mod threats_content;
mod threats_links;
mod threats_tree;
mod world;
