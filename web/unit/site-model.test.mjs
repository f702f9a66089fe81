import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { m } = await load({ m: 'console/pages/site/model.ts' });

const tree = [
    { id: 'grid', kind: 'grid' },
    { id: 'a', parent: 'grid', kind: 'circuit' },
    { id: 's1', parent: 'a', kind: 'station', station: 'CP-1' },
    { id: 'e1', parent: 's1', kind: 'evse', evse: 1 },
    { id: 's2', parent: 'a', kind: 'station', station: 'CP-2' },
    { id: 'b', parent: 'grid', kind: 'panel' },
];
const order = (nodes) => m.drawn(nodes).map((p) => '.'.repeat(p.level - 1) + p.node.id).join(' ');

test('a tree is drawn from the top, with levels', () => {
    assert.equal(order(tree), 'grid .a ..s1 ...e1 ..s2 .b');
});

test('a document with a circle, or a parent that is not there, is drawn whole', () => {
    assert.equal(order([{ id: 'x', parent: 'y', kind: 'panel' }, { id: 'y', parent: 'x', kind: 'panel' }]), 'x .y');
    assert.equal(order([{ id: 'x', parent: 'nobody', kind: 'panel' }, ...tree]), 'x grid .a ..s1 ...e1 ..s2 .b');
    assert.equal(m.isWithin([{ id: 'x', parent: 'x', kind: 'panel' }], 'x', 'z'), false);
});

test('what may not hang there does not move', () => {
    assert.equal(m.move(tree, 'a', 's1'), tree); // a circuit under a station
    assert.equal(m.move(tree, 'e1', 'b'), tree); // an EVSE without its station
    assert.equal(m.move(tree, 'a', 'a'), tree); // under itself
    assert.equal(m.move(tree, 'grid', 'b'), tree); // under what hangs on it
    assert.equal(m.move(tree, 's1', 'nobody'), tree);
    assert.equal(m.step(tree, 'grid', 'down'), tree);
    assert.equal(m.step(tree, 'a', 'out'), tree);
    assert.equal(m.step(tree, 's1', 'up'), tree);
});

test('steps of the keyboard: up, down, out, in', () => {
    assert.equal(order(m.step(tree, 's2', 'up')), 'grid .a ..s2 ..s1 ...e1 .b');
    assert.equal(order(m.step(tree, 's1', 'down')), 'grid .a ..s2 ..s1 ...e1 .b');
    assert.equal(order(m.step(tree, 's1', 'out')), 'grid .a ..s2 .s1 ..e1 .b');
    assert.equal(order(m.step(tree, 'b', 'in')), 'grid .a ..s1 ...e1 ..s2 ..b');
    assert.equal(order(m.step(tree, 'b', 'up')), 'grid .b .a ..s1 ...e1 ..s2');
});

test('removing takes along what hangs on it', () => {
    assert.equal(order(m.remove(tree, 'a')), 'grid .b');
});

test('an emptied field is gone, not undefined', () => {
    const [grid] = m.change(tree, 'grid', { name: 'Main', limit_a: 63 });
    assert.deepEqual(grid, { id: 'grid', kind: 'grid', name: 'Main', limit_a: 63 });
    assert.deepEqual(m.change([grid], 'grid', { limit_a: undefined })[0], { id: 'grid', kind: 'grid', name: 'Main' });
});

test('ids are made of names, and are free', () => {
    assert.equal(m.freeId(tree, 'Überdachung 1'), 'u-berdachung-1');
    assert.equal(m.freeId(tree, 'a'), 'a-2');
    assert.equal(m.freeId(tree, '???'), 'node');
});

test('a site begins with one limit and its stations', () => {
    const stations = [{ id: 'CP-1', name: 'Door', evses: [{ id: 1 }] }, { id: 'CP-2', name: '', evses: [{ id: 0 }, { id: 1 }, { id: 2 }] }];
    const made = m.begin({ limitA: 63, breakerA: 32, loadA: 10 }, 'Garage', stations);
    assert.equal(order(made.nodes), 'garage .door .cp-2 ..cp-2-1 ..cp-2-2');
    assert.deepEqual(made.nodes.map((n) => n.limit_a), [63, 32, undefined, 32, 32]);
    assert.deepEqual(made.nodes.map((n) => n.load_a), [10, undefined, undefined, undefined, undefined]);
    assert.deepEqual(m.missing(made.nodes, [...stations, { id: 'CP-3', name: '', evses: [] }]).map((s) => s.id), ['CP-3']);
});

test('a finding names its node and field', () => {
    assert.deepEqual(m.findingPlace(tree, 'nodes[1].limit_a'), { node: tree[1], field: 'limit_a' });
    assert.deepEqual(m.findingPlace(tree, 'mode'), {});
    assert.equal(m.findingPlace(tree, 'nodes[99]').node, undefined);
});
