import { withoutSecrets } from './without-secrets.js';

it.each([
  ['postgres://user:geheim@db:5432/pactwatch', 'postgres://user:***@db:5432/pactwatch'],
  ['postgres://db/pactwatch?password=geheim', 'postgres://db/pactwatch'],
  ['smtp://mail', 'smtp://mail'],
  ['geheim', '(no URL)'],
])('%s is printed as %s', (url, printed) => {
  expect(withoutSecrets(url)).toBe(printed);
});
