/** Where two long lists part, and nothing of what they share. */
export function firstDifference(actual: readonly unknown[], expected: readonly unknown[]): object | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index += 1) {
    if (JSON.stringify(actual[index]) !== JSON.stringify(expected[index]))
      return { index, actual: actual[index], expected: expected[index] };
  }
  return undefined;
}
