//! What only a browser's clock can do.

use futures::join;
use postern_client::Clock as _;
use postern_wasm::BrowserClock;
use web_sys::Event;

use crate::platform;

cases!(a_pause_ends_when_the_line_is_back);

const A_DAY_MS: u64 = 24 * 60 * 60 * 1_000;

async fn a_pause_ends_when_the_line_is_back() {
    let online = async {
        let event = Event::new("online").expect("a name is all it needs");
        platform::worker()
            .dispatch_event(&event)
            .expect("events can be dispatched");
    };
    join!(BrowserClock.await_line_ms(A_DAY_MS), online);
}
