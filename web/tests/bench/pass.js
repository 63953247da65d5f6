// Hands on what the server sends, as a download, and does nothing else.
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname === '/pass/thing') event.respondWith(pass());
});

async function pass() {
  const { body, headers } = await fetch('/thing');
  const length = headers.get('content-length');
  return new Response(body, {
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': length,
      'content-disposition': 'attachment; filename=thing',
    },
  });
}
