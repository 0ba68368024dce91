import type { TemplateBook } from './templates/template-book.js';

/** What a notice is written with, beside what it is about. */
export interface Pen {
  readonly templates: TemplateBook;
  /** Base of the links to the product's own pages, without a slash at its end. */
  readonly publicUrl: string;
  /** Signed, for this reader and incident; absent where nothing can be acknowledged. */
  readonly acknowledgeUrl?: string;
  readonly silenceUrl?: string;
}
