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
}

const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})[ T,]+(\d{1,2}):(\d{2})/;
const spaced = /^(\d{4}-\d{2}-\d{2}) +(\d{1,2}:\d{2})/;

/* 28.11.2026 14:00 and 2026-11-28 14:00 are the clock of the site. */
export function momentOf(cell: string): string {
    const text = cell.trim();
    const found = dotted.exec(text);
    const two = (n: string) => n.padStart(2, '0');
    if (found) return `${found[3]}-${two(found[2]!)}-${two(found[1]!)}T${two(found[4]!)}:${found[5]}`;
    return text.replace(spaced, (_, day: string, time: string) => `${day}T${time.padStart(5, '0')}`);
}

function separatorOf(lines: readonly string[]): string {
    const some = lines.slice(0, 5).join('\n');
    return some.includes(';') ? ';' : some.includes('\t') ? '\t' : ',';
}

const isNumber = (cell: string) => /^[-+]?[\d.,\s]*\d[\d.,\s]*$/.test(cell.trim());

/* A point may stand for thousands only where a comma is the decimal sign. What is no number goes as it is: the server names its line. */
function numberOf(cell: string, factor: number, comma: boolean): string {
    const text = cell.trim().replace(/\s/g, '');
    const number = Number(comma && text.includes(',') ? text.replace(/\./g, '').replace(',', '.') : text);
    return text === '' || !Number.isFinite(number) ? cell.trim() : String(Number((number * factor).toPrecision(12)));
}

/* A row begins with a moment and ends with its value; what stands between (an end, a zone's name) is left out. */
export function seriesCsv(text: string, kind: SeriesKind, factor: number): Made {
    const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    while (lines.length && lines[lines.length - 1]!.trim() === '') lines.pop();
    const separator = separatorOf(lines);
    const cells = lines.map((line) => line.split(separator).map((c) => c.trim().replace(/^"(.*)"$/, '$1')));
    const headed = cells.length > 0 && !isNumber(cells[0]![cells[0]!.length - 1]!);
    const rows = headed ? cells.slice(1) : cells;
    const out = rows.map((row) => {
        const filled = row.filter((c) => c !== '');
        if (filled.length < 2) return `${momentOf(row[0] ?? '')},`;
        return `${momentOf(row[0]!)},${numberOf(filled[filled.length - 1]!, factor, separator !== ',')}`;
    });
    return { csv: [`from,${seriesUnits[kind].column}`, ...out, ''].join('\n'), shift: headed ? 0 : -1 };
}
