/** Collects the conditions of a WHERE clause with their parameters; text never comes from a caller. */
export class Conditions {
  private readonly parts: string[] = [];
  readonly values: unknown[] = [];

  /** Adds a value and gives the placeholder that stands for it. */
  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  add(condition: string): this {
    this.parts.push(condition);
    return this;
  }

  /** `column = ANY(values)`, nothing where the caller did not ask. */
  anyOf(column: string, values: readonly string[] | undefined): this {
    if (values !== undefined) this.add(`${column} = ANY(${this.value(values)}::text[])`);
    return this;
  }

  /** Half-open span of a timestamptz column; either end may be open. */
  within(column: string, span: { readonly from?: number | undefined; readonly to?: number | undefined }): this {
    if (span.from !== undefined) this.add(`${column} >= ${this.value(timestamp(span.from))}::timestamptz`);
    if (span.to !== undefined) this.add(`${column} < ${this.value(timestamp(span.to))}::timestamptz`);
    return this;
  }

  toString(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' AND ');
  }
}

/** Epoch milliseconds as a timestamptz literal; years beyond four digits are written as Postgres reads them. */
export function timestamp(millis: number): string {
  return new Date(millis).toISOString();
}
