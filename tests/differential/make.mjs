// make.mjs: payloads from a JSON schema, right ones and ones with one thing wrong. The same seed gives the same payloads.

export function random(seed) {
  let state = seed >>> 0;
  const next = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    below: (bound) => next() % bound,
    chance: (percent) => next() % 100 < percent,
    pick: (list) => list[next() % list.length],
  };
}

// JSON text that JSON.stringify would not write: other forms of numbers and strings.
class Raw {
  constructor(text) { this.text = text; }
}

export function toText(value) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(toText).join(',')}]`;
  if (value && typeof value === 'object') {
    return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${toText(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const LETTERS = ['a', 'b', 'Z', '0', '9', ' ', '-', '_', '.', '"', '\\', '/', '\n', '\t', 'ö', 'ß', '€', '漢', '🚗', '\u007f'];
const TIMES = ['2026-11-24T01:48:08Z', '2026-11-24T01:48:08.123Z', '2024-02-29T23:59:59.999+02:00', '1970-01-01T00:00:01Z',
  '2038-01-19T03:14:08-11:30', '2026-11-24t01:48:08z', '2026-11-24T01:48:08.123456789Z', '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z'];
const URIS = ['ftp://user:pw@host:21/path', 'https://example.org/a?b=c#d', 'http://[::1]/x', 'urn:x:y', 'https://a.b/%20'];
const ANY = [null, true, 0, -1.5, 'text', [], {}, [1, ['x', {}]], { a: { b: [null] } }];

function text(rnd, length) {
  let out = '';
  for (let i = 0; i < length; i++) out += rnd.chance(70) ? 'x' : rnd.pick(LETTERS);
  return out;
}

function makeString(rnd, schema) {
  if (schema.enum) return rnd.pick(schema.enum);
  if (schema.format === 'date-time') return rnd.pick(TIMES);
  if (schema.format === 'uri') return rnd.pick(URIS);
  const max = schema.maxLength ?? 60;
  const made = text(rnd, rnd.chance(10) && max <= 600 ? max : rnd.below(Math.min(max, 24) + 1));
  if (!rnd.chance(10)) return made;
  // The same with escapes, as JSON allows for every character.
  return new Raw(`"${[...made].map((c) => (rnd.chance(50) ? escaped(c) : JSON.stringify(c).slice(1, -1))).join('')}"`);
}

function escaped(char) {
  return [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}

function makeInteger(rnd, schema) {
  const low = schema.minimum ?? -2147483648;
  const high = schema.maximum ?? 2147483647;
  const value = rnd.pick([low, high, Math.min(high, Math.max(low, 0)), Math.min(high, Math.max(low, rnd.below(5000) - 100))]);
  if (rnd.chance(5)) return new Raw(`${value}.0`);
  if (rnd.chance(3)) return new Raw(`${value}0e-1`);
  return value;
}

function makeNumber(rnd, schema) {
  const low = schema.minimum ?? -1000000;
  const high = schema.maximum ?? 1000000;
  if (schema.multipleOf) return new Raw(`${rnd.below(5000)}.${rnd.below(10)}`);
  const value = low + (rnd.below(1000001) / 1000000) * (high - low);
  return rnd.pick([low, high, Number(value.toFixed(6)), Math.min(high, Math.max(low, rnd.below(100)))]);
}

// `places` collects every value with its schema, so that one of them can be made wrong.
export function make(rnd, root, schema, places, put) {
  if (schema.$ref) {
    schema = root.definitions[schema.$ref.replace('#/definitions/', '')];
  }
  const value = makeValue(rnd, root, schema, places);
  places.push({ schema, value, put });
  return value;
}

function makeValue(rnd, root, schema, places) {
  switch (schema.type) {
    case 'object': return makeObject(rnd, root, schema, places);
    case 'array': return makeArray(rnd, root, schema, places);
    case 'string': return makeString(rnd, schema);
    case 'integer': return makeInteger(rnd, schema);
    case 'number': return makeNumber(rnd, schema);
    case 'boolean': return rnd.chance(50);
    default: return rnd.pick(ANY);
  }
}

function makeObject(rnd, root, schema, places) {
  const object = {};
  const share = rnd.pick([0, 10, 30, 60]);
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (!schema.required?.includes(key) && !rnd.chance(share)) continue;
    object[key] = make(rnd, root, inner, places, (value) => { object[key] = value; });
  }
  if (schema.additionalProperties !== false && rnd.chance(50)) object[text(rnd, 5) + '!'] = rnd.pick(ANY);
  return object;
}

function makeArray(rnd, root, schema, places) {
  const low = schema.minItems ?? 0;
  const high = schema.maxItems ?? low + 3;
  const count = rnd.chance(5) && high <= 20 ? high : Math.min(high, low + rnd.below(3));
  const array = [];
  for (let i = 0; i < count; i++) array.push(make(rnd, root, schema.items, places, (value) => { array[i] = value; }));
  return array;
}

const long = (schema, char) => char.repeat(schema.maxLength);
const isText = (schema) => schema.type === 'string';
const isPlain = (schema) => isText(schema) && !schema.enum && !schema.format;

// What can be made wrong (or, where it says so, stays right): whether it applies to a place, and the new value.
export const OPERATIONS = [
  { name: 'required field dropped', fits: (s) => s.required?.length,
    change: (rnd, { schema, value }) => { const copy = { ...value }; delete copy[rnd.pick(schema.required)]; return copy; } },
  { name: 'another type', fits: () => true,
    change: (rnd) => rnd.pick([null, true, false, 0, 7, -1, 1.5, '', 'x', '7', [], [1], {}, { a: 1 }]) },
  { name: 'an unknown field', fits: (s) => s.type === 'object',
    change: (rnd, { value }) => ({ ...value, [rnd.pick(['x', 'vendorid', 'ID', 'timestamp ', '__proto', 'ö'])]: rnd.pick(ANY) }) },
  { name: 'a key in another case', fits: (s, v) => s.type === 'object' && Object.keys(v).length,
    change: (rnd, { value }) => {
      const chosen = rnd.pick(Object.keys(value));
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k === chosen ? k[0].toUpperCase() + k.slice(1) : k, v]));
    } },
  { name: 'one character too many', fits: (s) => isPlain(s) && s.maxLength, change: (rnd, { schema }) => `${long(schema, 'x')}y` },
  { name: 'one wide character too many', fits: (s) => isPlain(s) && s.maxLength && s.maxLength <= 1000,
    change: (rnd, { schema }) => `${long(schema, '🚗')}🚗` },
  { name: 'as many wide characters as allowed (right)', fits: (s) => isPlain(s) && s.maxLength && s.maxLength <= 1000,
    change: (rnd, { schema }) => long(schema, '🚗') },
  { name: 'an unknown word', fits: (s) => s.enum,
    change: (rnd, { schema }) => { const word = rnd.pick(schema.enum);
      return rnd.pick([word.toLowerCase(), `${word} `, word.slice(1), `${word}${word}`, '', 'Unknown.Word', word.replace(/.$/, '~')]); } },
  { name: 'below the minimum', fits: (s) => s.minimum !== undefined,
    change: (rnd, { schema }) => schema.minimum - (schema.type === 'integer' ? 1 : rnd.pick([1, 0.000001])) },
  { name: 'above the maximum', fits: (s) => s.maximum !== undefined,
    change: (rnd, { schema }) => schema.maximum + (schema.type === 'integer' ? 1 : rnd.pick([1, 0.000001])) },
  { name: 'a fraction in an integer', fits: (s) => s.type === 'integer', change: (rnd) => rnd.pick([0.5, 1.000001, new Raw('15e-1'), new Raw('1e-9')]) },
  { name: 'a number in another form (right)', fits: (s) => ['integer', 'number'].includes(s.type) && !s.maximum,
    change: (rnd) => new Raw(rnd.pick(['1e1', '1E+1', '10.0', '10.000000', '100e-1'])) },
  { name: 'no multiple', fits: (s) => s.multipleOf, change: (rnd) => rnd.pick([0.05, 16.01, 1.000001, -3.33]) },
  { name: 'too few items', fits: (s) => s.minItems, change: (rnd, { value, schema }) => value.slice(0, rnd.below(schema.minItems)) },
  { name: 'too many items', fits: (s) => s.maxItems, change: (rnd, { schema, value }) => Array(schema.maxItems + 1).fill(value[0] ?? 'x') },
  { name: 'as many items as allowed', fits: (s) => s.maxItems, change: (rnd, { schema, value }) => Array(schema.maxItems).fill(value[0] ?? 'x') },
  { name: 'a bad time', fits: (s) => s.format === 'date-time',
    change: (rnd) => rnd.pick(['', 'now', '2026-13-01T00:00:00Z', '2026-02-29T00:00:00Z', '2026-11-24', '24.11.2026 01:48', '2026-11-24T25:00:00Z',
      '2026-11-24T00:60:00Z', '222222017-10-27T19:10:11Z', '2026-11-24T01:48:08.Z', '2026-11-24T1:48:08Z', '2026-11-24T01:48Z', '1795484888']) },
  { name: 'a bad URI', fits: (s) => s.format === 'uri', change: (rnd) => rnd.pick(['', 'x', 'http://a b', '/path', 'http://a/%zz', ':a', 'http://"']) },

  // Where the codec and the schema differ on purpose; run.mjs says why.
  { name: 'a time without a zone', fits: (s) => s.format === 'date-time', change: () => '2026-11-24T01:48:08' },
  { name: 'a loose time', fits: (s) => s.format === 'date-time',
    change: (rnd) => rnd.pick(['2026-11-24 01:48:08Z', '2026-11-24T01:48:08+02', '2026-11-24T01:48:08+0200', '2016-12-31T23:59:60Z']) },
  { name: 'a time of the year 0', fits: (s) => s.format === 'date-time', change: () => '0000-12-31T00:00:00Z' },
  { name: 'a zone beyond a day', fits: (s) => s.format === 'date-time', change: () => '2026-11-24T01:48:08+99:00' },
  { name: 'a NUL or half a surrogate', fits: isPlain, change: (rnd) => new Raw(rnd.pick(['"\\u0000"', '"\\ud800"', '"\\udc00"'])) },
  { name: 'an integer beyond 64 bits', fits: (s) => s.type === 'integer' && s.maximum === undefined,
    change: (rnd) => new Raw(rnd.pick(['9223372036854775808', '1e19', '123456789012345678901234567890'])) },
  { name: 'a number beyond 9.2e12', fits: (s) => s.type === 'number' && s.maximum === undefined, change: (rnd) => new Raw(rnd.pick(['9300000000000', '1e300'])) },
  { name: 'more items than we hold', fits: (s) => s.type === 'array' && !s.maxItems && s.items.type === 'string',
    change: () => Array(10001).fill('x') },
];

// Changes of the text itself: what comes out is mostly no JSON.
export const TEXT_OPERATIONS = [
  { name: 'the text cut', change: (rnd, t) => [...t].slice(0, rnd.below(t.length)).join('') },
  { name: 'something behind it', change: (rnd, t) => t + rnd.pick(['x', ',', '}', '{}', ']', '\u0000', ' null']) },
  { name: 'white space (right)', change: (rnd, t) => ` \t${t.replace(/([{}[\]])/g, '$1')} \r` },
  { name: 'a character changed', change: (rnd, t) => {
    const all = [...t];
    all[rnd.below(all.length)] = rnd.pick(['"', '{', '}', '[', ']', ',', ':', '1', 'e', '.', '-', ' ', '\\', 'x', '']);
    return all.join('');
  } },
  { name: 'a field twice', change: (rnd, t) => (t.startsWith('{"') ? t.replace(/^\{("[^"\\]*":)/, '{$1null,$1') : t) },
];
