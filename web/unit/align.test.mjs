import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { a, power } = await load({ a: 'console/store/align.ts', power: 'console/store/power.ts' });

test('a limit holds until the next one, a measured line has gaps', () => {
    const made = a.align([{ at: [1, 3, 5], values: [10, 30, 50] }, { at: [2, 4], values: [7, null], stepped: true }]);
    assert.deepEqual(made.at, [1, 2, 3, 4, 5]);
    assert.deepEqual(made.values, [[10, null, 30, null, 50], [null, 7, 7, null, null]]);
    assert.deepEqual(a.align([]), { at: [], values: [] });
});

test('the plan goes on where the past ends, and time never goes back', () => {
    const at = (s) => new Date(s * 1000).toISOString();
    const past = [{ at: at(100), cars_w: 5 }, { at: at(160), cars_w: 6 }];
    const c = power.courseOf(past, { from_at: at(0), step_s: 180, cars_w: [1, 2], limit_w: [9, 9], solar_w: [null, null], price_minor_per_kwh: [null, null] }, 170);
    assert.deepEqual(c.at, [100, 160, 170, 180]);
    assert.deepEqual(c.planned, [null, 1, 1, 2]); // the step that runs began before
    assert.deepEqual(c.cars, [5, 6, null, null]);
});
