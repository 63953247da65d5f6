/** What of a message may be looked at without saving it. */
import type { LetterPart } from '../../engine/api';

/** Pictures that every browser draws. SVG is a document, and is saved. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'];
const TEXTS = ['application/json', 'application/xml', 'application/pgp-keys', 'application/pgp-signature'];
const MOST_BYTES = 64 << 20;
/** A page that drew more of a text would stand still. */
const MOST_TEXT_BYTES = 512 << 10;

export function isPicture({ mediaType }: LetterPart): boolean {
  return PICTURES.includes(mediaType);
}

export function canPreview(part: LetterPart): boolean {
  const isText = part.mediaType.startsWith('text/') || TEXTS.includes(part.mediaType);
  return part.sizeBytes <= MOST_BYTES && (isPicture(part) || isText);
}

/** The beginning of a text, and whether that is all. Marked-up text is shown as it was written. */
export function textOf(bytes: Uint8Array, { charset }: Pick<LetterPart, 'charset'>): { text: string; cut: boolean } {
  const cut = bytes.length > MOST_TEXT_BYTES;
  return { text: decoder(charset).decode(bytes.subarray(0, MOST_TEXT_BYTES), { stream: cut }), cut };
}

/** A name that no browser knows says nothing: then it is what most texts are. */
function decoder(charset: string | null): TextDecoder {
  try {
    return new TextDecoder(charset ?? undefined);
  } catch {
    return new TextDecoder();
  }
}
