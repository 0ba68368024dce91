const fs = require('node:fs');
const path = require('node:path');
const { transformFileSync } = require('@swc/core');

const { $schema: _schema, ...options } = require('../build/swcrc.json');

/** Jest's own transformer does not reach what a global set-up requires: this compiles one folder without sub-folders. */
exports.compileFolder = function compileFolder(from, to) {
  fs.mkdirSync(to, { recursive: true });
  for (const file of fs.readdirSync(from)) {
    if (!file.endsWith('.ts') || file.endsWith('spec.ts')) continue;
    const { code } = transformFileSync(path.join(from, file), { ...options, sourceMaps: false, swcrc: false });
    const target = path.join(to, file.replace(/\.ts$/, '.js'));
    // Several runs may compile at once: nobody sees half a file.
    fs.writeFileSync(`${target}.${process.pid}`, code);
    fs.renameSync(`${target}.${process.pid}`, target);
  }
};
