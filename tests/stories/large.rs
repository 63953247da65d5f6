//! A file much larger than the memory that anybody may take for it.

use postern_tests::{Bulk, Cli, SameAs, Setup};

const GIGABYTE: u64 = 1 << 30;
const FLAT_BYTES: u64 = 300 << 20;

#[test]
fn a_gigabyte_goes_in_and_comes_out_in_flat_memory() {
    let setup = Setup::folder_and_sqlite();
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", "a gate in a wall");

    let mut put = alice
        .typed(["put", "-", "--to", "/film"])
        .input_from(Bulk::new(GIGABYTE))
        .spawn();
    let peak = put.stream_into(&mut std::io::sink()).expect("nothing to write");
    put.wait().ended_with(0);
    assert!(peak < FLAT_BYTES, "putting took {peak} bytes");

    let mut same = SameAs::new(Bulk::new(GIGABYTE));
    let mut get = alice.typed(["get", "/film", "-o", "-"]).spawn();
    let peak = get.stream_into(&mut same).expect("the same bytes come back");
    get.wait().ended_with(0);
    assert!(same.is_complete());
    assert!(peak < FLAT_BYTES, "getting took {peak} bytes");
    assert!(
        server.peak_memory_bytes() < FLAT_BYTES,
        "the server took {} bytes",
        server.peak_memory_bytes()
    );
}
