import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { f, m } = await load({ f: 'console/pages/site/fold.ts', m: 'console/pages/site/model.ts' });

const rowOf = (row, bays) => [{ id: `r${row}`, kind: 'circuit', parent: 'g' }, ...Array.from({ length: bays }, (_, i) => ({ id: `r${row}b${i}`, kind: 'station', parent: `r${row}` }))];
const tree = (rows, bays) => [{ id: 'g', kind: 'grid' }, ...Array.from({ length: rows }, (_, i) => rowOf(i, bays)).flat()];
const shown = (nodes, how = {}) => f.fold(m.drawn(nodes), { said: new Map(), find: '', textOf: (n) => n.id, matters: () => false, ...how });
const ids = (rows) => rows.map((r) => r.node.id).join();

test('a loop, a parent that is not there and an empty tree are drawn, not followed for ever', () => {
    assert.deepEqual(shown([]), []);
    assert.equal(shown([{ id: 'a', kind: 'panel', parent: 'b' }, { id: 'b', kind: 'panel', parent: 'a' }]).length, 2);
    assert.equal(ids(shown([{ id: 'a', kind: 'panel', parent: 'gone' }])), 'a');
});

test('a small tree is open, a large one shows what holds stations, and how many are under it', () => {
    assert.equal(shown(tree(2, 3)).length, 9);
    const rows = shown(tree(4, 20));
    assert.equal(ids(rows), 'g,r0,r1,r2,r3');
    assert.deepEqual(rows.map((r) => [r.open, r.hidden]), [[true, 80], [false, 20], [false, 20], [false, 20], [false, 20]]);
});

test('what a person opens and closes holds', () => {
    assert.equal(shown(tree(4, 20), { said: new Map([['r1', true]]) }).length, 25);
    assert.equal(ids(shown(tree(4, 20), { said: new Map([['g', false]]) })), 'g');
});

test('what matters is in sight though it is folded; where all matters, only some', () => {
    assert.equal(ids(shown(tree(4, 20), { matters: (n) => n.id === 'r2b7' })), 'g,r0,r1,r2,r2b7,r3');
    assert.equal(shown(tree(4, 20), { matters: () => true }).length, 5 + 10);
});

test('a search shows what has the words, with all that is above it', () => {
    assert.equal(ids(shown(tree(4, 20), { find: ' R2B1' })), 'g,r2,r2b1,r2b10,r2b11,r2b12,r2b13,r2b14,r2b15,r2b16,r2b17,r2b18,r2b19');
    assert.equal(ids(shown(tree(4, 20), { find: 'nothing' })), '');
});
