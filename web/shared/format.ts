/* Numbers with units, times with age. Everything is shown in the reader's language and time zone. */
let language = 'en';
const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

export function useLanguage(to: string): void {
    language = to;
    cache.clear();
}

function number(digits: number): Intl.NumberFormat {
    const key = `n${digits}`;
    if (!cache.has(key))
        cache.set(key, new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
    return cache.get(key) as Intl.NumberFormat;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `d${JSON.stringify(options)}`;
    if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(language, options));
    return cache.get(key) as Intl.DateTimeFormat;
}

export type Quantity = readonly [value: string, unit: string];

/* Three digits that count: 118 kW, 10.9 kW, 0 kW; 1.24 MW from a megawatt on. */
export function power(watts: number): Quantity {
    const [scaled, unit] = watts >= 999_500 ? [watts / 1e6, 'MW'] : [watts / 1000, 'kW'];
    const digits = watts === 0 ? 0 : unit === 'MW' ? 2 : scaled >= 99.95 ? 0 : 1;
    return [number(digits).format(scaled), unit];
}

export function energy(wattHours: number): Quantity {
    const [scaled, unit] = wattHours >= 999_950 ? [wattHours / 1e6, 'MWh'] : [wattHours / 1000, 'kWh'];
    return [number(scaled >= 999.5 ? 0 : scaled >= 99.95 ? 1 : 2).format(scaled), unit];
}

export function count(n: number): string {
    return number(0).format(n);
}

export function decimal(n: number, digits: number): string {
    return number(digits).format(n);
}

export function join([value, unit]: Quantity): string {
    return `${value}\u00a0${unit}`;
}

export function clock(iso: string): string {
    return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));
}

/* By the clock of another place. */
export function clockIn(iso: string, zone: string): string {
    return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone }).format(new Date(iso));
}

export function day(ms: number): string {
    return dateFormat({ day: 'numeric', month: 'short' }).format(new Date(ms));
}

export function month(ms: number): string {
    return dateFormat({ month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(ms));
}

export function clockS(iso: string): string {
    return dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(iso));
}

export function clockMs(iso: string): string {
    const at = new Date(iso);
    const time = clockS(iso);
    return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function dateTime(iso: string): string {
    return dateFormat({ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
        .format(new Date(iso));
}

/* The time alone when it was today, else day and time. */
export function moment(iso: string, now: number): string {
    const at = new Date(iso);
    return at.toDateString() === new Date(now).toDateString()
        ? clock(iso)
        : dateFormat({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

const steps: readonly [ms: number, unit: Intl.RelativeTimeFormatUnit][] = [
    [86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1000, 'second'],
];

export function ago(iso: string, now: number): string {
    const key = 'r';
    if (!cache.has(key)) cache.set(key, new Intl.RelativeTimeFormat(language, { numeric: 'always', style: 'short' }));
    const passed = Math.max(0, now - Date.parse(iso));
    const [ms, unit] = steps.find(([size]) => passed >= size) ?? [1000, 'second' as const];
    return (cache.get(key) as Intl.RelativeTimeFormat).format(-Math.floor(passed / ms), unit);
}

/* 41 min; 2 h 05 min; 3 d 4 h. */
export function duration(ms: number): string {
    const minutes = Math.max(0, Math.floor(ms / 60_000));
    if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))} s`;
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
