import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { load } from './load.mjs';

const console_ = new URL('../console/', import.meta.url).pathname;
const words = (language) => JSON.parse(readFileSync(join(console_, `lang/${language}.json`), 'utf8'));
const [en, de] = [{ ...words('en'), ...words('en.site') }, words('de')];
const { i18n } = await load({ i18n: 'shared/i18n.ts' });

function sources(dir) {
    return readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? sources(join(dir, e.name)) : /\.tsx?$/.test(e.name) ? [readFileSync(join(dir, e.name), 'utf8')] : []));
}

test('both languages have the same words', () => {
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
});

test('a word has the same arguments in both languages', () => {
    const names = (text) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((m) => m[1]))].sort().join();
    for (const key of Object.keys(en)) assert.equal(names(de[key]), names(en[key]), key);
});

test('every word is used', () => {
    const all = sources(console_).join('\n');
    const groups = new Set([...all.matchAll(/word\('(\w+)'|words\('(\w+)'/g)].map((m) => m[1] ?? m[2]));
    const used = (key) => all.includes(`'${key}'`) || groups.has(key.split('.')[0]) || key.startsWith('theme.');
    assert.deepEqual(Object.keys(en).filter((key) => !used(key)), []);
});

test('plural forms follow the number and the language', () => {
    i18n.useStrings('en', { n: '{n} {n|station|stations}' });
    assert.deepEqual([0, 1, 2].map((n) => i18n.text('n', { n })), ['0 stations', '1 station', '2 stations']);
});

test('an argument that is missing stays in sight', () => {
    i18n.useStrings('en', { hello: 'Hello {name}' });
    assert.equal(i18n.text('hello', {}), 'Hello {name}');
});
