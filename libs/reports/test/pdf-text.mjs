// Reads a PDF back with another library than the one that wrote it, and prints its pages: text, addresses of links, fonts.
// A process of its own, since that library is an ES module.
import { readFileSync } from 'node:fs';
import { extractText, getDocumentProxy } from 'unpdf';

const pdf = await getDocumentProxy(new Uint8Array(readFileSync(process.argv[2])));
const { text } = await extractText(pdf, { mergePages: false });
const pages = [];
for (let number = 1; number <= pdf.numPages; number++) {
  const page = await pdf.getPage(number);
  const links = (await page.getAnnotations()).flatMap(({ url }) => (url === undefined ? [] : [url]));
  pages.push({ text: text[number - 1], links });
}
process.stdout.write(JSON.stringify(pages));
