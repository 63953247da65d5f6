/** What a file looks like in a list. By its ending only: nothing is opened for that. */
export type FileKind = 'text' | 'image' | 'film' | 'sound' | 'archive' | 'other';

const ENDINGS: Record<Exclude<FileKind, 'other'>, string> = {
  text: 'txt md pdf doc docx odt rtf tex csv xls xlsx ods ppt pptx odp html json xml',
  image: 'png jpg jpeg gif webp avif heic svg tif tiff bmp raw dng',
  film: 'mp4 mov mkv avi webm m4v mpg mpeg',
  sound: 'mp3 flac wav ogg opus m4a aac aiff',
  archive: 'zip tar gz tgz bz2 xz zst 7z rar',
};

const BY_ENDING = new Map<string, FileKind>(
  Object.entries(ENDINGS).flatMap(([kind, list]) =>
    list.split(' ').map((ending) => [ending, kind as FileKind] as const),
  ),
);

export function sortOfFile(name: string): FileKind {
  return BY_ENDING.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) ?? 'other';
}
