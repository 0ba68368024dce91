interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** All items of a list of the product, page by page. */
export async function allPages<T>(
  url: string,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...parameters, ...(cursor === null ? {} : { cursor }) });
    const response = await fetch(`${url}${path}?${query.toString()}`);
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as Page<T>;
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
