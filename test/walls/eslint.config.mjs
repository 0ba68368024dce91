import tseslint from 'typescript-eslint';

/** Pure libs decide; they read no clock, no randomness, no environment, and never wait. */
const pureLibs = ['document', 'calendar', 'contract', 'evaluation', 'events', 'liability'];

const impure = [
  ...['process', 'console', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance'].map(
    (name) => ({
      selector: `Identifier[name="${name}"]:not(MemberExpression > Identifier.property):not(Property > Identifier.key)`,
      message: `A pure lib does not touch '${name}'; hand the value in.`,
    }),
  ),
  { selector: 'NewExpression[callee.name="Date"]', message: 'Time is an argument: no Date in a pure lib.' },
  { selector: 'CallExpression[callee.object.name="Date"]', message: 'Time is an argument: no Date in a pure lib.' },
  {
    selector: 'MemberExpression[object.property.name="Now"]',
    message: 'Time is an argument: no Temporal.Now in a pure lib.',
  },
  { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: 'A pure lib throws no dice.' },
  { selector: ':function[async=true]', message: 'A pure lib is synchronous.' },
  { selector: 'AwaitExpression', message: 'A pure lib is synchronous.' },
];

/** Money is decimal: nothing in liability may pass through a binary fraction. */
const binaryFractions = [
  { selector: 'BinaryExpression[operator=/^(\\*|\\/|%)$/]', message: 'Money is decimal: use Decimal.' },
  { selector: 'Literal[raw=/^[0-9]+[.eE]/]', message: 'Money is decimal: write the number as text.' },
  { selector: 'CallExpression[callee.name=/^(Number|parseFloat)$/]', message: 'Money is decimal: use Decimal.' },
  { selector: 'CallExpression[callee.property.name="toNumber"]', message: 'Money is decimal: keep the Decimal.' },
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.scratch/**', '.pactwatch/**'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-require-imports': 'error',
      'no-restricted-exports': ['error', { restrictedNamedExports: ['default'] }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: pureLibs.map((lib) => `libs/${lib}/src/**/*.ts`),
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...impure],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*', '!node:crypto'], message: 'A pure lib does no I/O.' },
            {
              group: ['@nestjs/*', 'typeorm', 'pg', 'kafkajs', 'prom-client', 'nodemailer', 'rxjs'],
              message: 'A pure lib knows no framework and no driver.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['libs/liability/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', ...impure, ...binaryFractions] },
  },
  {
    files: ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', 'test/**', 'deploy/**', 'apps/cli/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    rules: { 'no-restricted-exports': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
);
