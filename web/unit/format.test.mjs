import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { format, csv } = await load({ format: 'shared/format.ts', csv: 'shared/csv.ts' });

test('power has three digits that count, and its unit', () => {
    for (const [watts, words] of [[0, '0 kW'], [40, '0.0 kW'], [6210, '6.2 kW'], [99_940, '99.9 kW'], [99_960, '100 kW'], [412_300, '412 kW'], [999_499, '999 kW'], [999_500, '1.00 MW'], [1_240_000, '1.24 MW']])
        assert.equal(format.power(watts).join(' '), words);
});

test('energy keeps two decimals while they matter', () => {
    for (const [wh, words] of [[0, '0.00 kWh'], [4021, '4.02 kWh'], [99_940, '99.94 kWh'], [123_456, '123.5 kWh'], [3_841_000, '3.84 MWh']])
        assert.equal(format.energy(wh).join(' '), words);
});

test('a duration is told in two units at most', () => {
    for (const [ms, words] of [[-5, '0 s'], [41_000, '41 s'], [60_000, '1 min'], [41 * 60_000, '41 min'], [125 * 60_000, '2 h 05 min'], [76 * 3_600_000, '3 d 4 h']])
        assert.equal(format.duration(ms), words);
});

test('an age is counted in the largest unit that fits, and never lies in the future', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    for (const [at, words] of [['2026-11-24T11:59:58Z', /2 sec/], ['2026-11-24T11:19:00Z', /41 min/], ['2026-11-22T12:00:00Z', /2 days/], ['2026-11-24T12:00:09Z', /0 sec/]])
        assert.match(format.ago(at, now), words);
});

test('a cell of CSV is quoted where it must be, and is never a formula', () => {
    assert.equal(csv.writeCsv(['a', 'b'], [['x,y', 'say "hi"'], ['=1+1', -5], [null, '+49 30']]), 'a,b\r\n"x,y","say ""hi"""\r\n\'=1+1,-5\r\n,\'+49 30\r\n');
});
