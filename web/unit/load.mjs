// A TypeScript module of the pages, ready for a test: bundled in memory, imported from a data URL.
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');

/* What modules touch of a browser when they are loaded. */
globalThis.document = { documentElement: {}, addEventListener() {} };
globalThis.location = { pathname: '/', search: '', origin: 'http://voltd' };
globalThis.localStorage = { getItem: () => null };
globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });

/* Several modules in one bundle, so that they share what they import: an object by the given names. */
export async function load(modules) {
    const contents = Object.entries(modules).map(([name, path]) => `export * as ${name} from './${path}';`).join('\n');
    const { outputFiles } = await build({
        stdin: { contents, resolveDir: web, loader: 'ts' }, bundle: true, write: false, format: 'esm', platform: 'neutral',
        mainFields: ['module', 'main'], jsx: 'automatic', jsxImportSource: 'preact',
    });
    return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
