import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { m } = await load({ m: 'console/pages/site/series-csv.ts' });
const made = (text, kind = 'price', factor = 1) => m.seriesCsv(text, kind, factor);

test('a line stays the line that it was, with or without a heading', () => {
    assert.deepEqual(made('from,price\n2026-06-01T00:00,30\nnonsense,x\n\n'), { csv: 'from,price_minor_per_kwh\n2026-06-01T00:00,30\nnonsense,x\n', shift: 0 });
    assert.deepEqual(made('2026-06-01T00:00,30'), { csv: 'from,price_minor_per_kwh\n2026-06-01T00:00,30\n', shift: -1 });
});

test('an empty value, an empty line and an empty file are not made up', () => {
    assert.equal(made('from,price\n2026-06-01T00:00,\n\n2026-06-01T02:00,3').csv, 'from,price_minor_per_kwh\n2026-06-01T00:00,\n,\n2026-06-01T02:00,3\n');
    assert.equal(made('').csv, 'from,price_minor_per_kwh\n');
    assert.equal(made('from;price\n01.06.2026 00:00;-').csv, 'from,price_minor_per_kwh\n2026-06-01T00:00,-\n');
});

test('an export with semicolons, an end of the step, decimal commas and points for thousands', () => {
    assert.equal(made('\uFEFFDatum von;Datum bis;Preis\r\n28.11.2026 14:00;28.11.2026 15:00;1.231,55\r\n', 'price', 0.1).csv, 'from,price_minor_per_kwh\n2026-11-28T14:00,123.155\n');
    assert.equal(made('"von";"bis";"Preis"\n1.6.2026, 0:00;1.6.2026, 0:15;-5,5').csv, 'from,price_minor_per_kwh\n2026-06-01T00:00,-5.5\n');
});

test('with commas between the cells a point is the decimal sign', () => {
    assert.equal(made('from,kW\n2026-11-28 9:00,1.5', 'solar', 1000).csv, 'from,power_w\n2026-11-28T09:00,1500\n');
    assert.equal(made('from,W\n2026-11-28T09:00+01:00,12500', 'load', 1).csv, 'from,power_w\n2026-11-28T09:00+01:00,12500\n');
});

test('what can be read in two ways is named, and nothing is made of it', () => {
    const unclear = (text) => { const { line, why } = made(text).unclear ?? {}; return [line, why]; };
    assert.deepEqual(unclear('from,price\n2026-06-01T00:00,30\n2026-06-01T01:00,31,2'), [3, 'series_cells']);
    assert.deepEqual(unclear('from,price\n2026-06-01T00:00,"1,234"'), [2, 'series_two_ways']);
    assert.deepEqual(unclear('from;price\n01.06.2026 00:00;31,2\n01.06.2026 01:00;1.234'), [3, 'series_sign']);
    assert.deepEqual(unclear('03/04/2026 14:00;31,2'), [1, 'series_slashes']);
    assert.deepEqual(unclear('from;end;price\n01.06.2026 00:00;5;31,2'), [undefined, undefined]);
});

test('quoted cells, and a day and its hour in two columns', () => {
    assert.equal(made('from,price\n"2026-06-01 00:00","31,2"').csv, 'from,price_minor_per_kwh\n2026-06-01T00:00,31.2\n');
    assert.equal(made('Datum;Uhrzeit;Preis\n28.11.2026;14:00;31,2\n28.11.2026;15:00;1.031,2').csv, 'from,price_minor_per_kwh\n2026-11-28T14:00,31.2\n2026-11-28T15:00,1031.2\n');
});
