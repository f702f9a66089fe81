// Builds the pages: `node build.mjs [--out DIR] [--watch]`. Every script and style gets a hashed name, every file
// stands beside its .gz and .br, so that the server only has to choose.
import * as esbuild from 'esbuild';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const out = args.includes('--out') ? args[args.indexOf('--out') + 1] : join(here, 'dist');
const initialMax = 35 * 1024; // gzipped

const options = {
    entryPoints: { console: join(here, 'console/main.tsx'), theme: join(here, 'console/theme-early.ts'),
                   style: join(here, 'console/style/main.css') },
    outdir: join(out, 'assets'),
    entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', assetNames: '[name]-[hash]',
    bundle: true, splitting: true, format: 'esm', target: ['es2021', 'chrome100', 'firefox100', 'safari15'],
    jsx: 'automatic', jsxImportSource: 'preact', minify: true, legalComments: 'none', metafile: true,
    charset: 'utf8', logLevel: 'warning', absWorkingDir: here,
};

function filesIn(dir) {
    return readdirSync(dir, { withFileTypes: true })
        .flatMap((e) => (e.isDirectory() ? filesIn(join(dir, e.name)) : [join(dir, e.name)]));
}

function outputOf(meta, entry) {
    const found = Object.entries(meta.outputs)
        .find(([, o]) => o.entryPoint && join(here, o.entryPoint) === options.entryPoints[entry]);
    return found[0];
}

/* What the browser loads before the first page shows: the entry and all it imports statically. */
function initialFiles(meta, name, seen = new Set()) {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const i of meta.outputs[name].imports)
        if (i.kind === 'import-statement') initialFiles(meta, i.path, seen);
    return seen;
}

function writePage(meta) {
    const href = (name) => 'assets/' + relative(options.outdir, join(here, name));
    const preload = [...initialFiles(meta, outputOf(meta, 'console'))].slice(1)
        .map((f) => `<link rel="modulepreload" href="/${href(f)}">`).join('\n');
    const page = readFileSync(join(here, 'console/index.html'), 'utf8')
        .replace('%theme%', '/' + href(outputOf(meta, 'theme')))
        .replace('%style%', '/' + href(outputOf(meta, 'style')))
        .replace('%console%', '/' + href(outputOf(meta, 'console')))
        .replace('%preload%', preload);
    writeFileSync(join(out, 'index.html'), page);
    cpSync(join(here, 'console/public'), out, { recursive: true });
}

function compress() {
    for (const file of filesIn(out)) {
        const bytes = readFileSync(file);
        writeFileSync(file + '.gz', gzipSync(bytes, { level: 9 }));
        writeFileSync(file + '.br', brotliCompressSync(bytes, { params: {
            [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
    }
}

function checkSizes(meta) {
    const files = [...initialFiles(meta, outputOf(meta, 'console')), outputOf(meta, 'theme')];
    const size = files.reduce((sum, f) => sum + gzipSync(readFileSync(join(here, f)), { level: 9 }).length, 0);
    console.log(`console: ${(size / 1024).toFixed(1)} kB of script before the first page (limit ${initialMax / 1024})`);
    if (size > initialMax) throw new Error('the console loads too much script at its start');
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { metafile } = await esbuild.build(options);
writePage(metafile);
compress();
checkSizes(metafile);
