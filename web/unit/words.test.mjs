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

test('a plural form holds no argument of its own', () => {
    for (const table of [en, de]) for (const [key, text] of Object.entries(table)) assert.ok(!/\{\w+\|[^}]*\{/.test(text), key);
});

test('every word is used', () => {
    const all = sources(console_).join('\n');
    const groups = new Set([...all.matchAll(/word\('(\w+)'|words\('(\w+)'/g)].map((m) => m[1] ?? m[2]));
    const used = (key) => all.includes(`'${key}'`) || groups.has(key.split('.')[0]) || key.startsWith('theme.');
    assert.deepEqual(Object.keys(en).filter((key) => !used(key)), []);
});

/* The end of the call that begins at `from`: behind its last parenthesis. */
function callAt(text, from) {
    let depth = 0;
    for (let at = text.indexOf('(', from); at < text.length; at++) {
        if (text[at] === '(') depth++;
        if (text[at] === ')' && --depth === 0) return text.slice(from, at + 1);
    }
    return '';
}

/* What the server says by a code (src/json/sentence.h): each with the names of its arguments. */
function sentences() {
    const src = new URL('../../src/', import.meta.url).pathname;
    const files = ['dispatch', 'api', 'ocpp', 'ocpp/facts'].flatMap((room) => readdirSync(join(src, room)).filter((f) => f.endsWith('.c')).map((f) => join(src, room, f)));
    const found = new Map();
    for (const text of files.map((f) => readFileSync(f, 'utf8')))
        for (const { index } of text.matchAll(/\b(?:SENTENCE|PROBLEM|ERROR_AT|WARNING_AT|WRONG|OF_STATION|OF_REFUSED)\(/g)) {
            const call = callAt(text, index);
            const code = /"([a-z][a-z0-9_]*)",\s+(?:[\w>-]+ \? )?"/.exec(call)?.[1]; // a pattern follows it
            const names = [...call.matchAll(/ARG_\w+\("(\w+)"/g)].map((m) => m[1]);
            if (/^OF_(STATION|REFUSED)/.test(call)) names.push('station');
            if (call.startsWith('OF_REFUSED')) names.push('times');
            if (call.includes('STEP_ARGS')) names.push('at', 'before', 'due', 'zone');
            if (code) found.set(code, names);
        }
    return found;
}

test('what the server says has words of its own, of no more than what it tells', () => {
    const known = sentences();
    assert.ok(known.size > 100, `${known.size} sentences were found in the sources`);
    for (const [code, names] of known) {
        const words = en[`said.${code}`] ?? en[`trouble.${code}`];
        assert.ok(words, `said.${code} is missing`);
        for (const [, name] of words.matchAll(/\{(\w+)/g)) assert.ok(names.includes(name), `said.${code}: {${name}} is not told`);
    }
    const used = (code) => known.has(code) || ['faulted_at', 'no_server', 'series_zone', 'poison'].includes(code) || code.startsWith('flaw_');
    assert.deepEqual(Object.keys(en).filter((key) => key.startsWith('said.') && !used(key.slice(5))), []);
});

test('each option of the server is explained', () => {
    const table = readFileSync(new URL('../../src/core/options.def', import.meta.url), 'utf8');
    const options = [...table.matchAll(/^(?:LISTEN|TEXT|WORD|BOOL|NUMBER)\((\w+), (\w+), /gm)];
    assert.ok(options.length > 30, `${options.length} options were found`);
    for (const [, section, key] of options) assert.ok(en[`option.${section}.${key}`], `option.${section}.${key}`);
    assert.equal(Object.keys(en).filter((key) => key.startsWith('option.')).length, options.length);
});

test('each kind of change has a name', () => {
    const api = new URL('../../src/api/', import.meta.url).pathname;
    const text = readdirSync(api).filter((f) => f.endsWith('.c')).map((f) => readFileSync(join(api, f), 'utf8')).join('\n');
    const found = [...text.matchAll(/(?:turn_audit|audit_login|call_record)\(|\.audit = /g)].flatMap(({ index, 0: how }) => {
        const call = how.startsWith('.') ? text.slice(index, text.indexOf(',', index)) : callAt(text, index);
        return [...call.matchAll(/"([a-z]+\.[a-z_]+)"/g)].map((m) => m[1]);
    });
    assert.ok(new Set(found).size > 25, `${new Set(found).size} kinds were found`);
    for (const action of found) assert.ok(en[`audit_action.${action}`], `audit_action.${action}`);
});

test('each cause of a decision has words', () => {
    const src = new URL('../../src/', import.meta.url).pathname;
    const text = ['dispatch', 'ocpp', 'api'].flatMap((room) => readdirSync(join(src, room)).filter((f) => f.endsWith('.c')).map((f) => readFileSync(join(src, room, f), 'utf8'))).join('\n');
    const found = new Set([...text.matchAll(/\bdecide\w*\([^";]*"([a-z_]+)"/g)].map((m) => m[1]));
    assert.ok(found.size > 15, `${found.size} causes were found`);
    for (const cause of found) assert.ok(en[`power_cause.${cause}`], `power_cause.${cause}`);
});

test('plural forms follow the number and the language', () => {
    i18n.useStrings('en', { n: '{n} {n|station|stations}' });
    assert.deepEqual([0, 1, 2].map((n) => i18n.text('n', { n })), ['0 stations', '1 station', '2 stations']);
});

test('an argument that is missing stays in sight', () => {
    i18n.useStrings('en', { hello: 'Hello {name}' });
    assert.equal(i18n.text('hello', {}), 'Hello {name}');
});
