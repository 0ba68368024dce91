import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import pdfmake from 'pdfmake';

/** Name of the one font that reports are set in. */
export const FONT = 'Noto Sans SC';

const FILE = 'noto-sans-sc-regular.ttf';

/** pdfmake's own store of files in memory, which its types leave out. */
interface WithFiles {
  readonly virtualfs: { writeFileSync(name: string, content: Buffer): void };
}

let ready: typeof pdfmake | undefined;

/** pdfmake with the font in memory. It opens no file and no address that a text might name. */
export function printer(): typeof pdfmake {
  if (ready !== undefined) return ready;
  (pdfmake as typeof pdfmake & WithFiles).virtualfs.writeFileSync(FILE, brotliDecompressSync(readFileSync(fontFile())));
  pdfmake.setFonts({ [FONT]: { normal: FILE, bold: FILE, italics: FILE, bolditalics: FILE } });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy(() => false);
  return (ready = pdfmake);
}

/** Compiled, this module lies below `dist`; the font stays where it is kept. */
function fontFile(): string {
  const place = join('libs', 'reports', 'fonts', `${FILE}.br`);
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const file = join(folder, place);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) throw new Error(`${place} is missing in the installation`);
  }
}
