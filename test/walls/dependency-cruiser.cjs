// Who may import whom. The directions are the architecture; this file only holds them.

/** A lib may import itself and the libs named here. */
const mayImport = {
  document: [],
  calendar: ['document'],
  contract: ['document', 'calendar'],
  evaluation: ['document', 'calendar', 'contract'],
  liability: ['document', 'calendar', 'contract', 'evaluation'],
  reports: ['document', 'calendar', 'contract', 'evaluation', 'liability'],
  events: ['document', 'calendar', 'contract'],
  settings: ['document'],
  telemetry: ['settings'],
  web: ['settings', 'telemetry'],
  store: ['document', 'calendar', 'contract', 'evaluation', 'liability', 'events', 'settings', 'telemetry'],
  bus: ['events', 'settings', 'telemetry'],
  servers: ['settings', 'telemetry', 'store', 'bus'],
};

const specs = '\\.(spec|int-spec|e2e-spec)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(mayImport).map(([lib, others]) => ({
      name: `lib-${lib}`,
      comment: `libs/${lib} imports only ${others.join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from: { path: `^libs/${lib}/`, pathNot: specs },
      to: { path: '^(libs|apps|test)/', pathNot: `^libs/(${[lib, ...others].join('|')})/` },
    })),
    {
      name: 'front-doors-only',
      comment: 'Another lib or app is entered through its src/index.ts',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^(libs|apps)/([^/]+)/src/', pathNot: ['^$1/$2/', '/src/index\\.ts$'] },
    },
    {
      name: 'testkit-in-specs-only',
      severity: 'error',
      from: { pathNot: [specs, '^libs/testkit/', '^test/'] },
      to: { path: '^libs/testkit/' },
    },
    {
      name: 'apps-stay-apart',
      comment: 'Only standalone and the commands start, demo, bench and replay compose apps',
      severity: 'error',
      from: {
        path: '^apps/([^/]+)/',
        pathNot: [
          specs,
          '^apps/standalone/',
          '^apps/cli/src/commands/(start|demo|bench|replay)',
          '^apps/cli/src/(demo|bench)/',
        ],
      },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'kafkajs-stays-in-bus',
      severity: 'error',
      from: { pathNot: ['^libs/bus/', specs, '^test/', '^apps/cli/src/bench/'] },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'typeorm-stays-in-store',
      severity: 'error',
      from: { pathNot: ['^libs/store/', specs] },
      to: { path: 'node_modules/(typeorm|@nestjs/typeorm)' },
    },
    {
      name: 'layout-stays-in-reports',
      severity: 'error',
      from: { pathNot: ['^libs/reports/', specs] },
      to: { path: 'node_modules/(pdfmake|write-excel-file)' },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'require', 'node', 'default'],
    },
  },
};
