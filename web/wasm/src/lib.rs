//! Postern's client for the browser.
