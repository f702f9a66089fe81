import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { collection, series, router } = await load({ collection: 'console/store/collection.ts', series: 'console/store/series.ts', router: 'shared/router.ts' });
const session = { register_start_wh: 1000 };
const value = (timestamp, ...samples) => ({ timestamp, received_at: timestamp, samples: samples.map(([measurand, v, phase = null]) => ({ measurand, value: v, unit: '', phase, location: null, context: null })) });

test('what an event has changed is newer than a snapshot that was asked for before it', () => {
    const rows = new collection.Collection((r) => r.id);
    rows.put({ id: 'a', n: 1 });
    const askedAt = performance.now() + 1;
    while (performance.now() < askedAt + 1); // the event comes later than the question
    rows.put({ id: 'b', n: 2 });
    rows.put({ id: 'c', n: 2 });
    rows.replace([{ id: 'b', n: 0 }, { id: 'd', n: 0 }], askedAt);
    assert.deepEqual(rows.rows().map((r) => `${r.id}${r.n}`).sort(), ['b2', 'c2', 'd0']);
});

test('what an event has removed does not come back with an older snapshot', () => {
    const rows = new collection.Collection((r) => r.id);
    rows.put({ id: 'a' });
    rows.drop('a');
    rows.replace([{ id: 'a' }], 0);
    assert.deepEqual(rows.rows(), []);
});

test('power of single phases is summed, power of the whole is taken as it is', () => {
    const made = series.seriesOf([
        value('2026-11-24T12:00:00Z', ['Power.Active.Import', 1000, 'L1'], ['Power.Active.Import', 900, 'L2']),
        value('2026-11-24T12:01:00Z', ['Power.Active.Import', 1000, 'L1'], ['Power.Active.Import', 2900]),
    ], session);
    assert.deepEqual(made.powerW, [1900, 2900]);
});

test('where no power is told it follows from the energy', () => {
    const made = series.seriesOf([value('2026-11-24T12:00:00Z', ['Energy.Active.Import.Register', 1000]), value('2026-11-24T12:06:00Z', ['Energy.Active.Import.Register', 2000])], session);
    assert.deepEqual([made.powerW, made.energyWh], [[null, 10_000], [0, 1000]]);
});

test('values that came late are put where they belong', () => {
    const made = series.seriesOf([value('2026-11-24T12:01:00Z', ['SoC', 31]), value('2026-11-24T12:00:00Z', ['SoC', 30])], session);
    assert.deepEqual(made.socPercent, [30, 31]);
});

test('between two samples the earlier holds; after the last there is none', () => {
    const made = { at: [10, 20], powerW: [5, 7], energyWh: [], socPercent: [] };
    assert.deepEqual([9, 10, 19, 20, 21].map((at) => series.powerAt(made, at)), [0, 5, 5, 7, 0]);
});

test('a path is matched part by part, the last one may be missing', () => {
    for (const [pattern, path, expect] of [
        ['/', '/', {}], ['/stations', '/stations/', {}], ['/stations/:id/:tab?', '/stations/CP%201', { id: 'CP 1' }],
        ['/stations/:id/:tab?', '/stations/A/log', { id: 'A', tab: 'log' }], ['/stations/:id', '/stations', undefined], ['/stations', '/stations/A', undefined],
    ]) assert.deepEqual(router.match(pattern, path), expect, `${pattern} ${path}`);
});
