import type { CST } from 'yaml';

/**
 * Where collections first lie deeper in each other than `most`; undefined where none do. Composing nodes recurses, and
 * a file that exhausts the stack there ends the process, so the depth is looked at before.
 */
export function firstBeyondDepth(tokens: readonly CST.Token[], most: number): number | undefined {
  const open = tokens.flatMap((token) => (token.type === 'document' ? [{ token: token.value, depth: 1 }] : []));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token === undefined || !('items' in token)) continue;
    if (depth > most) return token.offset;
    for (const { key, value } of token.items) {
      open.push({ token: value, depth: depth + 1 }, { token: key ?? undefined, depth: depth + 1 });
    }
  }
  return undefined;
}
