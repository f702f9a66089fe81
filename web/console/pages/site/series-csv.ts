/* Prices and forecasts as people have them (exports of exchanges, weather services, spreadsheets), made into the two
 * columns that the API takes. Line by line, so that what the server says of a line is about the same line of the file. */

export const seriesKinds = ['price', 'co2', 'solar', 'load'] as const;
export type SeriesKind = (typeof seriesKinds)[number];

/* What the API calls the value, and what one of it is in other units. */
export const seriesUnits: Record<SeriesKind, { column: string; units: readonly (readonly [name: string, factor: number])[] }> = {
    price: { column: 'price_minor_per_kwh', units: [['ct/kWh', 1], ['€/MWh', 0.1], ['€/kWh', 100]] },
    co2: { column: 'co2_g_per_kwh', units: [['g/kWh', 1], ['kg/MWh', 1]] },
    solar: { column: 'power_w', units: [['kW', 1000], ['W', 1], ['MW', 1e6]] },
    load: { column: 'power_w', units: [['kW', 1000], ['W', 1], ['MW', 1e6]] },
};

export interface Made {
    csv: string;
    /* Lines of the file, less lines of what is sent: 0 with a heading, -1 where one was put before it. */
    shift: number;
    /* The first line that can be read in two ways, or not: nothing is sent then. */
    unclear?: { line: number; why: 'series_slashes' | 'series_sign' | 'series_two_ways' | 'series_cells'; text: string; n: number };
}

type Unclear = NonNullable<Made['unclear']>['why'];

const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})[ T,]+(\d{1,2}):(\d{2})/;
const spaced = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2}) +(\d{1,2}:\d{2})/;
const slashed = /^\d{1,2}\/\d{1,2}\/\d{2,4}/;
const dayAlone = /^(\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2})$/;
const clock = /^\d{1,2}:\d{2}/;

/* 28.11.2026 14:00 and 2026-11-28 14:00 are the clock of the site. */
export function momentOf(cell: string): string {
    const text = cell.trim();
    const found = dotted.exec(text);
    const two = (n: string) => n.padStart(2, '0');
    if (found) return `${found[3]}-${two(found[2]!)}-${two(found[1]!)}T${two(found[4]!)}:${found[5]}`;
    return text.replace(spaced, (_, year: string, month: string, day: string, time: string) => `${year}-${two(month)}-${two(day)}T${time.padStart(5, '0')}`);
}

function separatorOf(lines: readonly string[]): string {
    const some = lines.slice(0, 5).join('\n');
    return some.includes(';') ? ';' : some.includes('\t') ? '\t' : ',';
}

/* Cells of one line; a quoted one may hold the separator. */
function cellsOf(line: string, separator: string): string[] {
    const cells: string[] = [];
    let quoted = false, cell = '';
    for (const c of line) {
        if (c === '"') quoted = !quoted;
        else if (c === separator && !quoted) { cells.push(cell.trim()); cell = ''; }
        else cell += c;
    }
    return [...cells, cell.trim()];
}

const isNumber = (cell: string) => /^[-+]?[\d.,\s]*\d[\d.,\s]*$/.test(cell.trim());
const grouped = { ',': /^[-+]?\d{1,3}(,\d{3})+\.\d+$/, '.': /^[-+]?\d{1,3}(\.\d{3})+,\d+$/ };
const thousands = /^[-+]?[1-9]\d{0,2},\d{3}$/;

/* The numbers of one file, which has one decimal sign (as src/api/sheet.h has it). */
function numbers(separator: string) {
    let sign = '';
    return (cell: string): number | Unclear | undefined => {
        const text = cell.replace(/\s/g, '');
        const shown = grouped[','].test(text) ? '.' : grouped['.'].test(text) ? ',' : text.includes(',') ? ',' : text.includes('.') ? '.' : '';
        if (shown === ',' && separator === ',' && sign !== ',' && thousands.test(text)) return 'series_two_ways';
        if (shown && sign && shown !== sign) return 'series_sign';
        sign ||= shown;
        const plain = shown ? text.split(shown === ',' ? '.' : ',').join('').replace(',', '.') : text;
        const number = Number(plain);
        return text === '' || !Number.isFinite(number) ? undefined : number;
    };
}

/* A row begins with a moment (or a day and a clock) and ends with its value; what stands between (an end, a zone's name) is left
 * out, but for a number that may be half of another one. */
export function seriesCsv(text: string, kind: SeriesKind, factor: number): Made {
    const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    while (lines.length && lines[lines.length - 1]!.trim() === '') lines.pop();
    const separator = separatorOf(lines);
    const cells = lines.map((line) => cellsOf(line, separator));
    const headed = cells.length > 0 && !isNumber(cells[0]![cells[0]!.length - 1]!);
    const numberOf = numbers(separator);
    let unclear: Made['unclear'];
    const out = cells.slice(headed ? 1 : 0).map((row, i) => {
        const doubt = (why: Unclear, what: string) => (unclear ??= { line: i + (headed ? 2 : 1), why, text: what.slice(0, 40), n: row.length });
        const split = dayAlone.test(row[0] ?? '') && clock.test(row[1] ?? '');
        const from = split ? `${row[0]} ${row[1]}` : row[0] ?? '';
        const rest = row.slice(split ? 2 : 1).filter((c) => c !== '');
        const value = rest.pop();
        if (slashed.test(from)) doubt('series_slashes', from);
        if (separator === ',' && rest.some(isNumber)) doubt('series_cells', rest.join(','));
        if (value === undefined) return `${momentOf(from)},`;
        const number = numberOf(value);
        if (typeof number === 'string') doubt(number, value);
        return `${momentOf(from)},${typeof number === 'number' ? Number((number * factor).toPrecision(12)) : value.replace(/[",\r\n]/g, ' ')}`;
    });
    return { csv: [`from,${seriesUnits[kind].column}`, ...out, ''].join('\n'), shift: headed ? 0 : -1, ...(unclear ? { unclear } : {}) };
}
