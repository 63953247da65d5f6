//! `docs/openapi.json` is what the code says.

#[test]
fn the_document_in_the_docs_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let said = postern_api::openapi_document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &said).expect("the docs can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == said,
        "docs/openapi.json is stale: run the tests once with UPDATE_DOCS=1"
    );
}
