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
const PERMISSIONS_POLICY: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
/// Two years, as browsers' preload lists ask.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000; includeSubDomains";

/// What is other for the page that draws letters: with pictures from elsewhere, or without.
pub(crate) fn reader_headers(with_pictures: bool) -> [(&'static str, String); 2] {
    let (elsewhere, embedder) = if with_pictures {
        // Without cookies, and of servers that do not say whether others may show their pictures: nearly all.
        (" https: http:", "credentialless")
    } else {
        ("", "require-corp")
    };
    [
        ("Content-Security-Policy", format!("{READER_POLICY}{elsewhere}")),
        ("Cross-Origin-Embedder-Policy", embedder.to_owned()),
    ]
}

/// The headers. `behind_tls` adds the one that keeps browsers from ever coming back without TLS.
pub(crate) fn security_headers(behind_tls: bool) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
        .add(("Permissions-Policy", PERMISSIONS_POLICY))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Embedder-Policy", "require-corp"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("X-Content-Type-Options", "nosniff"));
    if behind_tls {
        headers.add(("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY))
    } else {
        headers
    }
}
