/** Saves a short text as a file: through a Blob, since nothing here is large. */
export function saveText(fileName: string, text: string) {
  saveBlob(fileName, new Blob([text], { type: 'text/plain' }));
}

export function saveBlob(fileName: string, blob: Blob) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(blob);
  anchor.download = fileName;
  anchor.click();
  // The browser has begun to read by then; a second later would do, a minute is safe on slow disks.
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}
