import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { m } = await load({ m: 'shared/csv.ts' });

test('a file is UTF-8, with or without its mark, or else what spreadsheets write', async () => {
    const text = (bytes) => m.textOf(new Blob([new Uint8Array(bytes)]));
    assert.equal(await text([0x4d, 0xc3, 0xbc]), 'Mü');
    assert.equal(await text([0xef, 0xbb, 0xbf, 0x4d]), 'M');
    assert.equal(await text([0x4d, 0xfc]), 'Mü');
    assert.equal(await text([]), '');
});

test('the parts of a table become one with one heading', () => {
    assert.equal(m.joinCsv([]), '');
    assert.equal(m.joinCsv(['a,b\r\n']), 'a,b\r\n');
    assert.equal(m.joinCsv(['a,b\r\n1,2\r\n', 'a,b\r\n3,4\r\n', 'a,b\r\n']), 'a,b\r\n1,2\r\n3,4\r\n');
});
