// run.mjs VERDICT [SEED [ROUNDS]]: our codec and ajv must say the same of every payload, right or wrong.
//
// VERDICT is build/tests/differential/verdict. Each round makes a right payload for each of the 387 schemas, and changes of
// it (make.mjs). What the codec accepts it also writes: ajv must accept that, and it must mean the same.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { make, OPERATIONS, random, TEXT_OPERATIONS, toText } from './make.mjs';

const require = createRequire(import.meta.url);
const Ajv = require('ajv');
const addFormats = require('ajv-formats');

// Where the codec says no although the schema says yes (or, with `takes`, the reverse), and why. Everything else must be
// the same.
const DIFFERENCES = {
  'a time without a zone': { flaw: ['ZONE'], why: 'RFC 3339 demands it; ajv-formats lets it pass' },
  'a loose time': { flaw: ['LOOSE', 'TIME'], why: 'RFC 3339 knows neither a space nor short zones; a leap second has no place in UTC milliseconds' },
  'a time of the year 0': { flaw: ['TIME'], why: 'what is written must have a year of 0001..9999' },
  'a zone beyond a day': { flaw: ['TIME'], why: 'RFC 3339: time-hour is 00..23' },
  'a NUL or half a surrogate': { flaw: ['TEXT', 'LENGTH'], why: 'no character: databases and people read these texts' },
  'an integer beyond 64 bits': { flaw: ['RANGE'], why: 'OCPP means 32 bits; we hold 64' },
  'a number beyond 9.2e12': { flaw: ['RANGE'], why: 'numbers are held with six decimals in 64 bits' },
  'more items than we hold': { flaw: ['MANY'], why: 'lists have a ceiling' },
  'a field twice': { flaw: ['TWICE', 'TYPE'], why: 'JSON.parse keeps the last one in silence; two readers may disagree which one counts' },
  'a character changed': { flaw: ['TWICE', 'TEXT', 'RANGE', 'LOOSE', 'TIME', 'ZONE'], why: 'may give any of the above',
    takes: ({ keyword, params }) => keyword === 'format' && params.format === 'uri' }, // of a URI, only scheme and characters are checked
};

const FILES = { '1.6': 'ocpp1_6.json', '2.0.1': 'ocpp2_0_1.json', '2.1': 'ocpp2_1.json' };

// All schemas with ajv's judge of each.
const SCHEMAS = (() => {
  const folder = new URL('../../node_modules/ocpp-rpc/lib/schemas/', import.meta.url);
  const all = [];
  for (const [version, file] of Object.entries(FILES)) {
    const ajv = new Ajv({ strict: false, multipleOfPrecision: 6 });
    addFormats(ajv);
    for (const schema of JSON.parse(readFileSync(new URL(file, folder), 'utf8'))) {
      const [, action, end] = /^urn:(.*?)(\.req|\.conf|Request|Response|)$/.exec(schema.$id);
      const part = end === '.conf' || end === 'Response' ? 'res' : 'req';
      all.push({ version, action, part, schema, validate: ajv.compile(schema) });
    }
  }
  return all;
})();

function* payloads(rnd, entry, changes) {
  const fresh = () => {
    const places = [];
    const box = {};
    box.root = make(rnd, entry.schema, entry.schema, places, (value) => { box.root = value; });
    return { box, places };
  };
  yield { name: 'right', text: toText(fresh().box.root) };
  for (const operation of changes) {
    const { box, places } = fresh();
    if (!operation.fits) {
      yield { name: operation.name, text: operation.change(rnd, toText(box.root)).replace(/\n/g, ' ') };
      continue;
    }
    const fitting = places.filter(({ schema, value }) => schema.type !== undefined && operation.fits(schema, value));
    if (!fitting.length) continue;
    const place = rnd.pick(fitting);
    place.put(operation.change(rnd, place));
    yield { name: operation.name, text: toText(box.root) };
  }
}

function verdicts(program, lines) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) reject(new Error(`${program} ended with ${signal ?? code}, after line ${Buffer.concat(chunks).toString().split('\n').length}`));
      else resolve(Buffer.concat(chunks).toString().split('\n'));
    });
    child.stdin.end(lines.join(''));
  });
}

function parse(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

// Two payloads mean the same: times as moments, numbers to six decimals, an empty list as none.
function meaning(value, schema, root) {
  if (schema?.$ref) schema = root.definitions[schema.$ref.replace('#/definitions/', '')];
  if (schema?.format === 'date-time') return Math.floor(Date.parse(value.replace(/(\.\d{3})\d+/, '$1')));
  if (typeof value === 'number' && schema?.type) return Number(value.toFixed(6)) + 0;
  if (Array.isArray(value)) return schema?.items ? value.map((item) => meaning(item, schema.items, root)) : value;
  if (value && typeof value === 'object' && schema?.properties) {
    return Object.fromEntries(Object.entries(value)
      .filter(([key, item]) => !(Array.isArray(item) && !item.length && schema.properties[key]?.type === 'array' && !schema.required?.includes(key)))
      .map(([key, item]) => [key, meaning(item, schema.properties[key], root)])
      .sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return value;
}

// Null, or what is wrong with the verdict.
function compare({ entry, name, text }, verdict) {
  const parsed = parse(text);
  const right = parsed !== null && entry.validate(parsed.value);
  const ours = verdict.startsWith('ok ');
  const known = DIFFERENCES[name];
  if (right && !ours) {
    if (known?.flaw.includes(verdict.split(' ')[0])) {
      known.seen = (known.seen ?? 0) + 1;
      return null;
    }
    return 'ajv accepts it';
  }
  if (!right && ours && parsed && known?.takes && entry.validate.errors.every(known.takes)) return null;
  if (!right && ours) return `ajv refuses it: ${parsed ? JSON.stringify(entry.validate.errors) : 'no JSON'}`;
  if (!right) return /^[A-Z]+ "/.test(verdict) ? null : 'no verdict';
  const written = JSON.parse(verdict.slice(3));
  if (!entry.validate(written)) return `what is written is refused: ${JSON.stringify(entry.validate.errors)}`;
  const before = JSON.stringify(meaning(parsed.value, entry.schema, entry.schema));
  const after = JSON.stringify(meaning(written, entry.schema, entry.schema));
  return before === after ? null : `it is written as something else: ${after}`;
}

const [program, seed = '1', rounds = '5'] = process.argv.slice(2);
if (!program) {
  console.error('usage: node tests/differential/run.mjs build/tests/differential/verdict [SEED [ROUNDS]]');
  process.exit(2);
}
const rnd = random(Number(seed));
const cases = [];
for (let round = 0; round < Number(rounds); round++) {
  for (const entry of SCHEMAS) {
    for (const payload of payloads(rnd, entry, [...OPERATIONS, ...TEXT_OPERATIONS])) cases.push({ entry, ...payload });
  }
}

const answers = await verdicts(program, cases.map(({ entry, text }) => `${entry.version} ${entry.action} ${entry.part} ${text}\n`));
let failed = 0;
cases.forEach((item, index) => {
  const wrong = compare(item, answers[index]);
  if (!wrong) return;
  failed++;
  if (failed <= 20) {
    console.log(`not ok ${item.entry.version} ${item.entry.action} ${item.entry.part}: ${item.name}: ${wrong}`);
    console.log(`  ${item.text.slice(0, 600)}\n  ${answers[index].slice(0, 300)}`);
  }
});
for (const [name, { why, seen }] of Object.entries(DIFFERENCES)) {
  if (seen) console.log(`# ${seen} times different on purpose: ${name}: ${why}`);
  if (!seen && rounds >= 5) {
    failed++;
    console.log(`not ok "${name}" makes no difference: take it off the list`);
  }
}
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
