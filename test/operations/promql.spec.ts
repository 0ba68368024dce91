import { metricsIn, parsePromql, withoutThresholds } from './promql.js';

it.each([
  ['a > 5', 'a'],
  ['a > 5 and on (x) b > 0', 'a and on (x) b'],
  ['(time() - a) > 900 and changes(b[15m]) < 1', '(time() - a) and changes(b[15m])'],
  ['a / b > 0.02 / 12', 'a / b'],
  ['sum by (x) (rate(a[5m]))', 'sum by (x) (rate(a[5m]))'],
])('%s asks, without what makes it fire, for %s', (expression, left) => {
  expect(withoutThresholds(expression)).toBe(left);
});

it('names the metrics of an expression', () => {
  expect(metricsIn('max by (up) (a:b:c{x="y"}) - on (z) rate(d_total[5m] offset 1h)')).toEqual(['a:b:c', 'd_total']);
});

it('says where something is no PromQL', () => {
  expect(() => parsePromql('sum by (a b')).toThrow('no PromQL at');
});
