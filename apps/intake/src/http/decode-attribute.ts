/**
 * The bytes of an attribute in a `ce-` header (CloudEvents HTTP protocol binding 1.0.2, 3.1.3.2): quotes around the whole are
 * taken away, then `%` and two hexadecimal digits is a byte.
 *
 * @param value as Node hands it over: one character per byte
 */
export function decodeAttribute(value: string): Buffer {
  const quoted = /^"(.*)"$/s.exec(value)?.[1];
  const text = quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1');
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return Buffer.from(bytes, 'latin1');
}
