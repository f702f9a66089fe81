/* Words by key, with arguments and two plural forms: "{n} {n|station|stations}". English is always there; another
 * language is laid over it before the first page is drawn. */
export type Args = Record<string, string | number | undefined>;
export type Strings = Record<string, string>;

let strings: Strings = {};
let plural = new Intl.PluralRules('en');

export function useStrings(language: string, table: Strings): void {
    strings = { ...strings, ...table };
    plural = new Intl.PluralRules(language);
    document.documentElement.lang = language;
}

function fill(text: string, args: Args): string {
    return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
        const value = args[name];
        if (value === undefined) return whole;
        if (one === undefined || other === undefined) return String(value);
        return plural.select(Number(value)) === 'one' ? one : other;
    });
}

export function text(key: string, args?: Args): string {
    const found = strings[key];
    if (found === undefined) return key;
    return args ? fill(found, args) : found;
}

export function hasText(key: string): boolean {
    return strings[key] !== undefined;
}
