// Puts the page together in dist/: one script, with the parts of ECharts that it uses, one style sheet, one document.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { buildSync } = require('esbuild');

const from = (name) => path.join(__dirname, 'src', name);
const to = path.join(__dirname, 'dist');
fs.mkdirSync(to, { recursive: true });
buildSync({
    entryPoints: [from('page.js')],
    outfile: path.join(to, 'page.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2021',
    legalComments: 'eof',
});
for (const name of ['index.html', 'page.css', 'icon.svg']) fs.copyFileSync(from(name), path.join(to, name));
