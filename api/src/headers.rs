//! The headers that every answer carries.
//!
//! A page of ours runs our own code only, talks to us only, is framed by nobody, and tells nobody where it has been:
//! a link's secret stands in its address.

use actix_web::middleware::DefaultHeaders;

/// `frame-src`: downloads begin in frames, which show nothing; no page of ours lets itself be framed.
/// `trusted-types`: the app's own policy, for its two kinds of workers, and the one that Svelte's templates use.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types postern svelte-trusted-html";
/// Of the page that draws letters which somebody wrote in HTML (`web/src/reader`). The frame in it inherits this: there too
/// nothing is loaded but pictures that stand in the letter itself, and from elsewhere only if somebody asked for them.
const READER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; \
    trusted-types dompurify reader; img-src data:";
/// What comes from elsewhere comes without cookies; the pictures in letters are all that does. "require-corp" would keep out
/// those of servers that do not say who may show them, nearly all, and lets pages have no frames with another policy. WebKit
/// does not know this one, and has none then: what comes from elsewhere is for the content security policy alone there.
const EMBEDDER_POLICY: &str = "credentialless";
const PERMISSIONS_POLICY: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
/// Two years, as browsers' preload lists ask.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000; includeSubDomains";

/// The policy of the page that draws letters: with pictures from elsewhere, or without.
pub(crate) fn reader_policy(with_pictures: bool) -> String {
    let elsewhere = if with_pictures { " https: http:" } else { "" };
    format!("{READER_POLICY}{elsewhere}")
}

/// The headers. `behind_tls` adds the one that keeps browsers from ever coming back without TLS.
pub(crate) fn security_headers(behind_tls: bool) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
        .add(("Permissions-Policy", PERMISSIONS_POLICY))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Embedder-Policy", EMBEDDER_POLICY))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("X-Content-Type-Options", "nosniff"));
    if behind_tls {
        headers.add(("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY))
    } else {
        headers
    }
}
